use std::collections::BTreeMap;

use aws_lc_rs::digest;
use core_kernel::hex;
use serde_json::{Value, json};

use super::app::GitHubApp;
use crate::limits::{Counted, Window};

/// Everything that GitHub holds.
#[derive(Debug)]
pub(crate) struct World {
    /// By `owner/name` in small letters.
    pub(crate) repositories: BTreeMap<String, Repository>,
    pub(crate) app: Option<GitHubApp>,
    pub(crate) remaining: i64,
    pub(crate) content_limit: Window,
    pub(crate) content: Counted,
    pub(crate) installation_tokens: usize,
}

impl World {
    /// The number of a new installation token.
    pub(crate) fn next_installation_token(&mut self) -> usize {
        self.installation_tokens += 1;
        self.installation_tokens
    }
}

impl Default for World {
    fn default() -> Self {
        Self {
            repositories: BTreeMap::new(),
            app: None,
            remaining: 5000,
            content_limit: Window { count: 80, millis: 60_000 },
            content: Counted::default(),
            installation_tokens: 0,
        }
    }
}

/// What a branch holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Branch {
    pub(crate) head: String,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// What its author wrote.
    pub body: String,
    /// From this branch.
    pub head: String,
    /// Into this one.
    pub base: String,
}

/// A repository.
#[derive(Debug)]
pub struct Repository {
    /// `owner/name`.
    pub full_name: String,
    /// False: tokens may read only.
    pub writable: bool,
    /// True: push protection refuses every write.
    pub protected: bool,
    /// Issues by number: title and body.
    pub issues: BTreeMap<u64, (String, String)>,
    /// Paths that are no files: `dir`, `symlink` or `submodule`.
    pub odd_paths: BTreeMap<String, &'static str>,
    pub(crate) branches: BTreeMap<String, Branch>,
    pub(crate) pulls: Vec<Pull>,
    pub(crate) commits: usize,
}

/// The id of a blob: SHA-1 over `blob <length> NUL` and the bytes.
pub(crate) fn blob_sha(bytes: &[u8]) -> String {
    let whole = [format!("blob {}\0", bytes.len()).as_bytes(), bytes].concat();
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &whole).as_ref())
}

impl Repository {
    pub(crate) fn new(full_name: &str) -> Self {
        let main = Branch { head: commit_sha(full_name, 0), files: BTreeMap::new() };
        Self {
            full_name: full_name.to_owned(),
            writable: true,
            protected: false,
            issues: BTreeMap::new(),
            odd_paths: BTreeMap::new(),
            branches: BTreeMap::from([("main".to_owned(), main)]),
            pulls: Vec::new(),
            commits: 0,
        }
    }

    /// Commits a file as somebody else would.
    pub fn put(&mut self, branch: &str, path: &str, bytes: &[u8]) {
        self.commit(branch, path, bytes);
    }

    /// The bytes of a file.
    pub fn file(&self, branch: &str, path: &str) -> Option<Vec<u8>> {
        self.branches.get(branch)?.files.get(path).cloned()
    }

    /// How many commits were made since the first.
    pub fn commits(&self) -> usize {
        self.commits
    }

    /// The names of its branches.
    pub fn branches(&self) -> Vec<String> {
        self.branches.keys().cloned().collect()
    }

    /// Its pull requests.
    pub fn pulls(&self) -> Vec<Pull> {
        self.pulls.clone()
    }

    pub(crate) fn commit(&mut self, branch: &str, path: &str, bytes: &[u8]) -> String {
        self.commits += 1;
        let sha = commit_sha(&self.full_name, self.commits);
        let branch = self.branches.entry(branch.to_owned()).or_default();
        branch.files.insert(path.to_owned(), bytes.to_vec());
        branch.head.clone_from(&sha);
        sha
    }

    pub(crate) fn view(&self, base: &str) -> Value {
        let (owner, name) = self.full_name.split_once('/').unwrap_or_default();
        json!({
            "id": 1, "name": name, "full_name": self.full_name, "private": true, "owner": {"login": owner},
            "html_url": format!("{base}/{}", self.full_name), "default_branch": "main",
            "permissions": {"pull": true, "push": self.writable, "admin": false},
        })
    }
}

fn commit_sha(name: &str, number: usize) -> String {
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, format!("{name} {number}").as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    // What `printf hello | git hash-object --stdin` prints.
    #[test]
    fn a_blob_has_the_id_that_git_gives_it() {
        assert_eq!(blob_sha(b"hello"), "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
    }
}
