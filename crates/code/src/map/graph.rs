use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::{Extract, SymbolKind};

/// A file with what was found in it.
#[derive(Clone, Debug)]
pub struct FileTags {
    /// Where.
    pub path: String,
    /// What.
    pub tags: Arc<Extract>,
}

/// Which file uses what of which other file. It depends on the files alone; questions are asked of it afterwards.
#[derive(Debug, Default)]
pub struct Graph {
    /// The files, in the order of their paths.
    pub files: Vec<FileTags>,
    /// What each file defines.
    pub(crate) slots: Vec<Arc<Slots>>,
    /// What each file uses.
    pub(crate) uses: Vec<Arc<Uses>>,
    definitions: Definitions,
}

/// The names that a file defines. A name keeps its place while the file changes, so that what leads to it stays right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    names: Vec<String>,
    /// How many symbols have the name.
    pub(crate) counts: Vec<u32>,
    /// Of each symbol; none: fields and keys, which are named all over and would tie everything to everything.
    pub(crate) of_symbol: Vec<Option<u32>>,
}

/// What a file uses.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    pub(crate) edges: Vec<Edge>,
    /// The weights of the edges together.
    pub(crate) total: f64,
    /// The same edges file by file: the file that defines, and which part of all that the file uses. Far fewer, so that ranking is quick.
    pub(crate) links: Vec<(u32, f32)>,
}

/// A use: the file that defines, the name there, and how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) to: u32,
    pub(crate) slot: u32,
    pub(crate) weight: f64,
}

/// Where a name is defined: in which file, as which of its names, by how many symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    file: u32,
    slot: u32,
    count: u32,
}

/// Names with their places, in the order of files. What changed since the whole was read lies above it.
#[derive(Clone, Debug, Default)]
struct Definitions {
    read: Arc<HashMap<String, Vec<Place>>>,
    changed: HashMap<String, Vec<Place>>,
}

impl Definitions {
    fn of(&self, name: &str) -> &[Place] {
        self.changed.get(name).or_else(|| self.read.get(name)).map(Vec::as_slice).unwrap_or_default()
    }

    fn change(&mut self, name: &str, file: u32, place: Option<Place>) {
        let mut places = self.of(name).to_vec();
        places.retain(|place| place.file != file);
        if let Some(place) = place {
            let at = places.partition_point(|other| other.file < file);
            places.insert(at, place);
        }
        self.changed.insert(name.to_owned(), places);
    }
}

/// A name that is defined more often than this says little about which one is meant.
const COMMON: u32 = 5;
/// A name that is defined more often than this leads nowhere.
const EVERYWHERE: u32 = 50;
/// As many names may lie above what was read before the whole is read anew.
const CHANGED: usize = 20_000;

/// What a name is worth as a sign of use: names that somebody thought about say more than `new` or `_x`.
fn worth(name: &str, definitions: u32) -> f64 {
    let long = name.len() >= 8;
    let compound = name.contains('_') || (name.chars().any(char::is_lowercase) && name.chars().skip(1).any(char::is_uppercase));
    let mut worth = if long && compound { 10.0 } else { 1.0 };
    if name.starts_with('_') || name.len() <= 2 {
        worth *= 0.1;
    }
    if definitions > COMMON {
        worth *= 0.1;
    }
    worth
}

impl Slots {
    /// Reads a file's symbols; names that were there before keep their places.
    fn read(tags: &Extract, before: &Self) -> Self {
        let mut names = before.names.clone();
        let mut known: HashMap<String, u32> = names.iter().cloned().zip(0..).collect();
        let mut counts = vec![0; names.len()];
        let mut of_symbol = Vec::with_capacity(tags.symbols.len());
        for symbol in &tags.symbols {
            if matches!(symbol.kind, SymbolKind::Field | SymbolKind::Key) {
                of_symbol.push(None);
                continue;
            }
            let slot = *known.entry(symbol.name.clone()).or_insert_with(|| {
                names.push(symbol.name.clone());
                counts.push(0);
                u32::try_from(names.len() - 1).unwrap_or(u32::MAX)
            });
            if let Some(count) = counts.get_mut(slot as usize) {
                *count += 1;
            }
            of_symbol.push(Some(slot));
        }
        Self { names, counts, of_symbol }
    }

    fn places(&self, file: u32) -> impl Iterator<Item = (&str, Place)> {
        let slots = self.names.iter().zip(&self.counts).zip(0_u32..);
        slots
            .filter(|((_, count), _)| **count > 0)
            .map(move |((name, count), slot)| (name.as_str(), Place { file, slot, count: *count }))
    }
}

