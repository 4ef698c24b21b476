use core_kernel::{Timestamp, UserId, typed_id};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::IdentityStatus;

/// How many bytes a profile's metadata may have as JSON.
pub const MAX_METADATA_BYTES: usize = 8 * 1024;

/// How many characters a displayed name may have.
const MAX_NAME: usize = 100;

/// A person, as they and the features that serve them see them.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Who.
    pub id: UserId,
    /// Their address; identity owns it.
    pub email: String,
    /// Whether they proved that it is theirs.
    pub email_verified: bool,
    /// What they want to be called.
    pub display_name: Option<String>,
    /// Their language and region, or the server's.
    pub locale: Locale,
    /// Their time zone, or the server's.
    pub time_zone: TimeZone,
    /// Their units, or the server's.
    pub units: Units,
    /// Where their picture is seen; none while there is none.
    pub avatar_url: Option<String>,
    /// What the product keeps with them.
    pub metadata: Map<String, Value>,
    /// When they registered.
    pub created_at: Timestamp,
    /// When the profile changed last.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// A person as administrators see them.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// As they described themselves.
    pub profile: Profile,
    /// Whether their identity can be used.
    pub status: IdentityStatus,
}

/// Whom an administrator makes an account for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// Their address.
    pub email: String,
    /// 1 to 100 printable characters.
    pub display_name: Option<String>,
}

/// Which people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// Words, all of which occur in the address or the name, in any case.
    pub query: Option<String>,
    /// Those whose identity is so.
    pub status: Option<IdentityStatus>,
}

typed_id! {
    /// An export of everything that a person holds.
    ExportId
}

/// Where an export stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportStatus {
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// The archive is there.
    Succeeded,
    /// It was given up.
    Failed,
}

impl ExportStatus {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed].into_iter().find(|status| status.as_str() == word)
    }
}

/// An archive of everything that a person holds, or the work on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Which.
    pub id: ExportId,
    /// Whose.
    pub user: UserId,
    /// Where it stands.
    pub status: ExportStatus,
    /// The code of the problem for which it was given up.
    pub problem: Option<String>,
    /// The size of the archive.
    pub bytes: Option<u64>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until when the archive can be fetched.
    pub expires_at: Option<Timestamp>,
}

/// What becomes of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays.
    #[default]
    Keep,
    /// It goes back to nothing, or to the server's default.
    Remove,
    /// It becomes this.
    Set(T),
}

impl<T> Change<T> {
    /// Changes `field`.
    pub(crate) fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Remove => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// The same change of a checked value.
    pub(crate) fn try_map<U, E>(self, check: impl FnOnce(T) -> Result<U, E>) -> Result<Change<U>, E> {
        Ok(match self {
            Self::Keep => Change::Keep,
            Self::Remove => Change::Remove,
            Self::Set(value) => Change::Set(check(value)?),
        })
    }
}

/// What somebody wants to change of their profile, as typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfileChange {
    /// 1 to 100 printable characters.
    pub display_name: Change<String>,
    /// BCP 47.
    pub locale: Change<String>,
    /// IANA name.
    pub time_zone: Change<String>,
    /// Units of measurement.
    pub units: Change<Units>,
    /// Merged into what is there (RFC 7396): null removes a member.
    pub metadata: Change<Map<String, Value>>,
}

/// Which units a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Units {
    /// Kilograms and centimetres.
    #[default]
    Metric,
    /// Pounds, feet and inches.
    Imperial,
}

impl Units {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Imperial => "imperial",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Metric, Self::Imperial].into_iter().find(|units| units.as_str() == word)
    }
}

/// A language, and perhaps a script and a region, in the form of BCP 47.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale(String);

impl Default for Locale {
    /// English.
    fn default() -> Self {
        Self("en".to_owned())
    }
}

impl Locale {
    /// What is expected, for people.
    pub const RULE: &'static str = "a language tag such as en, de-CH or zh-Hant-TW";

