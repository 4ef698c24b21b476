use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use grep_matcher::Matcher as _;
use grep_regex::RegexMatcher;
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkContext, SinkContextKind, SinkMatch};
use ignore::WalkState;
use serde::Serialize;

use super::line::{excerpt, shown};
use super::{Hit, SearchQuery, long_lines, walk};
use crate::{FilesError, RelPath, Root, Sections, Stop};

/// The longest line that is held in memory; longer ones are searched piece by piece.
const LINE_MEMORY: usize = 4 << 20;
/// The largest file whose sections are looked for.
const SECTION_BYTES: u64 = 1 << 20;

/// A search, ready to run over any root.
pub struct Engine {
    query: SearchQuery,
    matcher: RegexMatcher,
    threads: usize,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = SearchSummary))]
pub struct Summary {
    /// Not everything was searched: the limit was reached, or the time was up.
    pub truncated: bool,
    /// Files that were searched.
    pub files: u64,
    /// Files that could not be read.
    pub unreadable: u64,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("query", &self.query).finish_non_exhaustive()
    }
}

/// What the threads of one search share.
struct Shared<'s> {
    engine: &'s Engine,
    root: &'s Root,
    stop: &'s Stop,
    sections: Option<&'s dyn Sections>,
    give: &'s (dyn Fn(Vec<Hit>) -> bool + Sync),
    left: AtomicUsize,
    cut: AtomicBool,
    files: AtomicU64,
    unreadable: AtomicU64,
}

impl Engine {
    /// Reads the query; 422 where it can't be read.
    pub fn new(query: SearchQuery, threads: usize) -> Result<Self, FilesError> {
        let matcher = query.matcher()?;
        Ok(Self { query, matcher, threads: threads.max(1) })
    }

    /// Refuses globs that can't be read.
    pub(crate) fn check_globs(&self, root: &Root) -> Result<(), FilesError> {
        self.query.overrides(root.place()).map(drop)
    }

    /// Searches and hands the hits of each file to `give` as they come; false from there ends the search. Blocks.
    pub fn run(
        &self,
        root: &Root,
        sections: Option<&dyn Sections>,
        stop: &Stop,
        give: &(dyn Fn(Vec<Hit>) -> bool + Sync),
    ) -> Result<Summary, FilesError> {
        let walker = walk::parallel(root, &self.query, self.threads)?;
        let shared = Shared {
            engine: self,
            root,
            stop,
            sections: sections.filter(|_| self.query.sections),
            give,
            left: AtomicUsize::new(self.query.limit),
            cut: AtomicBool::new(false),
            files: AtomicU64::new(0),
            unreadable: AtomicU64::new(0),
        };
        walker.run(|| {
            let (shared, mut searcher, matcher) = (&shared, self.searcher(), self.matcher.clone());
            Box::new(move |entry| {
                if shared.is_over() {
                    return WalkState::Quit;
                }
                let Some(path) = walk::file_of(shared.root, entry) else { return WalkState::Continue };
                if shared.search(&mut searcher, &matcher, &path) { WalkState::Continue } else { WalkState::Quit }
            })
        });
        Ok(Summary {
            truncated: shared.cut.load(Ordering::Relaxed) || stop.is_set(),
            files: shared.files.load(Ordering::Relaxed),
            unreadable: shared.unreadable.load(Ordering::Relaxed),
        })
    }

    fn searcher(&self) -> Searcher {
        SearcherBuilder::new()
            .line_number(true)
            .binary_detection(BinaryDetection::quit(0))
            .before_context(self.query.context)
            .after_context(self.query.context)
            .heap_limit(Some(LINE_MEMORY))
            .build()
    }
}

