use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use core_kernel::Actor;
use moka::sync::Cache;
use uuid::Uuid;

use crate::digest::sha256;
use crate::map::{FileTags, Graph, ManifestEntry, Ranked, RepoMap, best, importance};
use crate::reader::{Known, Reader};
use crate::{CodeError, Language, Located, Mapped, Place, Repositories, SourceFile, Symbol, is_secret_file, permissions};

/// Files that are loaded in one go.
const BATCH: usize = 200;
/// Files whose bodies a map may show.
const BODIES: usize = 40;
/// Threads that read one repository.
const THREADS: usize = 2;
/// What is shown costs a token at least, so that no more symbols are ranked than a budget may ask for: some are passed over, being too large.
const SPARE: usize = 10_000;
/// As many changed files are worked into what is known; with more, the whole is put together anew.
const EDITS: usize = 64;

/// [`Repositories`] over the port of workspaces.
pub(crate) struct RepositoryService {
    reader: Reader,
    /// By the stamps of all files: who uses what depends on nothing else.
    graphs: Cache<String, Arc<Scanned>>,
    /// The newest of each workspace, which the next one begins with.
    latest: Cache<Uuid, Arc<Scanned>>,
}

/// A repository as it was read.
struct Scanned {
    /// In the order of the tree.
    sources: Vec<SourceFile>,
    graph: Graph,
    /// How important each file is where the question names nothing.
    plain: OnceLock<Vec<f64>>,
    /// Files that have no symbols to show, and why.
    notes: Vec<ManifestEntry>,
    truncated: bool,
}

impl Scanned {
    fn ranked(&self, focus: &[String], most: usize) -> Vec<Ranked> {
        if focus.is_empty() {
            return best(&self.graph, self.plain.get_or_init(|| importance(&self.graph, &[])), &[], most);
        }
        best(&self.graph, &importance(&self.graph, focus), focus, most)
    }

    /// The files that have changed since, with their places in the graph; none: files came or went, too many have changed, or one of them
    /// could not be read before.
    fn edits(&self, sources: &[SourceFile]) -> Option<Vec<(usize, SourceFile)>> {
        if self.sources.len() != sources.len() {
            return None;
        }
        let mut edits = Vec::new();
        for (before, now) in self.sources.iter().zip(sources) {
            if before.path != now.path || edits.len() > EDITS {
                return None;
            }
            if before.stamp != now.stamp {
                let at = self.graph.files.binary_search_by(|file| file.path.cmp(&now.path)).ok()?;
                edits.push((at, now.clone()));
            }
        }
        Some(edits)
    }
}

impl RepositoryService {
    pub(crate) fn new(reader: Reader) -> Self {
        let graphs = Cache::builder().max_capacity(32).time_to_idle(Duration::from_mins(30)).build();
        let latest = Cache::builder().max_capacity(32).time_to_idle(Duration::from_mins(30)).build();
        Self { reader, graphs, latest }
    }

    /// Reads what is not known yet of a workspace, within its time.
    async fn scan(&self, actor: &Actor, workspace: Uuid) -> Result<Arc<Scanned>, CodeError> {
        let (files, more) = self.reader.tree.files(actor, workspace).await?;
        let is_source = |file: &SourceFile| Language::of_name(&file.path).is_some();
        let mut sources: Vec<SourceFile> = files.into_iter().filter(is_source).collect();
        let truncated = more || sources.len() > self.reader.config.max_files;
        sources.truncate(self.reader.config.max_files);
        let fingerprint = fingerprint(workspace, &sources);
        if let Some(known) = self.graphs.get(&fingerprint) {
            return Ok(known);
        }
        let (scanned, late) = match self.edited(actor, workspace, &sources, truncated).await? {
            Some(scanned) => (Arc::new(scanned), false),
            None => self.read_all(actor, workspace, sources, truncated).await?,
        };
        // What was not read to its end is read on the next time.
        if !late {
            self.graphs.insert(fingerprint, Arc::clone(&scanned));
            self.latest.insert(workspace, Arc::clone(&scanned));
        }
        Ok(scanned)
    }

    /// The repository by what is known of it and the few files that have changed since; none: that is not how it is.
    async fn edited(
        &self,
        actor: &Actor,
        workspace: Uuid,
        sources: &[SourceFile],
        truncated: bool,
    ) -> Result<Option<Scanned>, CodeError> {
        let Some(before) = self.latest.get(&workspace) else { return Ok(None) };
        let Some(edits) = before.edits(sources) else { return Ok(None) };
        let (places, files): (Vec<usize>, Vec<SourceFile>) = edits.into_iter().unzip();
        let most = Duration::from_secs(self.reader.config.map_seconds);
        let (known, late) = self.tags(actor, workspace, &files, Instant::now() + most).await?;
        let mut known: HashMap<String, Known> = known.into_iter().collect();
        let found = |(place, file): (usize, &SourceFile)| Some((place, known.remove(&file.path)??));
        let Some(changes) = places.into_iter().zip(&files).map(found).collect::<Option<Vec<_>>>().filter(|_| !late) else {
            return Ok(None);
        };
        let sources = sources.to_vec();
        let scanned = self.reader.compute(most, move || {
            let notes = before.notes.clone();
            Scanned { sources, graph: before.graph.with(changes), plain: OnceLock::new(), notes, truncated }
        });
        scanned.await.map(Some)
    }

