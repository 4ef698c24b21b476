use std::sync::OnceLock;

use regex::Regex;
use serde::Serialize;

/// Something that was taken out of a text before it left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = CodeRedaction))]
pub struct Redaction {
    /// What it looks like.
    #[cfg_attr(feature = "http", schema(example = "aws_access_key"))]
    pub kind: String,
    /// Where it stood.
    pub line: u32,
}

/// Forms of secrets. The first group is what is taken out; without one the whole match is.
const FORMS: &[(&str, &str)] = &[
    ("private_key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)"),
    ("aws_access_key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("github_token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b"),
    ("gitlab_token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("slack_token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("stripe_key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("google_key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("openai_key", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("npm_token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("json_web_token", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("password_in_url", r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,100}:([^\s:/@]{3,200})@"),
    (
        "assigned_secret",
        r#"(?i)[a-z0-9_.-]{0,40}(?:passwd|password|secret|api_?key|access_?key|auth_?token|private_?key|client_?secret|token)["']?\s*(?::=|=>|[:=])\s*["'`]([^"'`\s]{8,200})["'`]"#,
    ),
    (
        "assigned_secret",
        r"(?im)^\s*(?:export\s+)?[A-Z][A-Z0-9_]{0,60}(?:PASSWORD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)\s*=\s*([^\s$<{(\x22']{8,200})\s*$",
    ),
];

fn forms() -> &'static [(&'static str, Regex)] {
    static READ: OnceLock<Vec<(&str, Regex)>> = OnceLock::new();
    READ.get_or_init(|| FORMS.iter().filter_map(|(kind, form)| Some((*kind, Regex::new(form).ok()?))).collect())
}

/// Characters that people do not see and models read: marks of direction, zero-width ones, tags.
fn is_hidden(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// What stands where a secret was. It keeps the lines.
fn stand_in(kind: &str, secret: &str) -> String {
    format!("[removed: {kind}]{}", "\n".repeat(secret.matches('\n').count()))
}

/// Takes secrets and hidden characters out of a text that is to leave for a model, and says what it took. Lines keep their numbers.
pub fn redact(text: &str) -> (String, Vec<Redaction>) {
    let mut found: Vec<(std::ops::Range<usize>, &str)> = Vec::new();
    for (kind, form) in forms() {
        for groups in form.captures_iter(text) {
            let Some(part) = groups.get(1).or_else(|| groups.get(0)) else { continue };
            if *kind != "assigned_secret" || is_secret_like(part.as_str()) {
                found.push((part.range(), kind));
            }
        }
    }
    for (at, letter) in text.char_indices().filter(|(_, letter)| is_hidden(*letter)) {
        found.push((at..at + letter.len_utf8(), "hidden_character"));
    }
    found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let (mut out, mut redactions, mut at, mut line) = (String::with_capacity(text.len()), Vec::new(), 0, 1_u32);
    for (range, kind) in found {
        let Some(before) = text.get(at..range.start) else { continue };
        line += u32::try_from(before.matches('\n').count()).unwrap_or(0);
        out.push_str(before);
        let secret = text.get(range.clone()).unwrap_or_default();
        if kind != "hidden_character" {
            out.push_str(&stand_in(kind, secret));
        }
        redactions.push(Redaction { kind: kind.to_owned(), line });
        line += u32::try_from(secret.matches('\n').count()).unwrap_or(0);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    (out, redactions)
}

/// Not a name of a variable, a template's placeholder or an example.
fn is_secret_like(value: &str) -> bool {
    let lower = value.to_lowercase();
    let placeholder = ["changeme", "example", "placeholder", "xxxx", "your-", "your_", "<", "${", "{{", "****"];
    if placeholder.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let digits = value.chars().any(|c| c.is_ascii_digit());
    let letters = value.chars().any(char::is_alphabetic);
    let special = value.chars().any(|c| !c.is_alphanumeric() && c != '_' && c != '.');
    (digits && letters) || special || entropy(value) > 3.5
}

/// Bits of each character (Shannon).
#[expect(clippy::cast_precision_loss, reason = "lengths of a few hundred")]
fn entropy(value: &str) -> f64 {
    let mut counts = std::collections::HashMap::new();
    value.chars().for_each(|letter| *counts.entry(letter).or_insert(0_u32) += 1);
    let length = value.chars().count() as f64;
    counts.values().map(|count| f64::from(*count) / length).map(|share| -share * share.log2()).sum()
}

/// Files whose whole point is to hold secrets: they never go to a model.
pub fn is_secret_file(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name).to_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    let env = (name == ".env" || name.starts_with(".env.")) && !["example", "sample", "template", "dist"].contains(&ending);
    env || matches!(
        name.as_str(),
        "id_rsa" | "id_ed25519" | "id_ecdsa" | ".netrc" | ".pgpass" | ".npmrc" | "credentials" | ".htpasswd"
    ) || matches!(ending, "pem" | "key" | "p12" | "pfx" | "jks" | "keystore")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_can_be_read() {
        assert_eq!(forms().len(), FORMS.len());
    }

    #[test]
    fn secrets_are_taken_out_and_lines_stay() {
        let key = format!("ghp_{}", "aB3".repeat(12));
        let text = format!(
            "let a = 1;\nlet key = \"{key}\";\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nxyz\n-----END RSA PRIVATE KEY-----\nDB_PASSWORD=hunter2hunter2\nurl = postgres://ada:s3cretpw@db/x\nlet b\u{202e} = 2;\n"
        );
        let (clean, redactions) = redact(&text);
        for secret in [key.as_str(), "MIIE", "hunter2hunter2", "s3cretpw", "\u{202e}"] {
            assert!(!clean.contains(secret), "{secret} in {clean}");
        }
        assert_eq!(clean.lines().count(), text.lines().count());
        let seen: Vec<(&str, u32)> = redactions.iter().map(|found| (found.kind.as_str(), found.line)).collect();
        let expected =
            [("github_token", 2), ("private_key", 3), ("assigned_secret", 7), ("password_in_url", 8), ("hidden_character", 9)];
        assert_eq!(seen, expected);
    }

    #[test]
    fn ordinary_source_is_left_alone() {
        let text = "let password = read_password();\nconst TOKEN = 'token';\nsecret: \"${SECRET_FROM_ENV}\"\nfn f(api_key: &str) {}\npassword = \"changeme123\"\n";
        assert_eq!(redact(text), (text.to_owned(), Vec::new()));
        assert!(
            is_secret_file("a/.env.local")
                && is_secret_file("tls/server.key")
                && !is_secret_file(".env.example")
                && !is_secret_file("src/key.rs")
        );
    }
}