impl Shared<'_> {
    fn is_over(&self) -> bool {
        self.stop.is_set() || self.cut.load(Ordering::Relaxed)
    }

    /// False: enough.
    fn search(&self, searcher: &mut Searcher, matcher: &RegexMatcher, path: &RelPath) -> bool {
        let hits = match self.hits_in(searcher, matcher, path) {
            Ok(hits) => hits,
            Err(_) if self.is_over() => return false,
            Err(error) => {
                tracing::debug!(%error, "a file can't be searched");
                self.unreadable.fetch_add(1, Ordering::Relaxed);
                return true;
            }
        };
        self.files.fetch_add(1, Ordering::Relaxed);
        let hits = self.within_limit(hits);
        (hits.is_empty() || (self.give)(hits)) && !self.is_over()
    }

    fn hits_in(&self, searcher: &mut Searcher, matcher: &RegexMatcher, path: &RelPath) -> io::Result<Vec<Hit>> {
        let (mut file, facts) = self.root.open_regular(path).map_err(io::Error::other)?;
        let limit = self.left.load(Ordering::Relaxed).saturating_add(1);
        let query = &self.engine.query;
        let mut sink =
            Collect { matcher, path, context: query.context, limit, hits: Vec::new(), recent: VecDeque::new(), open: 0 };
        let read = searcher.search_reader(matcher, Watched { file: &mut file, stop: self.stop }, &mut sink);
        let mut hits = sink.hits;
        if let Err(error) = read {
            if self.stop.is_set() || !is_long_line(&error) {
                return Err(error);
            }
            file.rewind()?;
            hits =
                long_lines::search(&mut Watched { file: &mut file, stop: self.stop }, matcher, path.as_str(), limit, self.stop)?;
        }
        if let Some(sections) = self.sections.filter(|_| !hits.is_empty() && facts.size <= SECTION_BYTES) {
            file.rewind()?;
            add_sections(sections, &mut file, path, &mut hits)?;
        }
        Ok(hits)
    }

    /// Takes what is left of the limit.
    fn within_limit(&self, mut hits: Vec<Hit>) -> Vec<Hit> {
        if hits.is_empty() {
            return hits;
        }
        let take = |left: usize| Some(left.saturating_sub(hits.len()));
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).unwrap_or(0);
        if hits.len() > left {
            self.cut.store(true, Ordering::Relaxed);
            hits.truncate(left);
        }
        hits
    }
}

fn is_long_line(error: &io::Error) -> bool {
    error.to_string().starts_with("configured allocation limit")
}

fn add_sections(sections: &dyn Sections, file: &mut File, path: &RelPath, hits: &mut [Hit]) -> io::Result<()> {
    let mut bytes = Vec::new();
    file.take(SECTION_BYTES).read_to_end(&mut bytes)?;
    let Some(decoded) = crate::text::decode(&bytes) else { return Ok(()) };
    let lines: Vec<u64> = hits.iter().map(|hit| hit.line).collect();
    // A file whose sections can't be found keeps its hits.
    let found = sections.enclosing(path.as_str(), &decoded.text, &lines).unwrap_or_default();
    for (hit, section) in hits.iter_mut().zip(found) {
        hit.section = section;
    }
    Ok(())
}

/// A file that can't be read on once the search is over.
struct Watched<'s> {
    file: &'s mut File,
    stop: &'s Stop,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_set() {
            return Err(io::Error::other("the search is over"));
        }
        self.file.read(buffer)
    }
}

/// Takes in the hits of one file.
struct Collect<'c> {
    matcher: &'c RegexMatcher,
    path: &'c RelPath,
    context: usize,
    limit: usize,
    hits: Vec<Hit>,
    /// The lines just before.
    recent: VecDeque<String>,
    /// The first hit that still wants lines after it.
    open: usize,
}

impl Collect<'_> {
    fn saw(&mut self, line: &[u8]) {
        if self.context == 0 {
            return;
        }
        let line = shown(line);
        for hit in self.hits.iter_mut().skip(self.open) {
            hit.after.push(line.clone());
        }
        while self.hits.get(self.open).is_some_and(|hit| hit.after.len() >= self.context) {
            self.open += 1;
        }
        self.recent.push_back(line);
        if self.recent.len() > self.context {
            self.recent.pop_front();
        }
    }
}

impl Sink for Collect<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        let line = found.bytes();
        let at = self.matcher.find(line).map_err(io::Error::other)?.map_or(0, |found| found.start());
        let (text, cut) = excerpt(line, at);
        let before = self.recent.iter().cloned().collect();
        self.saw(line);
        let (path, column) = (self.path.as_str().to_owned(), at as u64 + 1);
        let line = found.line_number().unwrap_or(0);
        self.hits.push(Hit { path, line, column, text, cut, before, after: Vec::new(), section: None });
        Ok(self.hits.len() < self.limit)
    }

    fn context(&mut self, _: &Searcher, line: &SinkContext<'_>) -> Result<bool, io::Error> {
        if !matches!(line.kind(), SinkContextKind::Other) {
            self.saw(line.bytes());
        }
        Ok(true)
    }

    fn context_break(&mut self, _: &Searcher) -> Result<bool, io::Error> {
        self.recent.clear();
        self.open = self.hits.len();
        Ok(true)
    }
}