    /// The repository by all its files; true: the time was up before all were read.
    async fn read_all(
        &self,
        actor: &Actor,
        workspace: Uuid,
        sources: Vec<SourceFile>,
        truncated: bool,
    ) -> Result<(Arc<Scanned>, bool), CodeError> {
        let most = Duration::from_secs(self.reader.config.map_seconds);
        let (known, late) = self.tags(actor, workspace, &sources, Instant::now() + most).await?;
        let scanned = self.reader.compute(most, move || {
            let mut notes = Vec::new();
            let mut tagged = Vec::with_capacity(known.len());
            for (path, tags) in known {
                match tags {
                    Some(tags) => tagged.push(FileTags { path, tags }),
                    None => notes.push(unread(path)),
                }
            }
            let truncated = truncated || late;
            Arc::new(Scanned { sources, graph: Graph::new(tagged), plain: OnceLock::new(), notes, truncated })
        });
        Ok((scanned.await?, late))
    }

    /// The extracts of files; true: the time was up before all were read.
    async fn tags(
        &self,
        actor: &Actor,
        workspace: Uuid,
        sources: &[SourceFile],
        until: Instant,
    ) -> Result<(Vec<(String, Known)>, bool), CodeError> {
        let mut known: Vec<(String, Known)> = Vec::with_capacity(sources.len());
        let mut missing: Vec<&SourceFile> = Vec::new();
        for file in sources {
            if file.size > self.reader.config.max_file_bytes {
                known.push((file.path.clone(), None));
            } else if let Some(tags) = self.reader.known(workspace, &file.path, &file.stamp) {
                known.push((file.path.clone(), tags));
            } else {
                missing.push(file);
            }
        }
        for batch in missing.chunks(BATCH) {
            if Instant::now() >= until {
                return Ok((known, true));
            }
            let paths: Vec<String> = batch.iter().map(|file| file.path.clone()).collect();
            let loaded = self.reader.tree.load(actor, workspace, paths, self.reader.config.max_file_bytes).await?;
            let work: Vec<(SourceFile, Option<Vec<u8>>)> = batch.iter().map(|file| (*file).clone()).zip(loaded).collect();
            let share = work.len().div_ceil(THREADS).max(1);
            let parts = work.chunks(share).map(|part| self.read_part(workspace, part.to_vec(), until));
            for part in futures_util::future::join_all(parts).await {
                known.extend(part?);
            }
        }
        Ok((known, Instant::now() >= until))
    }

    async fn read_part(
        &self,
        workspace: Uuid,
        part: Vec<(SourceFile, Option<Vec<u8>>)>,
        until: Instant,
    ) -> Result<Vec<(String, Known)>, CodeError> {
        let reader = self.reader.clone();
        let most = until.saturating_duration_since(Instant::now()) + self.reader.config.limits().time + Duration::from_secs(1);
        self.reader
            .compute(most, move || {
                let mut read = Vec::with_capacity(part.len());
                for (file, bytes) in part {
                    if Instant::now() >= until {
                        break;
                    }
                    let tags = bytes.and_then(|bytes| reader.read((workspace, &file.path, &file.stamp), &bytes));
                    read.push((file.path, tags));
                }
                read
            })
            .await
    }
}

fn unread(path: String) -> ManifestEntry {
    let note = Some("too large, not text, or not readable in time".to_owned());
    ManifestEntry { path, bodies: 0, signatures: 0, names: 0, omitted: 0, note }
}

fn fingerprint(workspace: Uuid, files: &[SourceFile]) -> String {
    let mut text = workspace.to_string();
    for file in files {
        text.extend(["\n", &file.path, "\0", &file.stamp]);
    }
    sha256(text.as_bytes())
}

