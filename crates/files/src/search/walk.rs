use ignore::{DirEntry, WalkBuilder, WalkParallel, WalkState};

use super::SearchQuery;
use crate::path::UNFINISHED;
use crate::{FilesError, RelPath, Root, Stop};

/// The walk of a search. It lists names only; what they name is opened through the root. Ignore files above the root neither leak nor
/// steer, and neither does the configuration of the server's user.
pub(super) fn parallel(root: &Root, query: &SearchQuery, threads: usize) -> Result<WalkParallel, FilesError> {
    Ok(builder(root, query, threads)?.build_parallel())
}

fn builder(root: &Root, query: &SearchQuery, threads: usize) -> Result<WalkBuilder, FilesError> {
    let mut builder = WalkBuilder::new(root.place());
    builder
        .follow_links(false)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .git_ignore(!query.ignored)
        .ignore(!query.ignored)
        .hidden(!query.hidden)
        .overrides(query.overrides(root.place())?)
        .threads(threads);
    let (place, below) = (root.place().to_owned(), query.below.clone());
    if let Some(below) = below {
        let wanted = place.join(&below);
        // On the way there, or there, or below.
        builder.filter_entry(move |entry| wanted.starts_with(entry.path()) || entry.path().starts_with(&wanted));
    }
    Ok(builder)
}

/// The path of a regular file.
pub(super) fn file_of(root: &Root, entry: Result<DirEntry, ignore::Error>) -> Option<RelPath> {
    let entry = entry.ok()?;
    if !entry.file_type().is_some_and(|kind| kind.is_file()) {
        return None;
    }
    let path = entry.path().strip_prefix(root.place()).ok()?.to_str()?;
    RelPath::parse(path).ok().filter(|path| !path.name().starts_with(UNFINISHED))
}

/// The files that a search without further wishes would look at, in the order of their paths; true when there are more.
pub(crate) fn candidates(root: &Root, limit: usize, threads: usize, stop: &Stop) -> Result<(Vec<RelPath>, bool), FilesError> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let counted = std::sync::atomic::AtomicUsize::new(0);
    parallel(root, &SearchQuery::default(), threads)?.run(|| {
        let (sender, counted) = (sender.clone(), &counted);
        Box::new(move |entry| {
            let Some(path) = file_of(root, entry) else { return WalkState::Continue };
            let many = counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= limit;
            if many || stop.is_set() || sender.send(path).is_err() { WalkState::Quit } else { WalkState::Continue }
        })
    });
    drop(sender);
    let mut paths: Vec<RelPath> = receiver.into_iter().collect();
    paths.sort();
    let more = counted.load(std::sync::atomic::Ordering::Relaxed) > limit || stop.is_set();
    Ok((paths, more))
}

/// The files below a root that a search without further wishes would look at, with what is known of them, in the order of their paths; for
/// programs that read a folder without a server. True when there are more than `limit`.
pub fn candidates_below(
    root: &Root,
    limit: usize,
    threads: usize,
) -> Result<(Vec<(RelPath, crate::FileFacts)>, bool), FilesError> {
    let (paths, more) = candidates(root, limit, threads, &Stop::never())?;
    let known = paths.into_iter().filter_map(|path| root.facts(&path).ok().map(|facts| (path, facts)));
    Ok((known.collect(), more))
}
