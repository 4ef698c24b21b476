use core_kernel::{FieldError, OrgRole, Owner, Timestamp, UserId, members_hold_nul, typed_id};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{OrgsError, Person};

/// How many bytes an organisation's metadata may have as JSON.
pub const MAX_METADATA_BYTES: usize = 8 * 1024;

/// How many characters an organisation's name may have.
const MAX_NAME: usize = 100;
const SLUG: std::ops::RangeInclusive<usize> = 3..=40;
const SLUG_RULE: &str = "3 to 40 of a-z, 0-9 and single dashes between them";

typed_id! {
    /// An organisation. The id is also that of its space.
    OrgId
}

typed_id! {
    /// An open invitation.
    InvitationId
}

typed_id! {
    /// A domain that an organisation claims.
    DomainId
}

impl From<OrgId> for Owner {
    fn from(org: OrgId) -> Self {
        Self(org.0)
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Org {
    /// Its id.
    pub id: OrgId,
    /// What it is called.
    pub name: String,
    /// Its short name, unique.
    pub slug: String,
    /// What the product keeps with it.
    pub metadata: Map<String, Value>,
    /// Who founded it; none once they are gone.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// An organisation, and what the caller is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The organisation.
    pub org: Org,
    /// The caller's role.
    pub role: OrgRole,
}

/// Somebody's place in an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub(crate) id: Uuid,
    /// Where.
    pub org: OrgId,
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: OrgRole,
    /// Since when.
    pub joined_at: Timestamp,
    /// When the role changed last.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// A member, with what is known of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Their place.
    pub membership: Membership,
    /// None once their account is gone and the erasure still under way.
    pub person: Option<Person>,
}

/// An open invitation. The token is in the mail alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Where to.
    pub org: OrgId,
    /// Whom, as the inviter wrote it.
    pub email: String,
    /// The form that the account of whoever accepts must have.
    pub canonical_email: String,
    /// As what.
    pub role: OrgRole,
    /// By whom; what they may give counts when it is accepted.
    pub invited_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Addresses are personal: logs do not show them.
impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation")
            .field("id", &self.id)
            .field("org", &self.org)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// A domain that an organisation claims. Once it is proven, people with a verified address there join by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its id.
    pub id: DomainId,
    /// Whose.
    pub org: OrgId,
    /// The domain, in lower case.
    pub name: String,
    /// What people with an address there become: a viewer or a member.
    pub role: OrgRole,
    /// What the TXT record must say.
    pub challenge: String,
    /// When it was proven.
    pub verified_at: Option<Timestamp>,
    /// When it was claimed.
    pub created_at: Timestamp,
}

impl Domain {
    /// Where the TXT record must be.
    pub fn record_name(&self) -> String {
        format!("_brickwork-challenge.{}", self.name)
    }

    /// What it must say.
    pub fn record_value(&self) -> String {
        format!("brickwork-verification={}", self.challenge)
    }
}

/// What somebody founds an organisation with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewOrg {
    /// 1 to 100 printable characters.
    pub name: String,
    /// Absent: one is made from the name.
    pub slug: Option<String>,
    /// An object of at most 8 KiB.
    pub metadata: Option<Map<String, Value>>,
}

/// What to change; the inner none removes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrgChange {
    /// Can't be removed.
    pub name: Option<Option<String>>,
    /// Can't be removed.
    pub slug: Option<Option<String>>,
    /// Merged into what is there (RFC 7396); removed: emptied.
    pub metadata: Option<Option<Map<String, Value>>>,
}

/// The stored word of a role.
pub(crate) const fn word(role: OrgRole) -> &'static str {
    match role {
        OrgRole::Viewer => "viewer",
        OrgRole::Member => "member",
        OrgRole::Admin => "admin",
        OrgRole::Owner => "owner",
    }
}

/// Reads the stored word of a role.
pub(crate) fn parse_role(stored: &str) -> Option<OrgRole> {
    [OrgRole::Viewer, OrgRole::Member, OrgRole::Admin, OrgRole::Owner].into_iter().find(|role| word(*role) == stored)
}

impl NewOrg {
    /// Checks everything at once, so that the caller hears of all faults.
    pub(crate) fn check(self) -> Result<Self, OrgsError> {
        let mut faults = Vec::new();
        let name = check_name(&self.name).map_err(|fault| faults.push(fault)).unwrap_or_default();
        let slug = self.slug.filter(|slug| check_slug(slug).map_err(|fault| faults.push(fault)).is_ok());
        let mut metadata = Map::new();
        faults.extend(merge_checked(&mut metadata, self.metadata.unwrap_or_default()).err());
        if faults.is_empty() { Ok(Self { name, slug, metadata: Some(metadata) }) } else { Err(OrgsError::Invalid(faults)) }
    }
}

