use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

use crate::text::{Decoded, Reading, prefix};
use crate::{FilesError, Part, Stop, codes};

/// The largest file that is read as a whole to show a part of it.
pub(crate) const WHOLE: u64 = 16 << 20;
/// How much of a large file its encoding is judged by.
const JUDGED: u64 = 64 << 10;

/// A part of a file as text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) decoded: Decoded,
    pub(crate) first_line: Option<u64>,
    pub(crate) truncated: bool,
}

/// All bytes of a file; none: there are more than `most`, whatever its size was said to be.
pub(crate) fn all(file: File, size: u64, most: u64) -> io::Result<Option<Vec<u8>>> {
    if size > most {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// A part of bytes that are in memory.
pub(crate) fn of_bytes(bytes: &[u8], part: Part, most: u64) -> Result<Shown, FilesError> {
    let reading = Reading::of(bytes).ok_or(FilesError::Plain(&codes::BINARY))?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if let Part::Bytes(from, to) = part {
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
        let end = usize::try_from(to.saturating_add(1)).unwrap_or(usize::MAX).clamp(start, bytes.len());
        return Ok(cut(reading.decode(bytes.get(start..end).unwrap_or_default()), None, most));
    }
    let decoded = reading.decode(bytes);
    let (from, to) = match part {
        Part::Whole | Part::Bytes(..) => return Ok(cut(decoded, None, most)),
        Part::Lines(from, to) => (from, to),
        Part::Head(lines) => (1, lines),
        Part::Tail(lines) => {
            let total = decoded.text.lines().count() as u64;
            (total.saturating_sub(lines) + 1, total)
        }
    };
    let text = lines(&decoded.text, from, to).to_owned();
    Ok(cut(Decoded { text, ..decoded }, Some(from), most))
}

/// The lines from the one to the other, ends included.
fn lines(text: &str, from: u64, to: u64) -> &str {
    let end_of = |line: u64| match line {
        0 => 0,
        line => {
            let nth = usize::try_from(line - 1).unwrap_or(usize::MAX);
            text.match_indices('\n').nth(nth).map_or(text.len(), |(at, _)| at + 1)
        }
    };
    text.get(end_of(from.saturating_sub(1))..end_of(to).max(end_of(from.saturating_sub(1)))).unwrap_or_default()
}

fn cut(decoded: Decoded, first_line: Option<u64>, most: usize) -> Shown {
    let kept = prefix(&decoded.text, most);
    if kept.len() == decoded.text.len() {
        return Shown { decoded, first_line, truncated: false };
    }
    Shown { decoded: Decoded { text: kept.to_owned(), ..decoded }, first_line, truncated: true }
}

/// A part of a file that is not held in memory.
pub(crate) fn of_large(mut file: File, size: u64, part: Part, most: u64, stop: &Stop) -> Result<Shown, FilesError> {
    let mut judged = Vec::new();
    (&file).take(JUDGED).read_to_end(&mut judged)?;
    let reading = Reading::of(&judged).ok_or(FilesError::Plain(&codes::BINARY))?;
    let by_lines = !matches!(part, Part::Whole | Part::Bytes(..));
    if by_lines && !reading.has_byte_lines() {
        return Err(FilesError::told(
            &codes::TOO_LARGE,
            "Lines of a file this large can't be told in its encoding; ask for bytes.",
        ));
    }
    let (from, length) = match part {
        Part::Bytes(from, to) => (from, to.saturating_add(1).saturating_sub(from)),
        Part::Whole => (0, size),
        Part::Lines(from, to) => return large_lines(file, reading, (from, to), most, stop),
        Part::Head(lines) => return large_lines(file, reading, (1, lines), most, stop),
        Part::Tail(lines) => return large_tail(file, reading, size, lines, most),
    };
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(length.min(most)).read_to_end(&mut bytes)?;
    let truncated = length.min(size.saturating_sub(from)) > most;
    Ok(Shown { decoded: reading.decode(&bytes), first_line: None, truncated })
}

fn large_lines(mut file: File, reading: Reading, (from, to): (u64, u64), most: u64, stop: &Stop) -> Result<Shown, FilesError> {
    file.rewind()?;
    let mut reader = BufReader::with_capacity(256 << 10, file);
    let (mut line, mut bytes) = (1, Vec::new());
    let mut truncated = false;
    while line <= to && !truncated {
        if stop.is_set() {
            return Err(FilesError::told(&codes::TOO_LARGE, "The lines are too far into the file; ask for bytes."));
        }
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|byte| *byte == b'\n').map_or(buffer.len(), |at| at + 1);
        let ended = buffer.get(end.saturating_sub(1)) == Some(&b'\n');
        if line >= from {
            bytes.extend_from_slice(buffer.get(..end).unwrap_or_default());
            truncated = bytes.len() as u64 > most;
        }
        reader.consume(end);
        line += u64::from(ended);
    }
    bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(Shown { decoded: reading.decode(&bytes), first_line: Some(from), truncated })
}

fn large_tail(mut file: File, reading: Reading, size: u64, wanted: u64, most: u64) -> Result<Shown, FilesError> {
    file.seek(SeekFrom::Start(size.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let body = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let mut ends = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let nth = usize::try_from(wanted.max(1) - 1).unwrap_or(usize::MAX);
    let start = ends.clone().nth(nth);
    let truncated = start.is_none() && size > most;
    // Half a line at the beginning is left out, unless there is nothing else.
    let start = start.or_else(|| if truncated { ends.next_back() } else { None }).unwrap_or(0);
    Ok(Shown { decoded: reading.decode(bytes.get(start..).unwrap_or_default()), first_line: None, truncated })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn both(text: &str, part: Part) -> String {
        let small = of_bytes(text.as_bytes(), part, 1 << 20).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        let large = of_large(file, text.len() as u64, part, 1 << 20, &Stop::never()).unwrap();
        assert_eq!(small.decoded, large.decoded, "{part:?}");
        small.decoded.text
    }

    #[test]
    fn parts_of_small_and_large_files_are_the_same() {
        let text = "one\ntwo\nthree\nfour\nfünf";
        let cases = [
            (Part::Whole, text),
            (Part::Lines(2, 3), "two\nthree\n"),
            (Part::Lines(4, 99), "four\nfünf"),
            (Part::Lines(9, 12), ""),
            (Part::Head(1), "one\n"),
            (Part::Tail(2), "four\nfünf"),
            (Part::Tail(99), text),
            (Part::Bytes(0, 2), "one"),
            (Part::Bytes(4, 400), "two\nthree\nfour\nfünf"),
            (Part::Bytes(400, 500), ""),
        ];
        for (part, expected) in cases {
            assert_eq!(both(text, part), expected, "{part:?}");
        }
        assert_eq!(both("one\ntwo\n", Part::Tail(1)), "two\n");
    }

    #[test]
    fn an_answer_is_cut_between_characters_and_says_so() {
        let shown = of_bytes("aäb".as_bytes(), Part::Whole, 2).unwrap();
        assert_eq!((shown.decoded.text.as_str(), shown.truncated), ("a", true));
        assert!(matches!(of_bytes(b"a\0", Part::Whole, 9), Err(FilesError::Plain(code)) if *code == codes::BINARY));
    }
}
