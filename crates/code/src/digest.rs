use aws_lc_rs::digest;
use core_kernel::hex;

use crate::Lines;

/// The SHA-256 of bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Some lines of a source, ends included.
pub(crate) fn lines_of(source: &str, lines: Lines) -> Option<&str> {
    let start = nth_line(source, lines.start.checked_sub(1)?)?;
    let end = nth_line(source, lines.end).unwrap_or(source.len());
    source.get(start..end)
}

/// Where a line begins, counted from 0; none: there are fewer.
fn nth_line(source: &str, line: u32) -> Option<usize> {
    if line == 0 {
        return Some(0);
    }
    let (at, _) = source.match_indices('\n').nth(line as usize - 1)?;
    (at + 1 < source.len()).then_some(at + 1)
}

/// The SHA-256 of some lines as they are, by which anybody can tell whether they have changed since.
pub fn sha256_of_lines(source: &str, lines: Lines) -> String {
    sha256(lines_of(source, lines).unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_with_their_ends() {
        let of = |start, end| lines_of("a\nb\nc", Lines { start, end });
        assert_eq!((of(1, 1), of(2, 3), of(3, 9), of(4, 4), of(0, 1)), (Some("a\n"), Some("b\nc"), Some("c"), None, None));
    }
}
