use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{Graph, Ranked};
use crate::{Symbol, SymbolKind, count_tokens};

/// How much of a symbol is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Nothing.
    Omitted,
    /// Its name.
    Name,
    /// How it is declared, and the first line of its documentation.
    Signature,
    /// All of it.
    Body,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = MapManifestEntry))]
pub struct ManifestEntry {
    /// The file.
    pub path: String,
    /// Symbols that are shown whole.
    pub bodies: u32,
    /// Symbols that are shown by signature.
    pub signatures: u32,
    /// Symbols that are shown by name.
    pub names: u32,
    /// Symbols that are not shown.
    pub omitted: u32,
    /// Why the file has none: it could not be read, say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A map of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepoMap {
    /// The text.
    pub map: String,
    /// Its tokens; never more than the budget.
    pub tokens: usize,
    /// What became of each file that has symbols.
    pub manifest: Vec<ManifestEntry>,
}

/// Sources of files whose bodies may be shown, by index of the file.
pub(crate) type Sources = HashMap<usize, String>;

impl RepoMap {
    /// Packs the ranked symbols into a budget: the most important ones with the most detail that fits. `sources`: texts of files whose bodies
    /// may be shown.
    pub fn pack(graph: &Graph, ranked: &[Ranked], sources: &Sources, budget: usize) -> Self {
        let mut packer = Packer { graph, sources, budget, used: 0, chosen: BTreeMap::new() };
        // Signatures of the best first, in most of the budget; what is left goes to names of the others and then to bodies of the best.
        packer.raise(ranked, Detail::Signature, budget / 10 * 7);
        packer.raise(ranked, Detail::Name, budget / 10 * 8);
        packer.raise(ranked, Detail::Body, budget / 100 * 95);
        packer.raise(ranked, Detail::Signature, budget);
        packer.raise(ranked, Detail::Name, budget);
        packer.finish()
    }
}

struct Packer<'p> {
    graph: &'p Graph,
    sources: &'p Sources,
    budget: usize,
    used: usize,
    /// File to symbol to detail.
    chosen: BTreeMap<usize, BTreeMap<usize, Detail>>,
}

impl Packer<'_> {
    /// Shows as many of the ranked with at least this detail as fit below `within`.
    fn raise(&mut self, ranked: &[Ranked], detail: Detail, within: usize) {
        let mut misses = 0;
        for one in ranked {
            // What is too large is passed over, but not for ever.
            if self.used >= within || misses > 200 {
                return;
            }
            let Some(symbol) = self.symbol(one.file, one.symbol) else { continue };
            let least =
                if matches!(symbol.kind, SymbolKind::Field | SymbolKind::Variant) { Detail::Name } else { Detail::Omitted };
            let now = self.chosen.get(&one.file).and_then(|symbols| symbols.get(&one.symbol)).copied().unwrap_or(Detail::Omitted);
            if now >= detail
                || (detail == Detail::Body && now != Detail::Signature)
                || (least == Detail::Name && detail > Detail::Name)
            {
                continue;
            }
            let Some(line) = self.line(one.file, symbol, detail) else { continue };
            let before = self.line(one.file, symbol, now).map_or(0, |line| count_tokens(&line));
            let heading = if self.chosen.contains_key(&one.file) {
                0
            } else {
                self.heading(one.file).map_or(0, |line| count_tokens(&line))
            };
            let cost = count_tokens(&line) + heading;
            if self.used + cost > within + before {
                misses += 1;
                continue;
            }
            self.used = self.used + cost - before;
            self.chosen.entry(one.file).or_default().insert(one.symbol, detail);
        }
    }

    fn symbol(&self, file: usize, symbol: usize) -> Option<&Symbol> {
        self.graph.files.get(file)?.tags.symbols.get(symbol)
    }

    fn heading(&self, file: usize) -> Option<String> {
        self.graph.files.get(file).map(|file| format!("\n{}:\n", file.path))
    }

    fn line(&self, file: usize, symbol: &Symbol, detail: Detail) -> Option<String> {
        let indent = "  ".repeat(symbol.container.len().min(4) + 1);
        match detail {
            Detail::Omitted => None,
            Detail::Name => Some(format!("{indent}{} {} @{}\n", symbol.kind.as_str(), symbol.name, symbol.lines.start)),
            Detail::Signature => {
                let doc = symbol.doc.as_deref().and_then(|doc| doc.lines().next()).unwrap_or_default();
                let doc: String = doc.chars().take(120).collect();
                let doc = if doc.is_empty() { doc } else { format!("  # {doc}") };
                Some(format!("{indent}{} @{}{doc}\n", symbol.signature, symbol.lines))
            }
            Detail::Body => {
                let (from, to) = (symbol.bytes.0 as usize, symbol.bytes.1 as usize);
                let body = self.sources.get(&file)?.get(from..to)?;
                Some(format!("{indent}@{}\n{body}\n", symbol.lines))
            }
        }
    }

    fn finish(mut self) -> RepoMap {
        loop {
            let map = self.text();
            let tokens = count_tokens(&map);
            if tokens <= self.budget {
                return RepoMap { map, tokens, manifest: self.manifest() };
            }
            // Joined lines never count for more than their sum; should that ever fail, the map is shortened and not the promise.
            if self.chosen.pop_last().is_none() {
                return RepoMap { map: String::new(), tokens: 0, manifest: self.manifest() };
            }
        }
    }

    fn text(&self) -> String {
        let mut map = String::new();
        for (file, symbols) in &self.chosen {
            map.push_str(&self.heading(*file).unwrap_or_default());
            let mut shown_to = 0;
            for (index, detail) in symbols {
                let Some(symbol) = self.symbol(*file, *index) else { continue };
                // What lies in a body that is shown is shown with it.
                if symbol.lines.end <= shown_to {
                    continue;
                }
                map.push_str(&self.line(*file, symbol, *detail).unwrap_or_default());
                if *detail == Detail::Body {
                    shown_to = symbol.lines.end;
                }
            }
        }
        map
    }

    fn manifest(&self) -> Vec<ManifestEntry> {
        let with_symbols = self.graph.files.iter().enumerate().filter(|(_, file)| !file.tags.symbols.is_empty());
        let entry = |(index, file): (usize, &super::FileTags)| {
            let chosen = self.chosen.get(&index);
            let count = |detail| {
                let shown = chosen.map_or(0, |symbols| symbols.values().filter(|shown| **shown == detail).count());
                u32::try_from(shown).unwrap_or(u32::MAX)
            };
            let (bodies, signatures, names) = (count(Detail::Body), count(Detail::Signature), count(Detail::Name));
            let all = u32::try_from(file.tags.symbols.len()).unwrap_or(u32::MAX);
            let omitted = all.saturating_sub(bodies + signatures + names);
            ManifestEntry { path: file.path.clone(), bodies, signatures, names, omitted, note: None }
        };
        with_symbols.map(entry).collect()
    }
}
