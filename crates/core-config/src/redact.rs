/// What is shown in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

const SECRET_WORDS: [&str; 4] = ["key", "secret", "password", "token"];

/// True for keys whose last segment is, or ends with, a word for secrets.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| last.ends_with(word) || last.ends_with(&format!("{word}s")))
}

/// The value with the user information of every URL in it replaced.
pub(crate) fn redact_urls(value: &str) -> String {
    let mut shown = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = after.find(['/', '?', '#', ' ', ',', '"']).unwrap_or(after.len());
        let (authority, tail) = after.split_at_checked(end).unwrap_or((after, ""));
        if let Some((_user, host)) = authority.rsplit_once('@') {
            shown.push_str(REDACTED);
            shown.push('@');
            shown.push_str(host);
        } else {
            shown.push_str(authority);
        }
        rest = tail;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_secret_by_their_last_segment() {
        for key in ["security.master_key", "a.password", "token", "llm.providers.x.api_key", "a.previous_keys", "a.CLIENT_SECRET"]
        {
            assert!(is_secret_key(key), "{key}");
        }
        for key in ["server.port", "keys.folder", "tokens.lifetime_seconds", "secret.enabled"] {
            assert!(!is_secret_key(key), "{key}");
        }
    }

    #[test]
    fn user_information_is_taken_out_of_every_url() {
        for (value, shown) in [
            ("postgres://app:canary@db:5432/app?x=1", "postgres://[redacted]@db:5432/app?x=1"),
            ("redis://:p@ss/w@host/0", "redis://[redacted]@ss/w@host/0"),
            ("[\"http://a:b@c\", \"http://d\"]", "[\"http://[redacted]@c\", \"http://d\"]"),
            ("https://example.com/@user", "https://example.com/@user"),
            ("plain@text", "plain@text"),
        ] {
            assert_eq!(redact_urls(value), shown);
        }
    }
}
