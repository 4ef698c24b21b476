use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What somebody is in an organisation; later variants may do all that earlier ones may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrgRole {
    /// Reads.
    Viewer,
    /// Reads and writes.
    Member,
    /// Also manages members and settings.
    Admin,
    /// Also hands the organisation over or deletes it.
    Owner,
}

/// A right that an operation asks for. Features declare theirs as constants; the name is also the scope of an API key.
#[derive(Debug, PartialEq, Eq)]
pub struct Permission {
    /// `feature:verb`, stable.
    pub name: &'static str,
    /// The least role that has it in an organisation; none: nobody has it there.
    pub min_org_role: Option<OrgRole>,
    /// Everybody has it in their own space.
    pub personal: bool,
    /// Only platform roles that name it have it.
    pub platform: bool,
    /// What it allows, in a few words.
    pub summary: &'static str,
}

impl Permission {
    /// A right over one's own things, whatever space is acted for.
    pub const fn personal(name: &'static str, summary: &'static str) -> Self {
        Self { name, min_org_role: None, personal: true, platform: false, summary }
    }

    /// A right over shared things: in the personal space, and in organisations from `role` upwards.
    pub const fn shared(name: &'static str, role: OrgRole, summary: &'static str) -> Self {
        Self { name, min_org_role: Some(role), personal: true, platform: false, summary }
    }

    /// A right of platform administrators.
    pub const fn platform(name: &'static str, summary: &'static str) -> Self {
        Self { name, min_org_role: None, personal: false, platform: true, summary }
    }
}

/// The rights that somebody has now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PermissionSet(BTreeSet<String>);

impl PermissionSet {
    /// True when the right is in the set.
    pub fn contains(&self, permission: &Permission) -> bool {
        self.0.contains(permission.name)
    }

    /// Adds a right by name.
    pub fn insert(&mut self, name: impl Into<String>) {
        self.0.insert(name.into());
    }

    /// Takes a right out.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Only what is in both, as for a key's scopes and its owner's rights.
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<S: Into<String>> FromIterator<S> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}
