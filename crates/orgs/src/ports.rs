use std::fmt;

use async_trait::async_trait;
use core_kernel::{Owner, PortError, UserId};

use crate::{OrgId, OrgsError};

/// A mail address as somebody wrote it, and in the form by which people are told apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// As written.
    pub shown: String,
    /// The key.
    pub canonical: String,
}

impl Address {
    /// What follows the `@`, canonical.
    pub fn domain(&self) -> &str {
        self.canonical.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// Addresses are personal: logs show the domain at most.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address(***@{})", self.domain())
    }
}

/// What organisations know of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Their address.
    pub address: Address,
    /// Whether they proved that it is theirs.
    pub verified: bool,
    /// How they want to be called.
    pub display_name: Option<String>,
    /// Whether their account can be used.
    pub active: bool,
}

/// Who people are. The feature that signs people in stands behind it.
#[async_trait]
pub trait People: Send + Sync {
    /// A person; none when they are gone.
    async fn find(&self, user: UserId) -> Result<Option<Person>, PortError>;

    /// Several at once, in any order, those who are gone left out.
    async fn find_all(&self, users: &[UserId]) -> Result<Vec<Person>, PortError> {
        let mut found = Vec::with_capacity(users.len());
        for user in users {
            found.extend(self.find(*user).await?);
        }
        Ok(found)
    }

    /// Reads an address by the rules of identity; none when it is none.
    fn address(&self, typed: &str) -> Option<Address>;
}

/// Everything that any feature holds of a space. The composition root stands behind it, since it knows all features.
#[async_trait]
pub trait SpaceData: Send + Sync {
    /// Removes all of it. Safe to repeat.
    async fn erase(&self, space: Owner) -> Result<(), PortError>;
}

/// Looks up what the owner of a domain published.
#[async_trait]
pub trait DomainProof: Send + Sync {
    /// The TXT records of a name, each joined to one text (RFC 1035 section 3.3.14); none where there are none.
    async fn txt_records(&self, name: &str) -> Result<Vec<String>, PortError>;
}

/// Says that no resolver is at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDomainLookup;

#[async_trait]
impl DomainProof for NoDomainLookup {
    async fn txt_records(&self, _name: &str) -> Result<Vec<String>, PortError> {
        Err(OrgsError::LookupNotConfigured.into())
    }
}

/// How many members an organisation may have. A product with plans puts its own here.
#[async_trait]
pub trait SeatPolicy: Send + Sync {
    /// The most members; none: as many as it likes.
    async fn seats(&self, org: OrgId) -> Result<Option<u32>, PortError>;
}

/// The same number for every organisation; 0: as many as it likes.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedSeats(pub u32);

#[async_trait]
impl SeatPolicy for FixedSeats {
    async fn seats(&self, _org: OrgId) -> Result<Option<u32>, PortError> {
        Ok((self.0 > 0).then_some(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_line_does_not_tell_whose_address_it_is() {
        let address = Address { shown: "Ada@Example.com".to_owned(), canonical: "ada@example.com".to_owned() };
        assert_eq!(format!("{address:?}"), "Address(***@example.com)");
    }
}
