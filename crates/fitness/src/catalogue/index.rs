use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use core_kernel::Timestamp;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::{Equipment, Exercise, Muscle, Pattern};

/// Our own exercises: wording and facts by this project, CC0.
const OWN: &str = include_str!("../../data/exercises.json");

#[derive(Deserialize)]
struct File {
    exercises: Vec<Exercise>,
}

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// Words of a name or alias, in any language; small mistakes are forgiven.
    pub query: Option<String>,
    /// Works this muscle.
    pub muscle: Option<Muscle>,
    /// Needs nothing beyond this equipment, bodyweight always included.
    pub equipment: Option<Vec<Equipment>>,
    /// Needs this piece.
    pub uses: Option<Equipment>,
    /// Is of this kind.
    pub pattern: Option<Pattern>,
    /// Is no harder than this.
    pub max_level: Option<u8>,
    /// Is of exactly this level.
    pub level: Option<u8>,
    /// Was written after this moment; what comes with the program has no time and is left out.
    pub created_after: Option<Timestamp>,
    /// Was written or changed at or after this moment; what comes with the program is left out.
    pub updated_since: Option<Timestamp>,
}

/// When an exercise was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// First.
    pub created_at: Timestamp,
    /// Last.
    pub updated_at: Timestamp,
}

/// Exercises in memory with an index over their names.
#[derive(Debug, Default)]
pub struct Index {
    exercises: Vec<Arc<Exercise>>,
    by_name: HashMap<String, usize>,
    trigrams: HashMap<[char; 3], Vec<u32>>,
    /// Folded names and aliases of each exercise.
    names: Vec<Vec<String>>,
    /// By slug; empty for what comes with the program.
    written: HashMap<String, Written>,
}

/// The exercises of this project, read once.
pub fn own() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    // The file is part of the program and a test reads it; an unreadable one would leave the catalogue empty.
    INDEX.get_or_init(|| Index::new(serde_json::from_str::<File>(OWN).map(|file| file.exercises).unwrap_or_default()))
}

