//! Stand-ins for what this crate asks of others, and the contract fixture.

#[cfg(feature = "http")]
mod fixture;

#[cfg(feature = "http")]
pub use fixture::OrgsFixture;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use core_kernel::{Owner, PortError, UserId};

use crate::{Address, DomainProof, People, Person, SpaceData};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// People that a test puts in. Addresses are told apart by lower case alone.
#[derive(Debug, Default)]
pub struct FixedPeople(Mutex<HashMap<UserId, Person>>);

impl FixedPeople {
    /// Adds a person, or replaces them.
    pub fn put(&self, person: Person) {
        lock(&self.0).insert(person.id, person);
    }

    /// Adds a person with a verified address.
    ///
    /// # Panics
    /// When the address is none.
    #[expect(clippy::expect_used, reason = "an address that is none fails the test that wrote it")]
    pub fn register(&self, id: UserId, email: &str) -> Person {
        let address = self.address(email).expect("an address");
        let person = Person { id, address, verified: true, display_name: None, active: true };
        self.put(person.clone());
        person
    }

    /// Takes a person out.
    pub fn remove(&self, id: UserId) {
        lock(&self.0).remove(&id);
    }
}

#[async_trait]
impl People for FixedPeople {
    async fn find(&self, user: UserId) -> Result<Option<Person>, PortError> {
        Ok(lock(&self.0).get(&user).cloned())
    }

    fn address(&self, typed: &str) -> Option<Address> {
        let shown = typed.trim().to_owned();
        let (local, domain) = shown.split_once('@')?;
        let odd = |c: char| c.is_control() || c.is_whitespace() || c == '@';
        let fits =
            !local.is_empty() && domain.contains('.') && shown.len() <= 254 && !domain.contains(odd) && !local.contains(odd);
        fits.then(|| Address { canonical: shown.to_lowercase(), shown })
    }
}

/// Remembers which spaces were erased; fails first as often as it is told to.
#[derive(Debug, Default)]
pub struct RecordedSpaces(Mutex<(u32, Vec<Owner>)>);

impl RecordedSpaces {
    /// The next `times` erasures fail.
    pub fn fail(&self, times: u32) {
        lock(&self.0).0 = times;
    }

    /// Which spaces were erased, in order.
    pub fn erased(&self) -> Vec<Owner> {
        lock(&self.0).1.clone()
    }
}

#[async_trait]
impl SpaceData for RecordedSpaces {
    async fn erase(&self, space: Owner) -> Result<(), PortError> {
        let mut state = lock(&self.0);
        if state.0 > 0 {
            state.0 -= 1;
            return Err(core_db::DbError::NotFound.into());
        }
        state.1.push(space);
        Ok(())
    }
}

/// TXT records that a test publishes.
#[derive(Debug, Default)]
pub struct FixedRecords(Mutex<HashMap<String, Vec<String>>>);

impl FixedRecords {
    /// Publishes a record.
    pub fn publish(&self, name: &str, value: &str) {
        lock(&self.0).entry(name.to_owned()).or_default().push(value.to_owned());
    }
}

#[async_trait]
impl DomainProof for FixedRecords {
    async fn txt_records(&self, name: &str) -> Result<Vec<String>, PortError> {
        Ok(lock(&self.0).get(name).cloned().unwrap_or_default())
    }
}