impl OrgChange {
    /// Applies it, or says everything that is wrong with it.
    pub(crate) fn apply(self, org: &mut Org) -> Result<(), OrgsError> {
        let mut faults = Vec::new();
        let missing = |pointer| FieldError::new(pointer, "required", "can't be removed");
        match self.name {
            None => {}
            Some(None) => faults.push(missing("/name")),
            Some(Some(name)) => match check_name(&name) {
                Ok(name) => org.name = name,
                Err(fault) => faults.push(fault),
            },
        }
        match self.slug {
            None => {}
            Some(None) => faults.push(missing("/slug")),
            Some(Some(slug)) => match check_slug(&slug) {
                Ok(()) => org.slug = slug,
                Err(fault) => faults.push(fault),
            },
        }
        match self.metadata {
            None => {}
            Some(None) => org.metadata.clear(),
            Some(Some(patch)) => faults.extend(merge_checked(&mut org.metadata, patch).err()),
        }
        if faults.is_empty() { Ok(()) } else { Err(OrgsError::Invalid(faults)) }
    }
}

/// A name for display: trimmed, not empty, of printable characters.
fn check_name(name: &str) -> Result<String, FieldError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(FieldError::new("/name", "invalid_name", format!("1 to {MAX_NAME} printable characters")));
    }
    Ok(name.to_owned())
}

fn check_slug(slug: &str) -> Result<(), FieldError> {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if SLUG.contains(&slug.len()) && slug.split('-').all(part) {
        return Ok(());
    }
    Err(FieldError::new("/slug", "invalid_slug", SLUG_RULE))
}

/// A short name made from a name, with room for a suffix.
pub(crate) fn slug_from(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars().map(|letter| letter.to_ascii_lowercase()) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 30 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.len() < *SLUG.start() { format!("org-{slug}").trim_end_matches('-').to_owned() } else { slug.to_owned() }
}

/// A domain of dotted labels (RFC 1035 section 2.3.1), in lower case. Names in other scripts are written in their ASCII form.
pub(crate) fn parse_domain(text: &str) -> Result<String, FieldError> {
    let domain = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    let named = domain.contains('.') && top.bytes().any(|byte| byte.is_ascii_alphabetic());
    if named && domain.len() <= 230 && domain.split('.').all(label) {
        return Ok(domain);
    }
    Err(FieldError::new("/domain", "invalid_domain", "a domain such as example.com"))
}

fn merge_checked(target: &mut Map<String, Value>, patch: Map<String, Value>) -> Result<(), FieldError> {
    if members_hold_nul(&patch) {
        // PostgreSQL stores no such character in JSON.
        return Err(FieldError::new("/metadata", "invalid_text", "no text with the character U+0000"));
    }
    merge(target, patch);
    if serde_json::to_vec(target).map_or(usize::MAX, |json| json.len()) > MAX_METADATA_BYTES {
        let rule = format!("at most {MAX_METADATA_BYTES} bytes of JSON in all");
        return Err(FieldError::new("/metadata", "too_large", rule));
    }
    Ok(())
}

/// Merges `patch` into `target` (RFC 7396): null removes, objects are merged, everything else replaces.
fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
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
    use super::*;

    #[test]
    fn a_short_name_is_made_of_what_the_name_has() {
        for (name, slug) in [
            ("Brick & Mortar Ltd.", "brick-mortar-ltd"),
            ("  A  ", "org-a"),
            ("建築", "org"),
            ("x-", "org-x"),
            ("ab", "org-ab"),
            ("abc", "abc"),
        ] {
            assert_eq!(slug_from(name), slug, "{name}");
            assert!(check_slug(&slug_from(name)).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_short_name_has_a_form() {
        for slug in ["abc", "a-b", "a1-2b-3", &"a".repeat(40)] {
            assert!(check_slug(slug).is_ok(), "{slug}");
        }
        for slug in ["", "ab", "-abc", "abc-", "a--b", "Abc", "a_b", "ä-b-c", &"a".repeat(41)] {
            assert!(check_slug(slug).is_err(), "{slug}");
        }
    }

    #[test]
    fn a_domain_has_labels_and_a_name_at_its_top() {
        assert_eq!(parse_domain(" Example.COM. ").unwrap(), "example.com");
        for text in [
            "",
            "com",
            "a..b",
            "-a.com",
            "a-.com",
            "1.2.3.4",
            "exämple.com",
            "a b.com",
            "a.com/x",
            &format!("{}.com", "a".repeat(64)),
        ] {
            assert!(parse_domain(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_role_reads_itself_back() {
        for role in [OrgRole::Viewer, OrgRole::Member, OrgRole::Admin, OrgRole::Owner] {
            assert_eq!(parse_role(word(role)), Some(role));
        }
        assert_eq!(parse_role("root"), None);
    }

    proptest::proptest! {
        #[test]
        fn every_name_gives_a_short_name(name in "\\PC{0,120}") {
            proptest::prop_assert!(check_slug(&slug_from(&name)).is_ok(), "{}", slug_from(&name));
        }
    }
}
