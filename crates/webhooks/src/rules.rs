//! What an endpoint may be.

use core_egress::{Egress, Url};
use core_kernel::FieldError;

use crate::EventCatalogue;
use crate::model::{EventFilter, matches};

const MAX_URL: usize = 2048;
const MAX_DESCRIPTION: usize = 500;
const MAX_PATTERNS: usize = 50;
const MAX_PATTERN: usize = 64;

/// A public https address. Names are looked up when something is sent, and again each time, since they may point elsewhere by then.
pub(crate) fn url(egress: &Egress, text: &str) -> Result<Url, FieldError> {
    let fault = |code, message: String| FieldError::new("/url", code, message);
    if text.len() > MAX_URL || text.contains('\0') {
        return Err(fault("invalid_url", format!("an https address of at most {MAX_URL} bytes")));
    }
    let url = Url::parse(text).map_err(|error| fault("invalid_url", error.to_string()))?;
    if url.fragment().is_some() {
        return Err(fault("invalid_url", "an address without a fragment, which is never sent".to_owned()));
    }
    egress.user().check(&url).map_err(|error| fault("address_refused", error.to_string()))?;
    Ok(url)
}

pub(crate) fn description(text: Option<&str>) -> Result<Option<String>, FieldError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > MAX_DESCRIPTION || text.contains('\0') {
        let rule = format!("at most {MAX_DESCRIPTION} characters, without U+0000");
        return Err(FieldError::new("/description", "invalid_text", rule));
    }
    Ok(Some(text.to_owned()))
}

/// Names and families that the catalogue has: a slip of the pen would otherwise be silence.
pub(crate) fn events(catalogue: &EventCatalogue, patterns: Option<&[String]>) -> Result<EventFilter, FieldError> {
    let Some(patterns) = patterns else { return Ok(EventFilter::everything()) };
    if !(1..=MAX_PATTERNS).contains(&patterns.len()) {
        return Err(FieldError::new("/event_types", "invalid_length", format!("1 to {MAX_PATTERNS} types of events")));
    }
    let mut filter = Vec::with_capacity(patterns.len());
    for (index, pattern) in patterns.iter().enumerate() {
        let fits = pattern.len() <= MAX_PATTERN && (!pattern.contains('*') || pattern == "*" || is_family(pattern));
        if !fits || !catalogue.all().iter().any(|known| matches(pattern, known.name)) {
            let rule = "a type that GET /webhooks/event-types lists, a family such as `media.*`, or `*`";
            return Err(FieldError::new(format!("/event_types/{index}"), "unknown_event_type", rule));
        }
        if !filter.contains(pattern) {
            filter.push(pattern.clone());
        }
    }
    Ok(EventFilter(filter))
}

fn is_family(pattern: &str) -> bool {
    pattern.strip_suffix(".*").is_some_and(|family| !family.is_empty() && !family.contains('*'))
}

#[cfg(test)]
mod tests {
    use core_egress::EgressConfig;
    use core_jobs::EventType;

    use super::*;

    fn patterns(texts: &[&str]) -> Result<Vec<String>, String> {
        let event = |name| EventType { name, version: 1, summary: "", example: || serde_json::json!({}) };
        let catalogue = EventCatalogue::of([event("media.ready"), event("user.created"), event("user.deleted")]);
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        events(&catalogue, Some(&texts)).map(|filter| filter.0).map_err(|fault| fault.pointer)
    }

    #[test]
    fn a_filter_names_what_there_is() {
        assert_eq!(patterns(&["media.ready", "user.*", "user.*"]).unwrap(), ["media.ready", "user.*"]);
        assert_eq!(patterns(&["*"]).unwrap(), ["*"]);
        for wrong in ["media.raedy", "media", "org.*", "", ".*", "u*", "user.*.x", "*.*", "**", "media.ready\0"] {
            assert_eq!(patterns(&["user.created", wrong]), Err("/event_types/1".to_owned()), "{wrong:?}");
        }
        assert!(patterns(&[]).is_err() && patterns(&["*"; 51]).is_err());
    }

    #[test]
    fn an_address_is_public_and_https() {
        let egress = Egress::new(EgressConfig::default()).unwrap();
        let check = |text: &str| url(&egress, text).map(|url| url.to_string()).map_err(|fault| fault.code);
        assert_eq!(check("https://example.com/hook?a=1").unwrap(), "https://example.com/hook?a=1");
        for inside in
            ["https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/x", "https://169.254.169.254/", "http://example.com/"]
        {
            assert_eq!(check(inside), Err("address_refused".into()), "{inside}");
        }
        let long = format!("https://example.com/{}", "x".repeat(MAX_URL));
        for wrong in ["", "example.com/hook", "https://", "https://example.com/#x", long.as_str()] {
            assert_eq!(check(wrong), Err("invalid_url".into()), "{wrong}");
        }
        assert_eq!(check("https://user:pw@example.com/"), Err("address_refused".into()));
    }
}
