use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use clap::Subcommand;
use code::{FileTags, Graph, Language, Limits, RepoMap, extract, is_secret_file, rank};
use files::{Engine, FileFacts, Links, RelPath, Root, SearchQuery, Stop, candidates_below};

use super::terminal;

/// Source code of a folder, without a server.
#[derive(Subcommand)]
pub(crate) enum Code {
    /// Prints the map of a folder within a budget of tokens.
    Map {
        /// The folder.
        path: PathBuf,
        /// The most tokens.
        #[arg(long, default_value_t = 4000)]
        tokens: usize,
        /// Paths or names that the map is wanted for.
        #[arg(long)]
        focus: Vec<String>,
    },
    /// Prints the symbols of a file.
    Context {
        /// The file.
        path: PathBuf,
    },
    /// Searches a folder.
    Search {
        /// The folder.
        path: PathBuf,
        /// The text.
        pattern: String,
        /// The text is a regular expression.
        #[arg(long)]
        regex: bool,
        /// With the function or class around each match.
        #[arg(long)]
        sections: bool,
        /// Files that begin with a dot or are ignored too.
        #[arg(long)]
        all: bool,
        /// The most matches.
        #[arg(long, default_value_t = 10_000)]
        limit: usize,
    },
}

/// The most files of a map.
const MOST: usize = 50_000;
/// The largest file that is read.
const LARGEST: u64 = 1 << 20;
/// Threads of a search or a map.
const THREADS: usize = 2;

pub(crate) fn run(command: Code) -> anyhow::Result<ExitCode> {
    match command {
        Code::Map { path, tokens, focus } => map(&path, tokens, &focus)?,
        Code::Context { path } => context(&path)?,
        Code::Search { path, pattern, regex, sections, all, limit } => {
            let query = SearchQuery { regex, sections, hidden: all, ignored: all, limit, ..SearchQuery::literal(pattern) };
            return search(&path, query);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn open(path: &Path) -> anyhow::Result<Root> {
    Root::open(path, Links::Beneath).with_context(|| format!("{} can't be opened", path.display()))
}

fn text_of(root: &Root, path: &RelPath) -> Option<String> {
    let (file, _) = root.open_file(path).ok()?;
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

fn map(path: &Path, tokens: usize, focus: &[String]) -> anyhow::Result<()> {
    let root = open(path)?;
    let (found, more) = candidates_below(&root, MOST, THREADS)?;
    let is_source = |(path, facts): &(RelPath, FileFacts)| facts.size <= LARGEST && Language::of_name(path.as_str()).is_some();
    let sources: Vec<RelPath> = found.into_iter().filter(is_source).map(|(path, _)| path).collect();
    let share = sources.len().div_ceil(THREADS).max(1);
    let tagged: Vec<FileTags> = std::thread::scope(|scope| {
        let part = |part: &[RelPath]| part.iter().filter_map(|path| tags(&root, path)).collect::<Vec<_>>();
        let threads: Vec<_> = sources.chunks(share).map(|chunk| scope.spawn(move || part(chunk))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    });
    let graph = Graph::new(tagged);
    let ranked = rank(&graph, focus);
    let mut texts = HashMap::new();
    for file in ranked.iter().map(|one| one.file).take(1000) {
        let Some(path) = graph.files.get(file).map(|file| file.path.as_str()).filter(|path| !is_secret_file(path)) else {
            continue;
        };
        if texts.len() < 40
            && !texts.contains_key(&file)
            && let Some(text) = RelPath::parse(path).ok().and_then(|path| text_of(&root, &path))
        {
            texts.insert(file, text);
        }
    }
    let packed = RepoMap::pack(&graph, &ranked, &texts, tokens);
    terminal::line(packed.map.trim_start());
    let cut = packed.manifest.iter().filter(|file| file.omitted > 0).count();
    let more = if more { ", and more files than are read" } else { "" };
    terminal::error(&format!("{} tokens; {} files, {cut} of them not whole{more}", packed.tokens, packed.manifest.len()));
    Ok(())
}

fn tags(root: &Root, path: &RelPath) -> Option<FileTags> {
    let text = text_of(root, path)?;
    let (language, _) = Language::detect(Some(path.as_str()), &text)?;
    let tags = Arc::new(extract(language, &text, Limits::default()).ok()?);
    Some(FileTags { path: path.as_str().to_owned(), tags })
}

fn context(path: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    let (language, _) = Language::detect(path.to_str(), &text).context("the language is not known")?;
    let found = extract(language, &text, Limits::default())?;
    let document = serde_json::json!({
        "language": language, "imports": found.imports, "exports": found.exports, "symbols": found.symbols, "errors": found.errors,
    });
    terminal::line(&serde_json::to_string_pretty(&document)?);
    Ok(())
}

/// As with grep, finding nothing is an exit code of 1.
fn search(path: &Path, query: SearchQuery) -> anyhow::Result<ExitCode> {
    let root = open(path)?;
    let engine = Engine::new(query, THREADS)?;
    let found = Mutex::new(false);
    let sections = crate::adapters::CodeSections;
    let summary = engine.run(&root, Some(&sections), &Stop::never(), &|hits| {
        *found.lock().unwrap_or_else(PoisonError::into_inner) = true;
        for hit in hits {
            let place = hit.section.map(|section| format!("[{}] ", section.breadcrumb.join("."))).unwrap_or_default();
            terminal::line(&format!("{}:{}:{}{}", hit.path, hit.line, place, hit.text));
        }
        true
    })?;
    if summary.truncated {
        terminal::error("There may be more matches.");
    }
    let found = *found.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(if found { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
