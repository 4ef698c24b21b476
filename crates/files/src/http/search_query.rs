use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::views::directory;
use crate::{Case, FilesError, SearchQuery};

/// What is searched for.
#[derive(Default, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchRequest {
    /// The text, or with `regex` the regular expression.
    #[param(example = "fn main")]
    #[schema(example = "fn main")]
    pub(super) q: String,
    /// True: `q` is a regular expression.
    #[serde(default)]
    pub(super) regex: Option<bool>,
    /// `sensitive` (the default), `insensitive`, or `smart`: insensitive while `q` has no upper case.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    #[schema(value_type = Option<String>)]
    pub(super) case: Option<CaseWord>,
    /// True: whole words only.
    #[serde(default)]
    pub(super) word: Option<bool>,
    /// Which files, as in `.gitignore`; several are separated by commas, `!` leaves out.
    #[serde(default)]
    #[param(example = "*.rs,!target")]
    #[schema(example = "*.rs,!target")]
    pub(super) glob: Option<String>,
    /// Below this directory, or in this file.
    #[serde(default)]
    pub(super) path: Option<String>,
    /// Lines before and after each match, 0 to 20.
    #[serde(default)]
    pub(super) context: Option<usize>,
    /// True: with the function or class around each match.
    #[serde(default)]
    pub(super) sections: Option<bool>,
    /// True: files whose name begins with a dot too.
    #[serde(default)]
    pub(super) hidden: Option<bool>,
    /// True: files that `.gitignore` and `.ignore` name too.
    #[serde(default)]
    pub(super) ignored: Option<bool>,
    /// The most matches, 1 to 50000; 200 where it is absent.
    #[serde(default)]
    pub(super) limit: Option<usize>,
}

/// Words for upper and lower case.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CaseWord {
    #[serde(alias = "true")]
    Sensitive,
    #[serde(alias = "false")]
    Insensitive,
    Smart,
}

/// Matches where a request says nothing.
const LIMIT: usize = 200;

impl TryFrom<SearchRequest> for SearchQuery {
    type Error = FilesError;

    fn try_from(request: SearchRequest) -> Result<Self, FilesError> {
        let globs = request.glob.as_deref().map(split_globs).unwrap_or_default();
        Ok(Self {
            pattern: request.q,
            regex: request.regex.unwrap_or(false),
            case: match request.case {
                None | Some(CaseWord::Sensitive) => Case::Sensitive,
                Some(CaseWord::Insensitive) => Case::Insensitive,
                Some(CaseWord::Smart) => Case::Smart,
            },
            word: request.word.unwrap_or(false),
            globs,
            below: directory("/path", request.path.as_deref())?,
            context: request.context.unwrap_or(0),
            hidden: request.hidden.unwrap_or(false),
            ignored: request.ignored.unwrap_or(false),
            limit: request.limit.unwrap_or(LIMIT),
            sections: request.sections.unwrap_or(false),
        })
    }
}

/// Commas separate globs, but not those in braces.
fn split_globs(text: &str) -> Vec<String> {
    let (mut globs, mut depth) = (vec![String::new()], 0_usize);
    for letter in text.chars() {
        match letter {
            ',' if depth == 0 => globs.push(String::new()),
            _ => {
                depth = match letter {
                    '{' => depth + 1,
                    '}' => depth.saturating_sub(1),
                    _ => depth,
                };
                if let Some(last) = globs.last_mut() {
                    last.push(letter);
                }
            }
        }
    }
    globs.into_iter().map(|glob| glob.trim().to_owned()).filter(|glob| !glob.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_globs_but_not_within_braces() {
        assert_eq!(split_globs("*.{rs,toml}, !target ,,a"), ["*.{rs,toml}", "!target", "a"]);
    }
}