#[async_trait]
impl Repositories for RepositoryService {
    async fn map(&self, actor: &Actor, workspace: Uuid, budget: usize, focus: Vec<String>) -> Result<Mapped, CodeError> {
        actor.require(&permissions::READ)?;
        if budget > 1_000_000 {
            return Err(CodeError::field("/token_budget", "out_of_range", "0 to 1000000"));
        }
        if focus.len() > 50 || focus.iter().any(|focus| focus.is_empty() || focus.len() > 1024) {
            return Err(CodeError::field("/focus", "out_of_range", "at most 50 paths or names, each of 1 to 1024 bytes"));
        }
        let scanned = self.scan(actor, workspace).await?;
        let most = Duration::from_secs(self.reader.config.map_seconds);
        let ranking = Arc::clone(&scanned);
        let ranked = self.reader.compute(most, move || ranking.ranked(&focus, budget.saturating_mul(4) + SPARE)).await?;
        // Bodies only of files that the best symbols are in, and of none that holds secrets.
        let mut wanted: Vec<usize> = Vec::new();
        for one in &ranked {
            let is_new = !wanted.contains(&one.file);
            if is_new
                && wanted.len() < BODIES
                && scanned.graph.files.get(one.file).is_some_and(|file| !is_secret_file(&file.path))
            {
                wanted.push(one.file);
            }
            if wanted.len() >= BODIES {
                break;
            }
        }
        let paths = wanted.iter().filter_map(|file| scanned.graph.files.get(*file)).map(|file| file.path.clone()).collect();
        let loaded = self.reader.tree.load(actor, workspace, paths, self.reader.config.max_file_bytes).await?;
        let texts = wanted.into_iter().zip(loaded).filter_map(|(file, bytes)| Some((file, String::from_utf8(bytes?).ok()?)));
        let sources: HashMap<usize, String> = texts.collect();
        self.reader
            .compute(most, move || {
                let packed = RepoMap::pack(&scanned.graph, &ranked, &sources, budget);
                let mut manifest = packed.manifest;
                manifest.extend(scanned.notes.iter().cloned());
                Mapped { map: packed.map, tokens: packed.tokens, manifest, truncated: scanned.truncated }
            })
            .await
    }

    async fn symbols(&self, actor: &Actor, workspace: Uuid, query: &str, limit: usize) -> Result<Located, CodeError> {
        actor.require(&permissions::READ)?;
        check("/query", query, limit)?;
        let scanned = self.scan(actor, workspace).await?;
        let wanted = query.to_lowercase();
        let mut found: Vec<(u32, Place)> = Vec::new();
        for file in &scanned.graph.files {
            for symbol in &file.tags.symbols {
                if let Some(distance) = distance(&symbol.name, &wanted) {
                    found.push((distance, place(&file.path, symbol)));
                }
            }
        }
        found.sort_by(|(a, left), (b, right)| {
            (a, left.name.len(), &left.path, left.line).cmp(&(b, right.name.len(), &right.path, right.line))
        });
        Ok(located(found.into_iter().map(|(_, place)| place), limit, scanned.truncated))
    }

    async fn references(&self, actor: &Actor, workspace: Uuid, symbol: &str, limit: usize) -> Result<Located, CodeError> {
        actor.require(&permissions::READ)?;
        check("/symbol", symbol, limit)?;
        let scanned = self.scan(actor, workspace).await?;
        let files = &scanned.graph.files;
        let definitions = files.iter().flat_map(|file| {
            let own = file.tags.symbols.iter().filter(|found| found.name == symbol);
            own.map(|found| place(&file.path, found)).collect::<Vec<_>>()
        });
        let uses = files.iter().flat_map(|file| {
            let name =
                file.tags.names.binary_search_by(|name| name.as_str().cmp(symbol)).ok().and_then(|at| u32::try_from(at).ok());
            let own = file.tags.references.iter().filter(move |reference| Some(reference.name) == name);
            own.map(|reference| usage(&file.path, symbol, reference.line)).collect::<Vec<_>>()
        });
        let mut places: Vec<Place> = definitions.chain(uses).collect();
        places.dedup();
        Ok(located(places.into_iter(), limit, scanned.truncated))
    }
}

fn check(pointer: &str, text: &str, limit: usize) -> Result<(), CodeError> {
    if text.trim().is_empty() || text.len() > 300 {
        return Err(CodeError::field(pointer, "out_of_range", "1 to 300 bytes that are not all blank"));
    }
    if !(1..=1000).contains(&limit) {
        return Err(CodeError::field("/limit", "out_of_range", "1 to 1000"));
    }
    Ok(())
}

/// How far a name is from what is wanted: the same, the same but for case, begins so, holds it.
fn distance(name: &str, wanted: &str) -> Option<u32> {
    let lower = name.to_lowercase();
    match () {
        () if lower == wanted => Some(0),
        () if lower.starts_with(wanted) => Some(1),
        () if lower.contains(wanted) => Some(2),
        () => None,
    }
}

fn place(path: &str, symbol: &Symbol) -> Place {
    Place {
        path: path.to_owned(),
        line: symbol.lines.start,
        name: symbol.name.clone(),
        kind: Some(symbol.kind),
        signature: Some(symbol.signature.clone()),
        definition: true,
    }
}

fn usage(path: &str, name: &str, line: u32) -> Place {
    Place { path: path.to_owned(), line, name: name.to_owned(), kind: None, signature: None, definition: false }
}

fn located(places: impl Iterator<Item = Place>, limit: usize, incomplete: bool) -> Located {
    let mut places: Vec<Place> = places.take(limit + 1).collect();
    let more = places.len() > limit;
    places.truncate(limit);
    Located { places, truncated: more || incomplete }
}
