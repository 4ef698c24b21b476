use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use core_kernel::{Rng, Secret, Timestamp};
use qrcode::QrCode;
use qrcode::render::svg;

use crate::AuthError;

/// Seconds of a step (RFC 6238 section 4).
const STEP: i64 = 30;
/// Bytes of a secret: 160 bits (RFC 4226 section 4).
const SECRET: usize = 20;
/// Decimal digits of a code.
const DIGITS: usize = 6;

/// A fresh secret.
pub(crate) fn new_secret(rng: &dyn Rng) -> [u8; SECRET] {
    let mut secret = [0; SECRET];
    rng.fill(&mut secret);
    secret
}

/// The step that a code belongs to: the current one or a neighbour, as clocks differ (RFC 6238 section 5.2), and later than the
/// last one that was accepted, so that a code works once.
pub(crate) fn matching_step(secret: &[u8], code: &str, now: Timestamp, last: i64) -> Option<i64> {
    let current = now.seconds().div_euclid(STEP);
    let fits = |step: i64| verify_slices_are_equal(code_at(secret, step).as_bytes(), code.as_bytes()).is_ok();
    // Every step is looked at, so that the time does not tell which one it was.
    let found = [current - 1, current, current + 1].map(|step| (step, fits(step)));
    found.into_iter().filter(|(step, fits)| *fits && *step > last).map(|(step, _)| step).next()
}

/// The code of a step: HOTP (RFC 4226 section 5.3) over SHA-1, which is what authenticator apps know.
pub(crate) fn code_at(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let word = tag.get(offset..offset + 4).unwrap_or_default();
    let number = word.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The code that an app shows at a moment.
#[cfg(feature = "testing")]
pub(crate) fn code_now(secret: &[u8], now: Timestamp) -> String {
    code_at(secret, now.seconds().div_euclid(STEP))
}

/// The text form of a secret (RFC 4648 base 32, without padding), as people type it into an app.
pub(crate) fn base32(bytes: &[u8]) -> Secret {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.extend(letter(LETTERS, held >> bits));
        }
    }
    if bits > 0 {
        text.extend(letter(LETTERS, held << (5 - bits)));
    }
    Secret::new(text)
}

fn letter(letters: &[u8; 32], value: u32) -> Option<char> {
    let at = usize::try_from(value & 31).ok()?;
    letters.get(at).copied().map(char::from)
}

/// What apps read from the QR code (the key URI format of Google Authenticator).
pub(crate) fn otpauth_url(issuer: &str, account: &str, secret: &Secret) -> Secret {
    let (issuer, account) = (encode(issuer), encode(account));
    Secret::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP}",
        secret.expose()
    ))
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The QR code as a picture.
pub(crate) fn qr_svg(text: &Secret) -> Result<Secret, AuthError> {
    let code = QrCode::new(text.expose()).map_err(|error| AuthError::Internal(format!("QR code: {error}")))?;
    Ok(Secret::new(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1, cut to six digits.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    const KEY: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, code) in VECTORS {
            assert_eq!(code_at(KEY, seconds / 30), code, "{seconds}");
        }
    }

    #[test]
    fn codes_are_those_of_another_library() {
        let other = totp_rs::Builder::new().with_secret(KEY.to_vec()).build_noncompliant();
        for step in 0..200 {
            let seconds = u64::try_from(step * 7919 * 30).unwrap();
            assert_eq!(code_at(KEY, step * 7919), other.generate(seconds).to_string());
        }
    }

    #[test]
    fn a_code_works_one_step_early_and_late_and_only_once() {
        let at = Timestamp::from_seconds(1_111_111_109);
        let step = 1_111_111_109 / 30;
        for near in [step - 1, step, step + 1] {
            assert_eq!(matching_step(KEY, &code_at(KEY, near), at, 0), Some(near));
            assert_eq!(matching_step(KEY, &code_at(KEY, near), at, near), None, "accepted before");
        }
        for far in [step - 2, step + 2] {
            assert_eq!(matching_step(KEY, &code_at(KEY, far), at, 0), None);
        }
        for nonsense in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(matching_step(KEY, nonsense, at, 0), None);
        }
    }

    #[test]
    fn base_32_is_that_of_rfc_4648() {
        for (plain, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB")]
        {
            assert_eq!(base32(plain.as_bytes()).expose(), text);
        }
    }

    #[test]
    fn the_url_names_issuer_and_account_and_fits_a_qr_code() {
        let url = otpauth_url("example.com:8080", "ada+x@example.com", &base32(KEY));
        assert!(
            url.expose()
                .starts_with("otpauth://totp/example.com%3A8080:ada%2Bx%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&")
        );
        assert!(qr_svg(&url).unwrap().expose().contains("<svg"));
    }
}
