use std::time::{Duration, UNIX_EPOCH};

use core_kernel::Timestamp;

/// How long a header `Retry-After` asks to wait from `now` on: seconds, which some send with a fraction, or an HTTP date (RFC 9110 section 10.2.3).
/// A date that is over asks for no wait; what is neither asks for nothing.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_seconds(i64::try_from(at.as_secs()).ok()?).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_wait_is_read() {
        let now: Timestamp = "1994-11-06T08:49:27Z".parse().unwrap();
        for (text, seconds) in [
            ("7", Some(7.0)),
            (" 7 ", Some(7.0)),
            ("0.5", Some(0.5)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(10.0)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(10.0)),
            ("Sun Nov  6 08:49:37 1994", Some(10.0)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0.0)),
            ("soon", None),
            ("-1", None),
            ("NaN", None),
            ("1e99", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs_f64), "{text}");
        }
    }
}
