use std::collections::HashMap;
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
    /// From the file that uses: the file that defines, its symbol, and how much.
    pub(crate) edges: Vec<Vec<Edge>>,
    /// The weights of each file's edges together.
    pub(crate) totals: Vec<f64>,
    /// The same edges file by file: the file that defines, and which part of all that the file uses. Far fewer, so that ranking is quick.
    pub(crate) links: Vec<Vec<(u32, f64)>>,
    /// Name to its definitions: file and symbol.
    definitions: HashMap<String, Vec<(u32, u32)>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) to: u32,
    pub(crate) symbol: u32,
    pub(crate) weight: f64,
}

/// A name that is defined in more files than this says little about which one is meant.
const COMMON: usize = 5;
/// A name that is defined in more files than this leads nowhere.
const EVERYWHERE: usize = 50;

/// What a name is worth as a sign of use: names that somebody thought about say more than `new` or `_x`.
fn worth(name: &str, definitions: usize) -> f64 {
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

impl Graph {
    /// Reads the files.
    pub fn new(mut files: Vec<FileTags>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut definitions: HashMap<&str, Vec<(u32, u32)>> = HashMap::new();
        for (file, tags) in (0_u32..).zip(&files) {
            for (symbol, found) in (0_u32..).zip(&tags.tags.symbols) {
                // Fields and keys are named all over; they would tie everything to everything.
                if !matches!(found.kind, SymbolKind::Field | SymbolKind::Key) {
                    definitions.entry(&found.name).or_default().push((file, symbol));
                }
            }
        }
        let edges: Vec<Vec<Edge>> = (0_u32..).zip(&files).map(|(file, tags)| edges_of(file, &tags.tags, &definitions)).collect();
        let totals: Vec<f64> = edges.iter().map(|edges| edges.iter().map(|edge| edge.weight).sum()).collect();
        let links = edges.iter().zip(&totals).map(|(edges, total)| links_of(edges, *total)).collect();
        let definitions = definitions.into_iter().map(|(name, places)| (name.to_owned(), places)).collect();
        Self { files, edges, totals, links, definitions }
    }

    /// The definitions of a name: file and symbol.
    pub fn definitions_of(&self, name: &str) -> &[(u32, u32)] {
        self.definitions.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// All names that are defined.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(String::as_str)
    }
}

/// Edges are in the order of the files that they lead to.
fn links_of(edges: &[Edge], total: f64) -> Vec<(u32, f64)> {
    let mut links: Vec<(u32, f64)> = Vec::new();
    for edge in edges.iter().filter(|_| total > 0.0) {
        match links.last_mut() {
            Some((to, share)) if *to == edge.to => *share += edge.weight / total,
            _ => links.push((edge.to, edge.weight / total)),
        }
    }
    links
}

fn edges_of(file: u32, tags: &Extract, definitions: &HashMap<&str, Vec<(u32, u32)>>) -> Vec<Edge> {
    let mut counts = vec![0_u32; tags.names.len()];
    for reference in &tags.references {
        if let Some(count) = counts.get_mut(reference.name as usize) {
            *count += 1;
        }
    }
    let mut edges = Vec::new();
    for (name, count) in tags.names.iter().zip(counts) {
        let Some(places) = definitions.get(name.as_str()).filter(|places| places.len() <= EVERYWHERE) else { continue };
        let weight = f64::from(count).sqrt() * worth(name, places.len());
        let share = places.iter().filter(|(to, _)| *to != file).count().max(1);
        #[expect(clippy::cast_precision_loss, reason = "at most fifty")]
        let share = share as f64;
        for (to, symbol) in places {
            // What a file uses of itself is worth little, and keeps what nobody else uses from vanishing.
            let weight = if *to == file { weight * 0.1 } else { weight / share };
            edges.push(Edge { to: *to, symbol: *symbol, weight });
        }
    }
    edges.sort_unstable_by_key(|edge| (edge.to, edge.symbol));
    edges
}