/// Lower case, without accents, only letters and digits, single spaces: `Press-Up` and `press up` are one name.
pub fn fold(text: &str) -> String {
    let mut folded = String::new();
    for c in text.nfkd().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            folded.push(c);
        } else if !unicode_normalization::char::is_combining_mark(c) && !folded.ends_with(' ') && !folded.is_empty() {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn trigrams(folded: &str) -> Vec<[char; 3]> {
    let mut grams = Vec::new();
    for word in folded.split(' ') {
        let padded: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
        grams.extend(padded.windows(3).filter_map(|window| <[char; 3]>::try_from(window).ok()));
    }
    grams.sort_unstable();
    grams.dedup();
    grams
}

impl Index {
    /// An index over these.
    pub fn new(exercises: Vec<Exercise>) -> Self {
        let mut index = Self::default();
        for exercise in exercises {
            index.add(Arc::new(exercise));
        }
        index
    }

    /// An index over exercises of which it is known when they were written.
    pub fn of_written(exercises: Vec<(Exercise, Written)>) -> Self {
        let written = exercises.iter().map(|(exercise, written)| (exercise.id.clone(), *written)).collect();
        Self { written, ..Self::new(exercises.into_iter().map(|(exercise, _)| exercise).collect()) }
    }

    fn add(&mut self, exercise: Arc<Exercise>) {
        let position = self.exercises.len();
        let all = std::iter::once(exercise.id.as_str()).chain(exercise.aliases.iter().map(String::as_str));
        let mut names: Vec<String> = all.chain(exercise.names.values().map(String::as_str)).map(fold).collect();
        names.sort_unstable();
        names.dedup();
        self.by_name.insert(exercise.id.clone(), position);
        for name in &names {
            // The first that claims a name keeps it; ids win over aliases, since they are looked up first.
            self.by_name.entry(name.clone()).or_insert(position);
            self.by_name.entry(name.replace(' ', "")).or_insert(position);
            let posting = u32::try_from(position).unwrap_or(u32::MAX);
            for gram in trigrams(name) {
                let postings = self.trigrams.entry(gram).or_default();
                if postings.last() != Some(&posting) {
                    postings.push(posting);
                }
            }
        }
        self.names.push(names);
        self.exercises.push(exercise);
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> &[Arc<Exercise>] {
        &self.exercises
    }

    /// The exercise of a slug, a name or an alias: `push-up`, `pushup` and `Press Up` are one.
    pub fn resolve(&self, name: &str) -> Option<&Arc<Exercise>> {
        let folded = || fold(name);
        let position = self
            .by_name
            .get(name)
            .or_else(|| self.by_name.get(&folded()))
            .or_else(|| self.by_name.get(&folded().replace(' ', "")))?;
        self.exercises.get(*position)
    }

    /// The exercise with exactly this slug.
    pub fn by_slug(&self, slug: &str) -> Option<&Arc<Exercise>> {
        self.resolve(slug).filter(|exercise| exercise.id == slug)
    }

    /// What matches, the best first; without a query in the order of the file.
    pub fn search(&self, search: &Search) -> Vec<(&Arc<Exercise>, u32)> {
        let query = search.query.as_deref().filter(|query| !query.trim().is_empty()).map(fold);
        let mut found: Vec<(&Arc<Exercise>, u32)> = match query {
            None => self.exercises.iter().filter(|exercise| search.fits(exercise)).map(|exercise| (exercise, 0)).collect(),
            // Without a letter or a digit nothing can be found.
            Some(query) if query.is_empty() => Vec::new(),
            Some(query) => self.by_query(&query, search),
        };
        if search.created_after.or(search.updated_since).is_some() {
            found.retain(|(exercise, _)| self.written.get(&exercise.id).is_some_and(|written| search.is_in_time(*written)));
        }
        if search.query.is_some() {
            found.sort_by(|(a, score_a), (b, score_b)| score_b.cmp(score_a).then_with(|| a.id.cmp(&b.id)));
        }
        found
    }

    /// Candidates share at least half of the query's trigrams; a name that holds all of it stands above.
    fn by_query(&self, query: &str, search: &Search) -> Vec<(&Arc<Exercise>, u32)> {
        let grams = trigrams(query);
        let mut shared: BTreeMap<u32, u32> = BTreeMap::new();
        for posting in grams.iter().filter_map(|gram| self.trigrams.get(gram)).flatten() {
            *shared.entry(*posting).or_default() += 1;
        }
        let least = u32::try_from(grams.len().div_ceil(2)).unwrap_or(1);
        let hits = shared.into_iter().filter(|(_, count)| *count >= least);
        let hits = hits.filter_map(|(position, count)| {
            let position = usize::try_from(position).ok()?;
            let exercise = self.exercises.get(position).filter(|exercise| search.fits(exercise))?;
            Some((exercise, count * 10 + self.bonus(position, query)))
        });
        hits.collect()
    }

    fn bonus(&self, position: usize, query: &str) -> u32 {
        let names = self.names.get(position).map(Vec::as_slice).unwrap_or_default();
        let of = |name: &String| {
            if name == query {
                1000
            } else if name.starts_with(query) {
                500
            } else if name.contains(query) {
                300
            } else {
                0
            }
        };
        names.iter().map(of).max().unwrap_or(0)
    }

    /// What may stand in for an exercise: the same kind, or the same primary muscle. The nearest first.
    pub fn substitutes<'i>(&'i self, exercise: &Exercise, usable: impl Fn(&Exercise) -> bool + 'i) -> Vec<&'i Arc<Exercise>> {
        let mut found: Vec<(f64, &Arc<Exercise>)> = self
            .exercises
            .iter()
            .filter(|other| other.id != exercise.id && usable(other))
            .filter(|other| other.metric == exercise.metric && other.primary().any(|muscle| exercise.share(muscle) >= 1.0))
            .map(|other| (likeness(exercise, other), other))
            .collect();
        found.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.id.cmp(&other.id)));
        found.into_iter().map(|(_, other)| other).collect()
    }
}

impl Search {
    fn is_in_time(&self, written: Written) -> bool {
        self.created_after.is_none_or(|after| written.created_at > after)
            && self.updated_since.is_none_or(|since| written.updated_at >= since)
    }

    /// True when it passes every filter but those of time; the query is not looked at.
    pub fn fits(&self, exercise: &Exercise) -> bool {
        self.muscle.is_none_or(|muscle| exercise.share(muscle) > 0.0)
            && self.equipment.as_deref().is_none_or(|have| exercise.fits(have))
            && self.uses.is_none_or(|piece| exercise.uses(piece))
            && self.pattern.is_none_or(|pattern| exercise.pattern == pattern)
            && self.max_level.is_none_or(|level| exercise.level <= level)
            && self.level.is_none_or(|level| exercise.level == level)
    }
}

/// How alike two exercises are: shared muscles by their shares, and the same kind.
pub(crate) fn likeness(one: &Exercise, other: &Exercise) -> f64 {
    let shared: f64 = Muscle::ALL.iter().map(|muscle| one.share(*muscle).min(other.share(*muscle))).sum();
    let either: f64 = Muscle::ALL.iter().map(|muscle| one.share(*muscle).max(other.share(*muscle))).sum();
    let kind = if one.pattern == other.pattern { 1.0 } else { 0.0 };
    let level = f64::from(one.level.abs_diff(other.level)) * 0.05;
    kind + shared / either.max(0.25) - level
}
