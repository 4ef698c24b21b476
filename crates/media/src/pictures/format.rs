use image::ImageFormat;
use serde::{Deserialize, Serialize};

use super::Refusal;

/// The formats that are decoded and served. No other decoder is compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JPEG; served progressive.
    Jpeg,
    /// PNG.
    Png,
    /// WebP; served lossless.
    Webp,
    /// GIF, animated.
    Gif,
    /// AVIF; served only.
    Avif,
}

impl Format {
    /// The media type.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Avif => "image/avif",
        }
    }

    /// The stored word, and the ending of a file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Avif => "avif",
        }
    }

    /// From the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp, Self::Gif, Self::Avif].into_iter().find(|format| format.as_str() == text)
    }

    pub(crate) const fn decoder(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::Webp => ImageFormat::WebP,
            Self::Gif => ImageFormat::Gif,
            // Not compiled in, so whoever asks is refused.
            Self::Avif => ImageFormat::Avif,
        }
    }

    /// What the content is, by its first bytes, and whether the request says the same.
    pub(crate) fn sniff(bytes: &[u8], declared: Option<&str>) -> Result<Self, Refusal> {
        let found = match image::guess_format(bytes) {
            Ok(ImageFormat::Jpeg) => Self::Jpeg,
            Ok(ImageFormat::Png) => Self::Png,
            Ok(ImageFormat::WebP) => Self::Webp,
            Ok(ImageFormat::Gif) => Self::Gif,
            _ => return Err(stranger(bytes)),
        };
        match declared {
            // Clients that do not know say so.
            None | Some("application/octet-stream" | "") => Ok(found),
            Some(declared) if declared == found.mime() || (declared == "image/jpg" && found == Self::Jpeg) => Ok(found),
            Some(declared) => Err(Refusal::Mismatch { declared: declared.to_owned(), found: found.mime() }),
        }
    }
}

/// Names what else came, as far as its first bytes tell.
fn stranger(bytes: &[u8]) -> Refusal {
    let brand = bytes.get(4..8).filter(|kind| *kind == b"ftyp").and_then(|_| bytes.get(8..12));
    if let Some(brand) = brand {
        return match brand {
            b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" => Refusal::Heic,
            b"avif" | b"avis" => Refusal::Unsupported { found: "image/avif" },
            _ => Refusal::Unsupported { found: "a video" },
        };
    }
    let text = bytes.trim_ascii_start();
    let found = if text.starts_with(b"<svg") || text.starts_with(b"<?xml") {
        "image/svg+xml"
    } else if bytes.starts_with(b"%PDF") {
        "application/pdf"
    } else if bytes.starts_with(b"BM") {
        "image/bmp"
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        "image/tiff"
    } else {
        "of an unknown type"
    };
    Refusal::Unsupported { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide_and_the_request_has_to_agree() {
        let png = b"\x89PNG\r\n\x1a\n rest";
        assert_eq!(Format::sniff(png, Some("image/png")), Ok(Format::Png));
        assert_eq!(Format::sniff(png, None), Ok(Format::Png));
        let said = Refusal::Mismatch { declared: "image/jpeg".into(), found: "image/png" };
        assert_eq!(Format::sniff(png, Some("image/jpeg")), Err(said));
        assert_eq!(Format::sniff(b"\0\0\0\x18ftypheic\0\0", Some("image/heic")), Err(Refusal::Heic));
        let svg = Format::sniff(b"  <svg xmlns='http://www.w3.org/2000/svg'/>", Some("image/svg+xml"));
        assert_eq!(svg, Err(Refusal::Unsupported { found: "image/svg+xml" }));
        assert!(Format::sniff(b"", None).is_err());
    }
}
