use std::time::Duration;

use core_egress::retry_after;
use core_kernel::Timestamp;
use serde_json::Value;

/// Headers of an answer by name.
pub trait HeaderLookup {
    /// The value of the first header with that name, names in lower case.
    fn get(&self, name: &str) -> Option<String>;
}

impl HeaderLookup for core_egress::HeaderMap {
    fn get(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }
}

/// The provider's id of a request (OpenAI and those like it, Anthropic, Azure), bounded and fit for any database.
pub(crate) fn request_id(headers: &dyn HeaderLookup) -> Option<String> {
    let found = ["x-request-id", "request-id", "apim-request-id"].into_iter().find_map(|name| headers.get(name))?;
    let id: String = found.chars().filter(char::is_ascii_graphic).take(200).collect();
    (!id.is_empty()).then_some(id)
}

/// How long an answer's headers ask to wait: `retry-after-ms`, else `retry-after`.
pub(crate) fn wait_in_headers(headers: &dyn HeaderLookup, now: Timestamp) -> Option<Duration> {
    let millis = headers.get("retry-after-ms").and_then(|text| text.trim().parse::<f64>().ok());
    if let Some(millis) = millis.filter(|value| value.is_finite() && *value >= 0.0) {
        return Duration::try_from_secs_f64(millis / 1000.0).ok();
    }
    retry_after(&headers.get("retry-after")?, now)
}

/// How long Gemini's error details ask to wait: `RetryInfo.retryDelay`, such as `22s` or `1.5s`.
pub(crate) fn wait_in_details(details: &[Value]) -> Option<Duration> {
    let delay = details.iter().find_map(|detail| detail.get("retryDelay"))?.as_str()?;
    let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    impl HeaderLookup for Vec<(&str, &str)> {
        fn get(&self, name: &str) -> Option<String> {
            self.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn the_finer_wait_goes_first_and_details_have_their_own() {
        let now: Timestamp = "1994-11-06T08:49:27Z".parse().unwrap();
        let wait = |headers: Vec<(&'static str, &'static str)>| wait_in_headers(&headers, now);
        assert_eq!(wait(vec![("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(vec![("retry-after", "99"), ("retry-after-ms", "250")]), Some(Duration::from_millis(250)));
        assert_eq!(wait(vec![("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(Duration::from_secs(10)));
        assert_eq!(wait(vec![]), None);
        let details = [json!({ "reason": "x" }), json!({ "@type": "RetryInfo", "retryDelay": "22.5s" })];
        assert_eq!(wait_in_details(&details), Some(Duration::from_millis(22_500)));
    }
}
