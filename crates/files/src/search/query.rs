use core_kernel::FieldError;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use ignore::overrides::{Override, OverrideBuilder};

use crate::{FilesError, RelPath};

/// What upper and lower case mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    /// They differ.
    #[default]
    Sensitive,
    /// They are the same.
    Insensitive,
    /// They are the same while the pattern has no upper case.
    Smart,
}

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// The text, or the regular expression.
    pub pattern: String,
    /// `pattern` is a regular expression (syntax of the `regex` crate).
    pub regex: bool,
    /// Upper and lower case.
    pub case: Case,
    /// Whole words only.
    pub word: bool,
    /// Which files, in the syntax of `.gitignore`; `!` leaves out.
    pub globs: Vec<String>,
    /// Below this directory, or in this file.
    pub below: Option<RelPath>,
    /// Lines before and after each hit.
    pub context: usize,
    /// Files whose name begins with a dot too.
    pub hidden: bool,
    /// Files that `.gitignore` and `.ignore` name too.
    pub ignored: bool,
    /// The most hits.
    pub limit: usize,
    /// With the function or class around each hit.
    pub sections: bool,
}

impl SearchQuery {
    /// The most hits that may be asked for.
    pub const MAX_LIMIT: usize = 50_000;
    const MAX_CONTEXT: usize = 20;
    const MAX_PATTERN: usize = 4096;
    const MAX_GLOBS: usize = 20;

    /// A search for this text, for the first thousand hits.
    pub fn literal(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), limit: 1000, ..Self::default() }
    }

    /// Reads the pattern.
    pub(super) fn matcher(&self) -> Result<RegexMatcher, FilesError> {
        let mut fields = Vec::new();
        let mut add = |pointer: &str, text: &str| fields.push(FieldError::new(pointer, "out_of_range", text));
        if self.pattern.is_empty() || self.pattern.len() > Self::MAX_PATTERN {
            add("/q", "1 to 4096 bytes");
        }
        if !(1..=Self::MAX_LIMIT).contains(&self.limit) {
            add("/limit", "1 to 50000");
        }
        if self.context > Self::MAX_CONTEXT {
            add("/context", "0 to 20");
        }
        if self.globs.len() > Self::MAX_GLOBS || self.globs.iter().any(|glob| glob.len() > 255 || glob.is_empty()) {
            add("/glob", "at most 20, each of 1 to 255 bytes");
        }
        if !fields.is_empty() {
            return Err(FilesError::Invalid(fields));
        }
        let mut builder = RegexMatcherBuilder::new();
        builder
            .multi_line(true)
            .fixed_strings(!self.regex)
            .case_insensitive(self.case == Case::Insensitive)
            .case_smart(self.case == Case::Smart)
            .word(self.word)
            .line_terminator(Some(b'\n'))
            // What a pattern may cost before it is refused, whoever wrote it.
            .size_limit(4 << 20)
            .dfa_size_limit(8 << 20)
            .nest_limit(100);
        builder.build(&self.pattern).map_err(|error| {
            let text: String = error.to_string().chars().take(300).collect();
            FilesError::field("/q", "invalid_pattern", text)
        })
    }

    /// Reads the globs.
    pub(crate) fn overrides(&self, root: &std::path::Path) -> Result<Override, FilesError> {
        let mut builder = OverrideBuilder::new(root);
        let broken = |error: ignore::Error| FilesError::field("/glob", "invalid_glob", error.to_string());
        for glob in &self.globs {
            builder.add(glob).map_err(broken)?;
        }
        builder.build().map_err(broken)
    }
}