impl Uses {
    fn read(file: u32, tags: &Extract, definitions: &Definitions) -> Self {
        let mut counts = vec![0_u32; tags.names.len()];
        for reference in &tags.references {
            if let Some(count) = counts.get_mut(reference.name as usize) {
                *count += 1;
            }
        }
        let mut edges = Vec::new();
        for (name, count) in tags.names.iter().zip(counts) {
            let places = definitions.of(name);
            let all: u32 = places.iter().map(|place| place.count).sum();
            if all == 0 || all > EVERYWHERE {
                continue;
            }
            let weight = f64::from(count).sqrt() * worth(name, all);
            let others: u32 = places.iter().filter(|place| place.file != file).map(|place| place.count).sum();
            for place in places {
                // What a file uses of itself is worth little, and keeps what nobody else uses from vanishing.
                let each = if place.file == file { weight * 0.1 } else { weight / f64::from(others.max(1)) };
                edges.push(Edge { to: place.file, slot: place.slot, weight: each * f64::from(place.count) });
            }
        }
        // Stable: within a file the edges stay in the order of names, whatever places these have.
        edges.sort_by_key(|edge| edge.to);
        let total: f64 = edges.iter().map(|edge| edge.weight).sum();
        let links = links_of(&edges, total);
        Self { edges, total, links }
    }
}

impl Graph {
    /// Reads the files.
    pub fn new(mut files: Vec<FileTags>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let none = Slots::default();
        let slots: Vec<Arc<Slots>> = files.iter().map(|file| Arc::new(Slots::read(&file.tags, &none))).collect();
        let mut read: HashMap<String, Vec<Place>> = HashMap::new();
        for (file, slots) in (0_u32..).zip(&slots) {
            for (name, place) in slots.places(file) {
                match read.get_mut(name) {
                    Some(places) => places.push(place),
                    None => drop(read.insert(name.to_owned(), vec![place])),
                }
            }
        }
        let definitions = Definitions { read: Arc::new(read), changed: HashMap::new() };
        let uses = (0_u32..).zip(&files).map(|(file, found)| Arc::new(Uses::read(file, &found.tags, &definitions))).collect();
        Self { files, slots, uses, definitions }
    }

    /// The graph after some files, given by their index, have changed. It says the same as one that is read anew, and looks only at what
    /// the changes touch: the files themselves, and those that use a name which they define now, or no more, or more often.
    #[must_use]
    pub fn with(&self, changes: Vec<(usize, Arc<Extract>)>) -> Self {
        let mut definitions = self.definitions.clone();
        let (mut files, mut slots) = (self.files.clone(), self.slots.clone());
        let (mut touched, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (index, tags) in changes {
            let (Some(file), Some(held)) = (files.get_mut(index), slots.get_mut(index)) else { continue };
            let after = Slots::read(&tags, held);
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let counts = after.counts.iter().zip(held.counts.iter().map(Some).chain(std::iter::repeat(None)));
            for (slot, (name, (count, before))) in (0_u32..).zip(after.names.iter().zip(counts)) {
                if before.copied().unwrap_or_default() != *count {
                    let place = (*count > 0).then_some(Place { file: number, slot, count: *count });
                    definitions.change(name, number, place);
                    names.insert(name.clone());
                }
            }
            *held = Arc::new(after);
            file.tags = tags;
            touched.insert(index);
        }
        if definitions.changed.len() > CHANGED {
            return Self::new(files);
        }
        let uses_one = |file: &FileTags| names.iter().any(|name| file.tags.names.binary_search(name).is_ok());
        touched.extend(files.iter().enumerate().filter(|(_, file)| uses_one(file)).map(|(index, _)| index));
        let mut uses = self.uses.clone();
        for index in touched {
            if let (Some(held), Some(file)) = (uses.get_mut(index), files.get(index)) {
                *held = Arc::new(Uses::read(u32::try_from(index).unwrap_or(u32::MAX), &file.tags, &definitions));
            }
        }
        Self { files, slots, uses, definitions }
    }

    /// The files that define a name, by their index.
    pub fn definitions_of(&self, name: &str) -> impl Iterator<Item = usize> {
        self.definitions.of(name).iter().map(|place| place.file as usize)
    }
}

/// Edges are in the order of the files that they lead to.
fn links_of(edges: &[Edge], total: f64) -> Vec<(u32, f32)> {
    if total <= 0.0 {
        return Vec::new();
    }
    let link = |edges: &[Edge]| {
        let to = edges.first().map_or(0, |edge| edge.to);
        let share = edges.iter().map(|edge| edge.weight).sum::<f64>() / total;
        #[expect(clippy::cast_possible_truncation, reason = "a share needs seven digits, and half the memory is twice the speed")]
        let share = share as f32;
        (to, share)
    };
    edges.chunk_by(|a, b| a.to == b.to).map(link).collect()
}
