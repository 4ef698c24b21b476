/// The most bytes of a line that an answer holds.
pub(super) const MAX_LINE: usize = 1000;

/// A line without its end, as text.
pub(super) fn shown(line: &[u8]) -> String {
    let line = without_end(line);
    let kept = line.get(..MAX_LINE).unwrap_or(line);
    // A character may be cut in two here; its half is of no use.
    if kept.len() == line.len() { lossy(kept) } else { lossy(whole_characters(kept)) }
}

/// The line, or the part of a long one around the byte `at`; true when it is a part.
pub(super) fn excerpt(line: &[u8], at: usize) -> (String, bool) {
    let line = without_end(line);
    if line.len() <= MAX_LINE {
        return (lossy(line), false);
    }
    let from = at.saturating_sub(MAX_LINE / 4).min(line.len().saturating_sub(MAX_LINE));
    let from = (from..line.len()).take(4).find(|at| line.get(*at).is_some_and(|byte| byte & 0xc0 != 0x80)).unwrap_or(from);
    let part = line.get(from..(from + MAX_LINE).min(line.len())).unwrap_or_default();
    (lossy(whole_characters(part)), true)
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn whole_characters(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => bytes.get(..error.valid_up_to()).unwrap_or(bytes),
        _ => bytes,
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_shown_around_its_match_in_whole_characters() {
        let line = format!("{}needle{}\r\n", "ä".repeat(3000), "ö".repeat(3000));
        let at = line.find("needle").unwrap();
        let (text, cut) = excerpt(line.as_bytes(), at);
        assert!(cut && text.contains("needle") && text.len() <= MAX_LINE && !text.contains('\u{fffd}'), "{text}");
        assert_eq!(excerpt(b"short\r\n", 2), ("short".to_owned(), false));
        assert!(shown(line.as_bytes()).chars().all(|c| c == 'ä'));
    }
}
