use std::fmt::Write as _;

/// Bytes in hexadecimal, small letters.
///
/// ```
/// assert_eq!(core_kernel::hex(&[0x0b, 0xff]), "0bff");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // A write to a text does not fail.
        let _written = write!(text, "{byte:02x}");
    }
    text
}
