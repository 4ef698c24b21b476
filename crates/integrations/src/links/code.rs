//! Which parts of a Markdown text are code.

use std::collections::HashMap;
use std::ops::Range;

/// The fenced blocks and code spans of a text, in order, without overlaps.
pub(super) fn ranges(text: &str) -> Vec<Range<usize>> {
    let mut code = Vec::new();
    let mut paragraph = Vec::new();
    let mut fence: Option<Fence> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let content = line.trim_start_matches([' ', '\t', '>']).trim_end();
        match &fence {
            Some(open) if open.is_closed_by(content) => {
                code.push(open.start..end);
                fence = None;
            }
            Some(_) => {}
            None => match Fence::open(content, start) {
                Some(open) => {
                    spans(&std::mem::take(&mut paragraph), &mut code);
                    fence = Some(open);
                }
                None if content.is_empty() => spans(&std::mem::take(&mut paragraph), &mut code),
                None => runs(line, start, &mut paragraph),
            },
        }
        start = end;
    }
    spans(&paragraph, &mut code);
    // A fence that is never closed goes to the end.
    code.extend(fence.map(|open| open.start..text.len()));
    code
}

struct Fence {
    mark: char,
    length: usize,
    start: usize,
}

impl Fence {
    fn open(content: &str, start: usize) -> Option<Self> {
        let mark = content.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let info = content.trim_start_matches(mark);
        let length = content.len() - info.len();
        // Three backticks and more of them later on the line are a code span.
        (length >= 3 && !(mark == '`' && info.contains('`'))).then_some(Self { mark, length, start })
    }

    fn is_closed_by(&self, content: &str) -> bool {
        content.len() >= self.length && content.chars().all(|mark| mark == self.mark)
    }
}

/// The runs of backticks of a line: where each begins, and how long it is.
fn runs(line: &str, offset: usize, found: &mut Vec<(usize, usize)>) {
    let mut run = 0;
    for (index, byte) in line.bytes().enumerate() {
        if byte == b'`' {
            run += 1;
        } else if run > 0 {
            found.push((offset + index - run, run));
            run = 0;
        }
    }
    if run > 0 {
        found.push((offset + line.len() - run, run));
    }
}

/// Pairs runs of the same length within a paragraph: what is between two of them is code. One look from the end tells each run its
/// partner, so the time is linear whatever the lengths are.
fn spans(runs: &[(usize, usize)], code: &mut Vec<Range<usize>>) {
    let mut next_of: HashMap<usize, usize> = HashMap::new();
    let mut partner = vec![None; runs.len()];
    for (index, (_, length)) in runs.iter().enumerate().rev() {
        if let Some(slot) = partner.get_mut(index) {
            *slot = next_of.insert(*length, index);
        }
    }
    let mut index = 0;
    while let (Some((start, _)), Some(found)) = (runs.get(index), partner.get(index)) {
        match found.and_then(|closing| Some((closing, runs.get(closing)?))) {
            Some((closing, (end, length))) => {
                code.push(*start..end + length);
                index = closing + 1;
            }
            None => index += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<&str> {
        ranges(text).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn spans_close_with_as_many_backticks_within_their_paragraph() {
        assert_eq!(code("a `b` c ``d ` e`` f"), ["`b`", "``d ` e``"]);
        assert_eq!(code("a `b\n\nc` d"), [""; 0]);
        assert_eq!(code("a ``` b `c`"), ["`c`"]);
        assert_eq!(code("a `b\nc` d"), ["`b\nc`"]);
    }

    #[test]
    fn fences_close_with_their_own_mark_or_never() {
        assert_eq!(code("x\n```rust\nlet a = `b`;\n```\ny `z`"), ["```rust\nlet a = `b`;\n```\n", "`z`"]);
        assert_eq!(code("~~~\n```\n~~~~\nx"), ["~~~\n```\n~~~~\n"]);
        assert_eq!(code("> ```\n> x\n> ```\ny"), ["> ```\n> x\n> ```\n"]);
        assert_eq!(code("a\n```\nb"), ["```\nb"]);
        assert_eq!(code("```a``` b"), ["```a```"]);
    }
}
