use std::sync::Arc;

use async_trait::async_trait;
use auth::{Account, AccountStatus, Accounts, Email};
use core_kernel::{PortError, UserId};
use orgs::{Address, People, Person};

/// `orgs` asks `auth` who somebody is, and how addresses are read.
pub(crate) struct AuthPeople(pub(crate) Arc<dyn Accounts>);

fn address(email: &Email) -> Address {
    Address { shown: email.as_str().to_owned(), canonical: email.canonical().to_owned() }
}

fn person(account: Account) -> Person {
    Person {
        id: account.id,
        address: address(&account.email),
        verified: account.email_verified_at.is_some(),
        display_name: account.display_name,
        active: account.status == AccountStatus::Active,
    }
}

#[async_trait]
impl People for AuthPeople {
    async fn find(&self, user: UserId) -> Result<Option<Person>, PortError> {
        Ok(self.0.find(user).await?.map(person))
    }

    async fn find_all(&self, users: &[UserId]) -> Result<Vec<Person>, PortError> {
        Ok(self.0.find_many(users).await?.into_iter().map(person).collect())
    }

    fn address(&self, typed: &str) -> Option<Address> {
        Email::parse(typed).as_ref().map(address)
    }
}
