use std::io::{self, Read};

use grep_matcher::Matcher as _;
use grep_regex::RegexMatcher;

use super::Hit;
use super::line::excerpt;
use crate::Stop;

/// How much is looked at in one go.
const WINDOW: usize = 1 << 20;
/// A match that begins this near to the end of what is read waits for more, and as much stays before what is looked at.
const OVERLAP: usize = 64 << 10;

/// Searches a file whose lines are too long to be held in memory: one hit a line, as elsewhere. A match over more than 64 KiB may be missed.
pub(super) fn search(file: &mut dyn Read, matcher: &RegexMatcher, path: &str, limit: usize, stop: &Stop) -> io::Result<Vec<Hit>> {
    let mut window = Window { bytes: Vec::with_capacity(WINDOW + OVERLAP), line: 1, line_start: 0, base: 0, ended: false };
    let mut hits = Vec::new();
    let mut at = 0;
    while hits.len() < limit && !stop.is_set() {
        window.fill(file)?;
        let safe = if window.ended { window.bytes.len() } else { window.bytes.len().saturating_sub(OVERLAP) };
        let found = matcher.find_at(&window.bytes, at).map_err(io::Error::other)?;
        match found.filter(|found| found.start() < safe || (window.ended && found.start() <= safe)) {
            Some(found) => {
                hits.push(window.hit(path, found.start()));
                at = match window.next_line(found.start()) {
                    Some(next) => next,
                    None => match skip_line(&mut window, file, stop)? {
                        Some(next) => next,
                        None => break,
                    },
                };
            }
            None if window.ended => break,
            None => at = at.max(safe),
        }
        at -= window.forget(at);
    }
    Ok(hits)
}

/// Reads on to the line after the one that reaches to the end of what is read.
fn skip_line(window: &mut Window, file: &mut dyn Read, stop: &Stop) -> io::Result<Option<usize>> {
    while !window.ended && !stop.is_set() {
        let end = window.bytes.len();
        let at = end - window.forget(end);
        window.fill(file)?;
        if let Some(next) = window.next_line(at) {
            return Ok(Some(next));
        }
    }
    Ok(None)
}

struct Window {
    bytes: Vec<u8>,
    /// The number of the line that `line_start` begins.
    line: u64,
    /// Where in the file the line begins that was counted last.
    line_start: u64,
    /// Where in the file the window begins.
    base: u64,
    ended: bool,
}

impl Window {
    fn fill(&mut self, file: &mut dyn Read) -> io::Result<()> {
        if self.ended || self.bytes.len() >= WINDOW {
            return Ok(());
        }
        let missing = (WINDOW + OVERLAP).saturating_sub(self.bytes.len()) as u64;
        let read = file.take(missing).read_to_end(&mut self.bytes)?;
        self.ended = read < usize::try_from(missing).unwrap_or(usize::MAX);
        Ok(())
    }

    /// Lets go of what lies well before `at`. Gives how many bytes.
    fn forget(&mut self, at: usize) -> usize {
        let gone = at.saturating_sub(OVERLAP);
        if gone < OVERLAP {
            return 0;
        }
        self.count_lines(gone);
        self.bytes.drain(..gone);
        self.base += gone as u64;
        gone
    }

    /// Counts the lines that begin before `to`.
    fn count_lines(&mut self, to: usize) {
        let from = usize::try_from(self.line_start.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let counted = self.bytes.get(from.min(to)..to).unwrap_or_default();
        for (at, byte) in counted.iter().enumerate() {
            if *byte == b'\n' {
                self.line += 1;
                self.line_start = self.base + (from.min(to) + at + 1) as u64;
            }
        }
    }

    fn hit(&mut self, path: &str, at: usize) -> Hit {
        self.count_lines(at);
        let column = self.base + at as u64 - self.line_start + 1;
        let start = usize::try_from(self.line_start.saturating_sub(self.base)).unwrap_or(0);
        let end = self.next_line(at).unwrap_or(self.bytes.len());
        let line = self.bytes.get(start.min(at)..end).unwrap_or_default();
        let (text, cut) = excerpt(line, at - start.min(at));
        let cut = cut || self.line_start < self.base;
        Hit { path: path.to_owned(), line: self.line, column, text, cut, before: Vec::new(), after: Vec::new(), section: None }
    }

    fn next_line(&self, from: usize) -> Option<usize> {
        let rest = self.bytes.get(from..)?;
        rest.iter().position(|byte| *byte == b'\n').map(|end| from + end + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SearchQuery;

    fn find(text: &[u8], pattern: &str) -> Vec<(u64, u64)> {
        let query = SearchQuery { regex: true, ..SearchQuery::literal(pattern) };
        let matcher = query.matcher().unwrap();
        let hits = search(&mut &text[..], &matcher, "x", 100, &Stop::never()).unwrap();
        hits.iter().map(|hit| (hit.line, hit.column)).collect()
    }

    #[test]
    fn lines_and_columns_are_right_wherever_the_windows_end() {
        for before in [0, 1, WINDOW - 3, WINDOW, WINDOW + OVERLAP - 3, 3 * WINDOW] {
            let mut text = vec![b'x'; before];
            text.extend_from_slice(b"needle needle");
            text.extend(vec![b'y'; 2 * WINDOW + 5]);
            text.extend_from_slice(b"\nsecond needle\nthird\nneedle");
            let expected = [(1, before as u64 + 1), (2, 8), (4, 1)];
            assert_eq!(find(&text, "needle"), expected, "{before}");
        }
        assert_eq!(find(b"", "x"), []);
        assert_eq!(find(b"a\nb\n", "^b$"), [(2, 1)]);
    }
}
