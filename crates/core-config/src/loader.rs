use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Value;

use crate::layers::Layers;
use crate::read::{Notes, ReadError, Reader};
use crate::redact::{is_secret_key, redact_urls};
use crate::tree::{Node, Origin, Rank};
use crate::{Alias, ConfigProblem, ConfigProblems, Environment, Layer, Profile, Provenance, suggest};

/// Looks at the settings as a whole; what it returns keeps them from being used.
type Validation<T> = fn(&T, Profile) -> Vec<ConfigProblem>;

/// Loads settings of type `T`. Every struct in `T` carries `#[serde(default)]` or has defaults in `T::default()`; secrets are
/// `Option`s with `#[serde(skip_serializing)]`.
pub struct Loader<T> {
    pub(crate) folder: PathBuf,
    pub(crate) environment: Environment,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) flags: Vec<(String, String)>,
    pub(crate) profile: Option<Profile>,
    /// A file whose content is tried out before it is written.
    pub(crate) candidate: Option<(PathBuf, String)>,
    validations: Vec<Validation<T>>,
}

/// Settings that can be used, and where they come from.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The settings.
    pub settings: T,
    /// What they are for.
    pub profile: Profile,
    /// Who set each key.
    pub provenance: Provenance,
}

impl<T: Default + Serialize + DeserializeOwned> Loader<T> {
    /// With these variables, and `./config/*.toml` and `./.env`.
    pub fn new(environment: Environment) -> Self {
        Self {
            folder: PathBuf::new(),
            environment,
            aliases: Vec::new(),
            flags: Vec::new(),
            profile: None,
            candidate: None,
            validations: Vec::new(),
        }
    }

    /// The folder that holds `config/` and `.env`, in place of the current one.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Adds aliases, after those already there.
    pub fn aliases(mut self, aliases: &[Alias]) -> Self {
        self.aliases.extend_from_slice(aliases);
        self
    }

    /// Sets a key from the command line, over everything else.
    pub fn flag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.flags.push((key.into(), value.into()));
        self
    }

    /// Chooses the profile, over `APP__PROFILE`.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Adds a look at the settings as a whole.
    pub fn validate(mut self, validation: Validation<T>) -> Self {
        self.validations.push(validation);
        self
    }

    /// The file that `config set` writes: `config/local.toml`.
    pub fn local_file(&self) -> PathBuf {
        self.folder.join("config").join("local.toml")
    }

    /// Everything laid over each other, typed and validated; or all that is wrong with it.
    pub fn load(&self) -> Result<Loaded<T>, ConfigProblems> {
        let (loaded, problems) = self.attempt();
        match loaded {
            Some(loaded) if problems.is_empty() => Ok(loaded),
            _ => Err(ConfigProblems(problems)),
        }
    }

    /// As `load`, but also gives what could be loaded with the values at fault left out, for commands that inspect a broken
    /// configuration. None when not even the defaults make settings.
    pub fn attempt(&self) -> (Option<Loaded<T>>, Vec<ConfigProblem>) {
        let defaults = match Value::try_from(T::default()) {
            Ok(defaults) => Node::from_toml(defaults, &Origin::new(Layer::Default, Rank::Default)),
            Err(error) => {
                let problem = ConfigProblem::new("-", format!("the defaults cannot be written as TOML: {error}"), "report it");
                return (None, vec![problem]);
            }
        };
        let Layers { tree, profile, mut problems } = Layers::gather(self, &defaults);
        let (settings, notes) = read_all::<T>(tree, &defaults, &self.folder, &mut problems);
        note_unknown(&notes, &mut problems);
        let Some(settings) = settings else { return (None, problems) };
        let provenance = Provenance::new(&notes, &defaults);
        let known: BTreeSet<String> = problems.iter().map(|problem| problem.key.clone()).collect();
        for validation in &self.validations {
            let found = validation(&settings, profile).into_iter().filter(|problem| !known.contains(&problem.key));
            problems.extend(found.map(|problem| with_layer(problem, &provenance)));
        }
        (Some(Loaded { settings, profile, provenance }), problems)
    }
}

/// Types the tree. A value that does not fit becomes a problem, its default takes its place, and reading goes on, so that one
/// look finds everything.
fn read_all<T: DeserializeOwned>(
    mut tree: Node,
    defaults: &Node,
    folder: &Path,
    problems: &mut Vec<ConfigProblem>,
) -> (Option<T>, Notes) {
    loop {
        let notes = RefCell::default();
        let read = T::deserialize(Reader::new(&tree, folder, &notes));
        let notes = notes.into_inner();
        let error = match read {
            Ok(settings) => return (Some(settings), notes),
            Err(error) => error,
        };
        let (key, origin) = blame(&error, &tree, &notes);
        let layer = origin.as_ref().map_or(Layer::Default, |origin| origin.layer.clone());
        let problem = if is_secret_key(&key) { "the value does not fit".to_owned() } else { redact_urls(&error.message) };
        problems.push(ConfigProblem { fix: layer.fix(&key), layer: layer.to_string(), problem, key: key.clone() });
        // A file that stands in for the value would bring it back.
        let removed = tree.remove(&key).is_some() | tree.remove(&format!("{key}_file")).is_some();
        let at_default = origin.is_none_or(|origin| origin.rank == Rank::Default);
        match defaults.get(&key) {
            Some(default) if !at_default => tree.insert(&key, default.clone()),
            _ if removed => {}
            _ => return (None, notes),
        }
    }
}

fn blame(error: &ReadError, tree: &Node, notes: &Notes) -> (String, Option<std::sync::Arc<Origin>>) {
    let key = error.key.clone().unwrap_or_else(|| "-".to_owned());
    let asked = notes.asked.get(&key).and_then(Option::as_ref).and_then(Node::origin);
    let origin = asked.or_else(|| tree.get(&key).and_then(Node::origin)).cloned();
    (key, origin)
}

fn note_unknown(notes: &Notes, problems: &mut Vec<ConfigProblem>) {
    let known: Vec<String> = notes.asked.keys().cloned().collect();
    for unknown in &notes.unknown {
        let layer = unknown.origin.as_ref().map_or(Layer::Default, |origin| origin.layer.clone());
        let meant = suggest::meant(&unknown.key, unknown.siblings, &known);
        let fix = match (meant, &layer) {
            (Some(meant), Layer::Environment(_) | Layer::DotEnv(_)) => {
                format!("did you mean APP__{}?", meant.replace('.', "__").to_ascii_uppercase())
            }
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, layer) => layer.fix(&unknown.key).replacen("correct", "remove", 1),
        };
        let problem = "unknown key".to_owned();
        problems.push(ConfigProblem { key: unknown.key.clone(), problem, layer: layer.to_string(), fix });
    }
    for broken in &notes.broken {
        let layer = broken.origin.as_ref().map_or(Layer::Default, |origin| origin.layer.clone());
        let (key, problem) = (broken.key.clone(), broken.problem.clone());
        problems.push(ConfigProblem { fix: layer.fix(&key), layer: layer.to_string(), problem, key });
    }
}

fn with_layer(mut problem: ConfigProblem, provenance: &Provenance) -> ConfigProblem {
    if problem.layer.is_empty() {
        problem.layer = provenance.get(&problem.key).map_or_else(|| "-".to_owned(), crate::Entry::set_by);
    }
    problem
}
