use std::sync::OnceLock;

use regex::Regex;

use crate::map::Citation;
use crate::{Lines, sha256_of_lines};

/// Places that a text names, told apart by whether they are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) citations: Vec<Citation>,
    pub(crate) unverified: Vec<String>,
}

/// `src/a.rs:10-40`, `src/a.rs:10`, `lines 10-40`, `line 10`, `L10-L40`.
fn form() -> Option<&'static Regex> {
    static READ: OnceLock<Option<Regex>> = OnceLock::new();
    let form = r"(?i)(?:([\w./@+-]+\.[a-z0-9]{1,8}):|\blines?\s+|\bL)(\d{1,7})(?:\s*(?:-|–|to|:)\s*L?(\d{1,7}))?";
    READ.get_or_init(|| Regex::new(form).ok()).as_ref()
}

/// Checks every place that an answer names against the source that was sent: the file must be that one, and the lines must be there.
pub(crate) fn check(answer: &str, path: Option<&str>, source: &str) -> Checked {
    let last = u32::try_from(source.lines().count()).unwrap_or(u32::MAX);
    let mut checked = Checked::default();
    let Some(form) = form() else { return checked };
    for groups in form.captures_iter(answer) {
        let number = |group: usize| groups.get(group).and_then(|found| found.as_str().parse::<u32>().ok());
        let Some(start) = number(2) else { continue };
        let lines = Lines { start, end: number(3).unwrap_or(start) };
        let named = groups.get(1).map(|found| found.as_str().trim_start_matches("./"));
        let same_file = match (named, path) {
            (Some(named), Some(path)) => named == path || path.ends_with(&format!("/{named}")),
            // Lines alone, or source without a name: whatever the model calls it.
            (None, _) | (Some(_), None) => true,
        };
        if same_file && start >= 1 && lines.start <= lines.end && lines.end <= last {
            checked.citations.push(Citation { path: path.map(str::to_owned), lines, sha256: sha256_of_lines(source, lines) });
        } else {
            let place = groups.get(0).map(|found| found.as_str().to_owned()).unwrap_or_default();
            checked.unverified.push(place);
        }
    }
    checked.citations.sort_by_key(|citation| citation.lines);
    checked.citations.dedup();
    checked.unverified.sort();
    checked.unverified.dedup();
    checked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_that_are_there_are_citations() {
        let source = "one\ntwo\nthree\nfour\n";
        let answer = "See src/a.rs:1-2 and a.rs:3, lines 2-4, line 9, other.rs:1, L4, lines 3-2.";
        let checked = check(answer, Some("src/a.rs"), source);
        let lines: Vec<String> = checked.citations.iter().map(|citation| citation.lines.to_string()).collect();
        assert_eq!(lines, ["1-2", "2-4", "3-3", "4-4"]);
        assert_eq!(checked.unverified, ["line 9", "lines 3-2", "other.rs:1"]);
        assert_eq!(checked.citations[0].sha256, crate::digest::sha256(b"one\ntwo\n"));
    }
}
