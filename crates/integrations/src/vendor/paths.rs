//! Parts of addresses.

use std::fmt::Write as _;

/// One segment of a path, with everything encoded that could end it or change its meaning.
pub(crate) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // A write to a text does not fail.
            let _written = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// A path of several segments, each encoded, the slashes kept.
pub(crate) fn path(text: &str) -> String {
    text.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_naive_clients_is_encoded() {
        assert_eq!(path("docs/a b/c#d?e%f/é💩.md"), "docs/a%20b/c%23d%3Fe%25f/%C3%A9%F0%9F%92%A9.md");
        assert_eq!(segment("feature/x+y"), "feature%2Fx%2By");
    }
}
