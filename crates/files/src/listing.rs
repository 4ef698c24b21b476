//! What is in a directory, in both kinds of workspaces.

use std::collections::BTreeMap;

use core_kernel::Timestamp;
use globset::{GlobBuilder, GlobMatcher};

use crate::core::Core;
use crate::store::manifest;
use crate::{Entries, Entry, FilesError, FoundKind, Kind, Listing, RelPath, Stop, StoredFile, Workspace, codes};

/// The most entries that are looked at.
const MOST: usize = 100_000;

pub(crate) async fn entries(core: &Core, workspace: &Workspace, listing: &Listing) -> Result<Entries, FilesError> {
    let glob = listing.glob.as_deref().map(matcher).transpose()?;
    let (mut all, truncated) = match workspace.kind {
        Kind::Stored => {
            let files = manifest::all(core.db.read(), workspace.owner, workspace.id).await?;
            (of_manifest(&files, listing)?, false)
        }
        Kind::Root => of_root(core, workspace, listing).await?,
    };
    all.retain(|entry| {
        listing.after.as_ref().is_none_or(|after| entry.path > *after)
            && glob.as_ref().is_none_or(|glob| glob.is_match(entry.path.as_str()))
    });
    let more = all.len() > listing.limit;
    all.truncate(listing.limit);
    let next = if more { all.last().map(|entry| entry.path.clone()) } else { None };
    Ok(Entries { items: all, next, truncated })
}

fn matcher(glob: &str) -> Result<GlobMatcher, FilesError> {
    if glob.is_empty() || glob.len() > 255 {
        return Err(FilesError::field("/glob", "invalid_glob", "1 to 255 bytes"));
    }
    // A pattern without a separator is about names, as in .gitignore.
    let pattern = if glob.contains('/') { glob.to_owned() } else { format!("**/{glob}") };
    let built = GlobBuilder::new(&pattern).literal_separator(true).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| FilesError::field("/glob", "invalid_glob", error.to_string()))
}

fn of_manifest(files: &[StoredFile], listing: &Listing) -> Result<Vec<Entry>, FilesError> {
    let prefix = listing.path.as_ref().map(|path| format!("{path}/"));
    let mut found: BTreeMap<RelPath, Entry> = BTreeMap::new();
    for file in files {
        let Some(rest) = file.path.as_str().strip_prefix(prefix.as_deref().unwrap_or_default()) else { continue };
        let skipped = file.path.as_str().len() - rest.len();
        for (at, _) in rest.match_indices('/') {
            let Some(Ok(directory)) = file.path.as_str().get(..skipped + at).map(RelPath::parse) else { continue };
            let entry = found.entry(directory.clone()).or_insert_with(|| Entry {
                path: directory,
                kind: FoundKind::Directory,
                size: 0,
                modified_at: file.modified_at,
            });
            entry.modified_at = entry.modified_at.max(file.modified_at);
            if !listing.recursive {
                break;
            }
        }
        if listing.recursive || !rest.contains('/') {
            let (path, size, modified_at) = (file.path.clone(), file.size, file.modified_at);
            found.insert(path.clone(), Entry { path, kind: FoundKind::File, size, modified_at });
        }
    }
    match &listing.path {
        Some(path) if found.is_empty() => {
            let is_file = files.iter().any(|file| file.path == *path);
            Err(FilesError::Plain(if is_file { &codes::NOT_A_FILE } else { &codes::NOT_FOUND }))
        }
        _ => Ok(found.into_values().collect()),
    }
}

async fn of_root(core: &Core, workspace: &Workspace, listing: &Listing) -> Result<(Vec<Entry>, bool), FilesError> {
    let (root, _) = core.root_of(workspace)?;
    let (below, recursive, stop) = (listing.path.clone(), listing.recursive, Stop::after(core.config.search_time()));
    let _given_up = stop.on_drop();
    let walked = core.blocking(move || Ok(root.walk(below.as_ref(), recursive, MOST, &stop)?)).await?;
    let entry = |found: crate::Found| Entry {
        path: found.path,
        kind: found.kind,
        size: found.size,
        modified_at: Timestamp::from_millis(found.modified_ms),
    };
    Ok((walked.found.into_iter().map(entry).collect(), walked.truncated))
}
