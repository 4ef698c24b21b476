use std::path::Path;
use std::sync::Arc;

use toml::Value;

use crate::tree::{Node, Origin, Rank};
use crate::{Alias, ConfigProblem, Environment, Layer, Loader, Profile, file, suggest};

const PREFIX: &str = "APP__";
const PROFILE: &str = "APP__PROFILE";

/// The tree of everything that is set, before it is typed.
pub(crate) struct Layers {
    pub(crate) tree: Node,
    pub(crate) profile: Profile,
    pub(crate) problems: Vec<ConfigProblem>,
}

impl Layers {
    pub(crate) fn gather<T>(loader: &Loader<T>, defaults: &Node) -> Self {
        let mut layers = Self { tree: defaults.clone(), profile: Profile::default(), problems: Vec::new() };
        let mut environment = loader.environment.clone();
        layers.choose_profile(loader.profile, &environment);
        if layers.profile == Profile::Development {
            layers.add_dotenv(&mut environment, &loader.folder);
        }
        let profile_file = format!("{}.toml", layers.profile);
        for (rank, name) in
            [(Rank::DefaultFile, "default.toml"), (Rank::ProfileFile, &profile_file), (Rank::LocalFile, "local.toml")]
        {
            layers.add_file(rank, &loader.folder.join("config").join(name), loader.candidate.as_ref());
        }
        for alias in &loader.aliases {
            layers.add_alias(alias, &environment, &loader.folder);
        }
        layers.add_environment(&environment, defaults);
        for (key, value) in &loader.flags {
            layers.tree.insert(key, Node::Text(value.clone(), Origin::new(Layer::Flag, Rank::Flag)));
        }
        layers
    }

    fn choose_profile(&mut self, chosen: Option<Profile>, environment: &Environment) {
        let named = environment.get_filled(PROFILE);
        self.profile = match (chosen, named.map(str::parse)) {
            (Some(profile), _) | (None, Some(Ok(profile))) => profile,
            (None, None) => Profile::default(),
            (None, Some(Err(problem))) => {
                let near = suggest::nearest(named.unwrap_or_default(), Profile::ALL.map(Profile::as_str));
                let fix = near.map_or_else(|| format!("correct {PROFILE}"), |near| format!("did you mean `{near}`?"));
                self.problem("profile", problem.to_owned(), &Layer::Environment(PROFILE.to_owned()), fix);
                // The strictest, so that a slip never loosens anything.
                Profile::Production
            }
        };
    }

    fn add_dotenv(&mut self, environment: &mut Environment, folder: &Path) {
        let path = folder.join(".env");
        if let Err(problem) = environment.add_dotenv(&path) {
            self.problem("-", problem, &Layer::File(path), "correct .env".to_owned());
        }
        if environment.is_from_dotenv(PROFILE) && environment.get(PROFILE) != Some(Profile::Development.as_str()) {
            let problem = ".env is read in development only, so it cannot choose another profile".to_owned();
            let fix = format!("set {PROFILE} in the environment itself");
            self.problem("profile", problem, &Layer::DotEnv(PROFILE.to_owned()), fix);
        }
    }

    fn add_file(&mut self, rank: Rank, path: &Path, candidate: Option<&(std::path::PathBuf, String)>) {
        let content = match candidate {
            Some((file, text)) if file == path => file::parse_toml(text).map(Some),
            _ => file::read_toml(path),
        };
        let layer = Layer::File(path.to_owned());
        match content {
            Ok(None) => {}
            Ok(Some(value)) => self.tree.overlay(Node::from_toml(value, &Origin::new(layer, rank))),
            Err(problem) => {
                let fix = format!("correct {}", path.display());
                self.problem("-", problem, &layer, fix);
            }
        }
    }

    fn add_alias(&mut self, alias: &Alias, environment: &Environment, folder: &Path) {
        let by_file = format!("{}_FILE", alias.variable);
        let (variable, value, secret_file) = match (environment.get_filled(alias.variable), environment.get_filled(&by_file)) {
            (None, None) => return,
            (Some(value), _) => (alias.variable.to_owned(), value.to_owned(), None),
            (None, Some(path)) => match file::read_secret(folder, path) {
                Ok((path, text)) => (by_file, text, Some(path)),
                Err(problem) => {
                    let layer = variable_layer(environment, &by_file, Layer::Alias);
                    return self.problem(alias.key, problem, &layer, layer.fix(alias.key));
                }
            },
        };
        let layer = variable_layer(environment, &variable, Layer::Alias);
        match alias.transform.map_or(Ok(value.clone()), |transform| transform(&value)) {
            Ok(text) => {
                let origin = Origin { layer, rank: Rank::Alias, secret_file };
                self.tree.insert(alias.key, Node::Text(text, Arc::new(origin)));
            }
            Err(problem) => self.problem(alias.key, problem, &layer, layer.fix(alias.key)),
        }
    }

    fn add_environment(&mut self, environment: &Environment, defaults: &Node) {
        for (name, value) in environment.iter().filter(|(name, _)| *name != PROFILE) {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let layer = variable_layer(environment, name, Layer::Environment);
            let segments: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
            if segments.iter().any(String::is_empty) {
                let problem = "an empty segment in the name".to_owned();
                self.problem(name, problem, &layer, "name it APP__<SECTION>__<KEY>".to_owned());
                continue;
            }
            let key = segments.join(".");
            // An empty number or truth value is how compose files say "not set".
            let is_plain = |value: &Value| matches!(value, Value::Integer(_) | Value::Float(_) | Value::Boolean(_));
            if value.is_empty() && matches!(defaults.get(&key), Some(Node::Value(default, _)) if is_plain(default)) {
                continue;
            }
            self.tree.insert(&key, Node::Text(value.to_owned(), Origin::new(layer, Rank::Environment)));
        }
    }

    fn problem(&mut self, key: &str, problem: String, layer: &Layer, fix: String) {
        self.problems.push(ConfigProblem { key: key.to_owned(), problem, layer: layer.to_string(), fix });
    }
}

fn variable_layer(environment: &Environment, name: &str, otherwise: fn(String) -> Layer) -> Layer {
    if environment.is_from_dotenv(name) { Layer::DotEnv(name.to_owned()) } else { otherwise(name.to_owned()) }
}