    /// Reads a tag by its shape (RFC 5646 section 2.1) and writes it in the usual case (section 2.1.1). Whether the subtags are
    /// registered is not asked: whoever formats text falls back to what they have.
    pub fn parse(text: &str) -> Option<Self> {
        let mut subtags = text.split('-');
        let language = subtags.next()?;
        let language_ok = (2..=8).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !language_ok || text.len() > 35 {
            return None;
        }
        let mut tag = language.to_ascii_lowercase();
        let mut after_singleton = false;
        for subtag in subtags {
            if !(1..=8).contains(&subtag.len()) || !subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return None;
            }
            tag.push('-');
            tag.push_str(&match subtag.len() {
                _ if after_singleton => subtag.to_ascii_lowercase(),
                2 => subtag.to_ascii_uppercase(),
                4 => title_case(subtag),
                _ => subtag.to_ascii_lowercase(),
            });
            after_singleton |= subtag.len() == 1;
        }
        // A singleton announces something (an extension, a private part): alone it says nothing.
        let ends_with_singleton = tag.rsplit('-').next().is_some_and(|last| last.len() == 1);
        (!ends_with_singleton).then_some(Self(tag))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn title_case(subtag: &str) -> String {
    let mut letters = subtag.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters.map(|letter| letter.to_ascii_lowercase())).collect()
}

/// The name of a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone(String);

impl Default for TimeZone {
    /// Coordinated Universal Time.
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

impl TimeZone {
    /// What is expected, for people.
    pub const RULE: &'static str = "an IANA time zone name such as Europe/Zurich or UTC";

    /// Reads a name by its shape: one to three components of at most 14 letters, digits, `_`, `+` and `-`, each beginning with a
    /// letter (<https://data.iana.org/time-zones/theory.html>). Whether the zone exists is not asked, because the list grows
    /// several times a year; whoever computes local times treats a name that they do not know as UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let component = |part: &str| {
            part.len() <= 14
                && part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
        };
        let components = text.split('/').count();
        (components <= 3 && text.split('/').all(component)).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name for display: trimmed, not empty, of printable characters.
pub(crate) fn check_name(name: &str) -> Result<String, String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(format!("1 to {MAX_NAME} printable characters"));
    }
    Ok(name.to_owned())
}

/// Merges `patch` into `target` (RFC 7396): null removes, objects are merged, everything else replaces.
pub(crate) fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.remove(&key);
            }
            Value::Object(inner) => {
                let slot = target.entry(key).or_insert_with(|| Value::Object(Map::new()));
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(slot) = slot {
                    merge(slot, inner);
                }
            }
            other => {
                target.insert(key, other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => panic!("an object"),
        }
    }

    #[test]
    fn a_locale_is_read_by_its_shape_and_written_in_the_usual_case() {
        for (text, tag) in [
            ("en", "en"),
            ("DE-ch", "de-CH"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("en-u-CA-ISO8601", "en-u-ca-iso8601"),
        ] {
            assert_eq!(Locale::parse(text).map(|locale| locale.0).as_deref(), Some(tag), "{text}");
        }
        for text in ["", "e", "123", "en_US", "en-", "-en", "en--US", "en-x", "en-verylongsubtag", "en US", "dé", "languages9"] {
            assert_eq!(Locale::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_zone_is_read_by_its_shape() {
        for text in ["UTC", "Europe/Zurich", "America/Argentina/ComodRivadavia", "Etc/GMT+5", "America/Port-au-Prince", "EST5EDT"]
        {
            assert!(TimeZone::parse(text).is_some(), "{text}");
        }
        for text in ["", "+02:00", "Europe/", "/Zurich", "Europe/Zürich", "../etc/passwd", "A/B/C/D", "Europe/Zurich ", "0/1"] {
            assert_eq!(TimeZone::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_is_trimmed_and_printable() {
        assert_eq!(check_name("  Ada ").as_deref(), Ok("Ada"));
        for name in ["", "   ", "A\nB", &"x".repeat(101)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn metadata_is_merged_as_rfc_7396_says() {
        let mut target = object(json!({"title": "Goodbye!", "author": {"given": "John", "family": "Doe"}, "tags": ["a", "b"]}));
        let patch = json!({"title": "Hello!", "phone": "+01", "author": {"family": null}, "tags": ["a"], "new": {"deep": {"x": null, "y": 1}}});
        merge(&mut target, object(patch));
        let merged =
            json!({"title": "Hello!", "phone": "+01", "author": {"given": "John"}, "tags": ["a"], "new": {"deep": {"y": 1}}});
        assert_eq!(Value::Object(target), merged);
    }

    proptest::proptest! {
        #[test]
        fn a_locale_reads_itself_back(text in "[a-zA-Z]{2,4}(-[a-zA-Z0-9]{1,8}){0,3}") {
            if let Some(locale) = Locale::parse(&text) {
                proptest::prop_assert_eq!(Locale::parse(locale.as_str()), Some(locale));
            }
        }
    }
}
