use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::chat::Part;
use crate::error::LlmError;

/// The most bytes of an image.
const LIMIT: usize = 3 * 1024 * 1024;

/// Refuses images that no provider would take: another type than it says, or no base64. The bytes are not decoded to pixels here.
pub(crate) fn check(parts: &[Part], pointer: &str) -> Result<(), LlmError> {
    for (index, part) in parts.iter().enumerate() {
        if let Part::Image { mime, data } = part
            && let Err(reason) = sound(mime, data)
        {
            return Err(LlmError::Image { pointer: format!("{pointer}/{index}"), reason });
        }
    }
    Ok(())
}

fn sound(mime: &str, data: &str) -> Result<(), &'static str> {
    if data.len() / 4 * 3 > LIMIT {
        return Err("An image may have 3 MiB.");
    }
    let bytes = STANDARD.decode(data).map_err(|_| "Its data is no base64 (RFC 4648 section 4).")?;
    let begins = |mark: &[u8]| bytes.starts_with(mark);
    let fits = match mime {
        "image/png" => begins(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => begins(b"\xff\xd8\xff"),
        "image/gif" => begins(b"GIF87a") || begins(b"GIF89a"),
        "image/webp" => begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        _ => return Err("Images are PNG, JPEG, WebP or GIF."),
    };
    if fits { Ok(()) } else { Err("Its data is not of the type that `mime` names.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_what_it_says() {
        let png = STANDARD.encode(b"\x89PNG\r\n\x1a\nrest");
        assert_eq!(sound("image/png", &png), Ok(()));
        for (mime, data) in [("image/jpeg", png.as_str()), ("image/svg+xml", &png), ("image/png", "%%"), ("image/png", "")] {
            assert!(sound(mime, data).is_err(), "{mime} {data}");
        }
    }
}
