use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilesConfig {
    /// Directories that workspaces may be made of: `name=/path`, read-only, or `name=/path:rw`.
    pub roots: Vec<String>,
    /// The most files of a stored workspace.
    pub max_files: u64,
    /// The most bytes of a stored workspace.
    pub max_workspace_bytes: u64,
    /// The most bytes of a file that is stored.
    pub max_file_bytes: u64,
    /// The most workspaces of a space.
    pub max_workspaces: u64,
    /// The most bytes of an archive that is uploaded.
    pub max_archive_bytes: u64,
    /// How many times larger than the archive its contents may be.
    pub max_archive_ratio: u64,
    /// The most bytes of text in an answer.
    pub max_text_bytes: u64,
    /// How long a search may take, in seconds.
    pub search_seconds: u64,
    /// Searches at the same time; more wait.
    pub search_concurrency: usize,
    /// Threads of a search; 0: as many as there are cores, at most 8.
    pub search_threads: usize,
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            max_files: 20_000,
            max_workspace_bytes: 1 << 30,
            max_file_bytes: 10 << 20,
            max_workspaces: 100,
            max_archive_bytes: 64 << 20,
            max_archive_ratio: 200,
            max_text_bytes: 1 << 20,
            search_seconds: 20,
            search_concurrency: 4,
            search_threads: 0,
        }
    }
}

/// A directory that the operator allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedRoot {
    /// What workspaces call it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Files in it may be written.
    pub writable: bool,
}

impl FilesConfig {
    /// Every setting that makes no sense, as key and reason.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.allowed_roots().len() < self.roots.len() {
            problems.push(("roots", "must be entries such as `project=/srv/project` or `project=/srv/project:rw`".to_owned()));
        }
        let mut within = |key, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                problems.push((key, format!("must be {least} to {most}")));
            }
        };
        within("max_files", self.max_files, 1, 1_000_000);
        within("max_workspace_bytes", self.max_workspace_bytes, 1 << 10, 1 << 40);
        within("max_file_bytes", self.max_file_bytes, 1 << 10, 10 << 20);
        within("max_workspaces", self.max_workspaces, 1, 100_000);
        within("max_archive_bytes", self.max_archive_bytes, 1 << 10, 1 << 30);
        within("max_archive_ratio", self.max_archive_ratio, 1, 1000);
        within("max_text_bytes", self.max_text_bytes, 1 << 10, 16 << 20);
        within("search_seconds", self.search_seconds, 1, 25);
        within("search_concurrency", self.search_concurrency as u64, 1, 256);
        within("search_threads", self.search_threads as u64, 0, 64);
        problems
    }

    /// The directories in `roots`; what does not read as one is left out.
    pub fn allowed_roots(&self) -> Vec<AllowedRoot> {
        let read = |entry: &String| {
            let (name, path) = entry.split_once('=')?;
            let (path, writable) = path.strip_suffix(":rw").map_or((path, false), |path| (path, true));
            let good =
                !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
            let path = PathBuf::from(path);
            (good && path.is_absolute()).then(|| AllowedRoot { name: name.to_owned(), path, writable })
        };
        self.roots.iter().filter_map(read).collect()
    }

    pub(crate) fn search_time(&self) -> Duration {
        Duration::from_secs(self.search_seconds)
    }

    pub(crate) fn threads(&self) -> usize {
        match self.search_threads {
            0 => std::thread::available_parallelism().map_or(2, usize::from).min(8),
            chosen => chosen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_read_only_unless_they_are_marked() {
        let config = FilesConfig { roots: vec!["a=/srv/a".into(), "b=/srv/b:rw".into()], ..FilesConfig::default() };
        let roots = config.allowed_roots();
        let seen: Vec<_> = roots.iter().map(|root| (root.name.as_str(), root.path.to_str().unwrap(), root.writable)).collect();
        assert_eq!(seen, [("a", "/srv/a", false), ("b", "/srv/b", true)]);
        assert!(config.validate().is_empty());
        for wrong in ["/srv/a", "a=srv", "=/srv", "a b=/srv"] {
            let config = FilesConfig { roots: vec![wrong.into()], max_files: 0, ..FilesConfig::default() };
            let keys: Vec<_> = config.validate().into_iter().map(|(key, _)| key).collect();
            assert_eq!(keys, ["roots", "max_files"], "{wrong}");
        }
    }
}
