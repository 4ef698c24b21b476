use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use content_inspector::ContentType;
use encoding_rs::{Encoding, UTF_8};

/// Bytes as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// The name of its encoding (WHATWG), `UTF-8` say; a guess where the bytes do not tell.
    pub encoding: &'static str,
    /// Some bytes had no meaning and stand as U+FFFD.
    pub lossy: bool,
}

/// How bytes are to be read, judged by a part of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading(&'static Encoding);

impl Reading {
    /// Judges; none: no text. A byte order mark decides, then validity as UTF-8, then a guess by frequencies.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if let Some((encoding, _)) = Encoding::for_bom(bytes) {
            return Some(Self(encoding));
        }
        if content_inspector::inspect(bytes) == ContentType::BINARY || bytes.contains(&0) {
            return None;
        }
        let cut_short = |error: std::str::Utf8Error| error.error_len().is_none();
        match std::str::from_utf8(bytes) {
            Ok(_) => return Some(Self(UTF_8)),
            Err(error) if cut_short(error) => return Some(Self(UTF_8)),
            Err(_) => {}
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        let guess = Self(detector.guess(None, Utf8Detection::Deny));
        // Text has no control characters but those of layout; compressed data has them all over.
        let controls = bytes.iter().filter(|byte| byte.is_ascii_control() && !b"\t\n\r\x0c\x1b".contains(byte)).count();
        (controls * 200 <= bytes.len()).then_some(guess)
    }

    /// Lines can be told in the bytes themselves.
    pub(crate) fn has_byte_lines(self) -> bool {
        self.0.is_ascii_compatible()
    }

    /// Reads the bytes.
    pub(crate) fn decode(self, bytes: &[u8]) -> Decoded {
        let (text, _) = self.0.decode_with_bom_removal(bytes);
        let lossy = text.contains('\u{fffd}') && !has_replacement(bytes, self.0);
        Decoded { text: text.into_owned(), encoding: self.0.name(), lossy }
    }
}

/// U+FFFD is in the bytes as itself.
fn has_replacement(bytes: &[u8], encoding: &'static Encoding) -> bool {
    encoding == UTF_8 && std::str::from_utf8(bytes).is_ok()
}

/// The whole of a text; none: it is no text.
pub fn decode(bytes: &[u8]) -> Option<Decoded> {
    Reading::of(bytes).map(|reading| reading.decode(bytes))
}

/// The part of `text` that has at most so many bytes, ending between characters.
pub(crate) fn prefix(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart_and_reported() {
        let cases: [(&[u8], &str, &str, bool); 5] = [
            ("grün\n".as_bytes(), "grün\n", "UTF-8", false),
            (b"\xef\xbb\xbfmark", "mark", "UTF-8", false),
            (b"\xff\xfeh\0i\0", "hi", "UTF-16LE", false),
            (b"\xfe\xff\0h\0i", "hi", "UTF-16BE", false),
            (
                b"Z\xfcrich ist sch\xf6n, die Stra\xdfe ist gr\xfcn",
                "Zürich ist schön, die Straße ist grün",
                "windows-1252",
                false,
            ),
        ];
        for (bytes, text, encoding, lossy) in cases {
            let found = decode(bytes).unwrap();
            assert_eq!((found.text.as_str(), found.encoding, found.lossy), (text, encoding, lossy));
        }
        assert!(decode(b"\xff\xfeh\0i").unwrap().lossy);
    }

    #[test]
    fn what_is_no_text_is_said_to_be_none() {
        for bytes in [&b"a\0b"[..], b"\x89PNG\r\n\x1a\n\0\0", b"%PDF-1.7\n", &[1, 2, 3, 0xfe, 0x90, 0x81, 4, 5, 6]] {
            assert_eq!(decode(bytes), None);
        }
        assert_eq!(decode(b"").unwrap().text, "");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!((prefix("aäb", 2), prefix("aäb", 3), prefix("a", 9)), ("a", "aä", "a"));
    }
}
