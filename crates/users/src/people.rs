use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError};
use core_kernel::{Actor, FieldError, Page, PageRequest, UserId};

use crate::model::{Change, NewPerson, PeopleFilter, Person, ProfileChange};
use crate::profiles::{ProfileService, check};
use crate::service::People;
use crate::store::profiles::{self, Record};
use crate::{Identities, IdentityAdministration, UsersError, erasure, permissions, projection};

/// [`People`] over the table of this crate and the identities behind it.
#[derive(Clone)]
pub(crate) struct PeopleService {
    pub(crate) db: Db,
    pub(crate) identities: Arc<dyn Identities>,
    pub(crate) administration: Arc<dyn IdentityAdministration>,
    pub(crate) profiles: ProfileService,
}

#[async_trait]
impl People for PeopleService {
    async fn list(&self, actor: &Actor, filter: PeopleFilter, request: &PageRequest) -> Result<Page<Person>, UsersError> {
        actor.require(&permissions::READ_ALL)?;
        // No stored text holds such a character, and PostgreSQL does not even look for it.
        if filter.query.as_ref().is_some_and(|query| query.contains('\0')) {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let found = profiles::search(self.db.read(), &filter, request).await?;
        Ok(Page { items: found.items.into_iter().map(|record| self.show(record)).collect(), next: found.next })
    }

    async fn get(&self, actor: &Actor, user: UserId) -> Result<Person, UsersError> {
        actor.require(&permissions::READ_ALL)?;
        self.find(user).await
    }

    async fn create(&self, actor: &Actor, new: NewPerson) -> Result<Person, UsersError> {
        actor.require(&permissions::MANAGE)?;
        // What an address is, identity says; this is what no table takes.
        if new.email.chars().any(char::is_control) {
            let fault = FieldError::new("/email", "invalid_email", "an address such as ada@example.com");
            return Err(UsersError::Invalid(vec![fault]));
        }
        if let Some(name) = &new.display_name {
            check(ProfileChange { display_name: Change::Set(name.clone()), ..ProfileChange::default() })?;
        }
        let identity = self.administration.create(actor, &new.email, new.display_name.as_deref()).await?;
        projection::store(&self.db, &identity).await?;
        self.find(identity.id).await
    }

    async fn update(
        &self,
        actor: &Actor,
        user: UserId,
        change: ProfileChange,
        based_on: Option<i64>,
    ) -> Result<Person, UsersError> {
        actor.require(&permissions::MANAGE)?;
        let change = ProfileChange { metadata: Change::Keep, ..change };
        Ok(self.show(self.profiles.change(user.into(), change, based_on).await?))
    }

    async fn suspend(&self, actor: &Actor, user: UserId) -> Result<Person, UsersError> {
        actor.require(&permissions::MANAGE)?;
        self.administration.suspend(actor, user).await?;
        self.follow(user).await
    }

    async fn reactivate(&self, actor: &Actor, user: UserId) -> Result<Person, UsersError> {
        actor.require(&permissions::MANAGE)?;
        self.administration.reactivate(actor, user).await?;
        self.follow(user).await
    }

    async fn erase(&self, actor: &Actor, user: UserId) -> Result<(), UsersError> {
        actor.require(&permissions::MANAGE)?;
        // Closed first: a queued erasure closes the account whoever asked for it, and this caller may be refused.
        self.administration.close(actor, user).await?;
        let queued: Result<(), DbError> = self.db.write(|tx| async move { erasure::queue(&tx, user).await }).await;
        Ok(queued?)
    }
}

impl PeopleService {
    async fn find(&self, user: UserId) -> Result<Person, UsersError> {
        let found = self.profiles.find(user.into()).await?;
        Ok(self.show(found.ok_or(DbError::NotFound)?))
    }

    /// The person as identity knows them now, not when its event arrives.
    async fn follow(&self, user: UserId) -> Result<Person, UsersError> {
        if let Some(identity) = projection::living(self.identities.as_ref(), user).await? {
            projection::store(&self.db, &identity).await?;
        }
        self.find(user).await
    }

    fn show(&self, record: Record) -> Person {
        let status = record.status;
        Person { profile: self.profiles.show(record), status }
    }
}
