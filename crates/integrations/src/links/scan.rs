//! Where in a text links may be. One walk from left to right; what looks back or ahead does so over a bounded stretch or consumes it.

use std::ops::Range;

use super::address::Address;
use super::model::{Link, LinkOptions, Span};
use super::{MOST_LINKS, code, github, jira, notion, shorthand};

/// Longer addresses are none of ours.
const LONGEST: usize = 8 * 1024;
/// Schemes whose content is no text of links, whatever addresses are in it.
const OPAQUE: [&str; 7] = ["javascript", "vbscript", "data", "file", "blob", "about", "view-source"];

pub(super) fn links(text: &str, options: &LinkOptions) -> Vec<Link> {
    let code = if options.include_code { Vec::new() } else { code::ranges(text) };
    let mut found = Vec::new();
    let mut start = 0;
    for gap in code {
        walk(text, start..gap.start, options, &mut found);
        start = gap.end;
    }
    walk(text, start..text.len(), options, &mut found);
    found
}

/// Looks at every byte that a link turns on.
fn walk(text: &str, range: Range<usize>, options: &LinkOptions, found: &mut Vec<Link>) {
    let Some(part) = text.get(range.clone()) else { return };
    let mut free = 0;
    let mut at = 0;
    while let Some(step) = part.as_bytes().get(at..).and_then(|rest| rest.iter().position(|byte| b":@#-".contains(byte))) {
        at += step;
        if found.len() >= MOST_LINKS {
            return;
        }
        let view = View { part, free, at };
        let before = at.checked_sub(1).and_then(|before| part.as_bytes().get(before));
        let hit = match part.as_bytes().get(at) {
            Some(b'#') => shorthand::number(&view, options),
            // The others end a word.
            _ if !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(byte)) => None,
            Some(b':') => view.address(options),
            Some(b'@') => shorthand::clone(&view, options).or_else(|| shorthand::commit(&view)),
            _ => shorthand::key(&view, options),
        };
        at += 1;
        if let Some(Hit { end, link }) = hit {
            if let Some(mut link) = link {
                link.span = Span { start: range.start + link.span.start, end: range.start + link.span.end };
                found.push(link);
            }
            free = end;
            at = at.max(end);
        }
    }
}

/// Something was found; what is before `end` is used up, a link or not.
pub(super) struct Hit {
    pub(super) end: usize,
    pub(super) link: Option<Link>,
}

/// A place in a part of the text.
pub(super) struct View<'a> {
    pub(super) part: &'a str,
    /// What is before is used up.
    free: usize,
    /// The byte that something turns on.
    pub(super) at: usize,
}

impl<'a> View<'a> {
    /// The same part at another place.
    pub(super) fn moved_to(&self, at: usize) -> Self {
        View { part: self.part, free: self.free, at }
    }

    /// The characters before the place that satisfy `takes`, at most `most`.
    pub(super) fn before(&self, most: usize, takes: impl Fn(u8) -> bool) -> &'a str {
        let bytes = self.part.as_bytes().get(self.free..self.at).unwrap_or_default();
        let length = bytes.iter().rev().take(most).take_while(|byte| takes(**byte)).count();
        self.part.get(self.at - length..self.at).unwrap_or_default()
    }

    /// The characters after the place that satisfy `takes`, at most `most`.
    pub(super) fn after(&self, most: usize, takes: impl Fn(u8) -> bool) -> &'a str {
        let from = self.at + 1;
        let bytes = self.part.as_bytes().get(from..).unwrap_or_default();
        let length = bytes.iter().take(most).take_while(|byte| takes(**byte)).count();
        self.part.get(from..from + length).unwrap_or_default()
    }

    /// True when a word can begin or end beside this byte.
    pub(super) fn is_border(&self, index: Option<usize>) -> bool {
        let byte = index.and_then(|index| self.part.as_bytes().get(index));
        byte.is_none_or(|byte| !(byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"_-/.@#".contains(byte)))
    }

    /// An address with a scheme. Whatever its scheme and host are, it is used up: an address in its query is data.
    fn address(&self, options: &LinkOptions) -> Option<Hit> {
        let scheme = self.before(20, |byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
        if OPAQUE.iter().any(|opaque| scheme.eq_ignore_ascii_case(opaque)) {
            return Some(Hit { end: self.blank(), link: None });
        }
        if scheme.is_empty() || !self.part.get(self.at..)?.starts_with("://") {
            return None;
        }
        let start = self.at - scheme.len();
        let end = self.end_of_address();
        let text = trimmed(self.part.get(start..end)?);
        let span = Span { start, end: start + text.len() };
        let link = (text.len() <= LONGEST).then(|| Address::parse(text)).flatten().and_then(|address| {
            let found = github::read(&address, options).or_else(|| notion::read(&address, options));
            found.or_else(|| jira::read(&address, options))
        });
        Some(Hit { end, link: link.map(|link| Link { span, ..link }) })
    }

    /// The next white space.
    fn blank(&self) -> usize {
        let rest = self.part.get(self.at..).unwrap_or_default();
        rest.find(char::is_whitespace).map_or(self.part.len(), |length| self.at + length)
    }

    /// Addresses end at white space, at what they can't contain, at the brackets that they stand in, and at the punctuation of scripts
    /// that put no space after it.
    fn end_of_address(&self) -> usize {
        let rest = self.part.get(self.at..).unwrap_or_default();
        let (mut round, mut square) = (0_u32, 0_u32);
        for (index, c) in rest.char_indices() {
            let over = match c {
                '(' => {
                    round += 1;
                    false
                }
                '[' => {
                    square += 1;
                    false
                }
                ')' => lower(&mut round),
                ']' => lower(&mut square),
                '<' | '>' | '"' | '`' | '\\' | '{' | '}' | '|' | '^' => true,
                _ => c.is_whitespace() || c.is_control() || is_wide_punctuation(c),
            };
            if over {
                return self.at + index;
            }
        }
        self.part.len()
    }
}

fn is_wide_punctuation(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff1f}')
}

/// True when there was none to close.
fn lower(depth: &mut u32) -> bool {
    match depth.checked_sub(1) {
        Some(less) => {
            *depth = less;
            false
        }
        None => true,
    }
}

/// Without what belongs to the sentence around it.
fn trimmed(text: &str) -> &str {
    text.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '"', '*', '~', '(', '['])
}
