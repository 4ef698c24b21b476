use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError};
use core_kernel::{Actor, ActorKind, FieldError, Owner, UserId, members_hold_nul};
use serde_json::{Map, Value};

use crate::model::{Change, Locale, MAX_METADATA_BYTES, Profile, ProfileChange, TimeZone, Units, check_name, merge};
use crate::service::Profiles;
use crate::store::profiles::{self, Record};
use crate::{AvatarFile, Avatars, Identities, UsersError, erasure, permissions, projection};

/// Profiles over the table of this crate.
#[derive(Clone)]
pub(crate) struct ProfileService {
    pub(crate) db: Db,
    pub(crate) identities: Arc<dyn Identities>,
    pub(crate) defaults: Defaults,
    pub(crate) avatars: Arc<dyn Avatars>,
}

/// What holds for people who have not chosen.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    pub(crate) locale: Locale,
    pub(crate) time_zone: TimeZone,
    pub(crate) units: Units,
}

/// A change whose every field keeps its rule.
#[derive(Clone)]
pub(crate) struct Checked {
    display_name: Change<String>,
    locale: Change<Locale>,
    time_zone: Change<TimeZone>,
    units: Change<Units>,
    metadata: Change<Map<String, Value>>,
}

#[async_trait]
impl Profiles for ProfileService {
    async fn own(&self, actor: &Actor) -> Result<Profile, UsersError> {
        actor.require(&permissions::PROFILE_READ)?;
        let found = self.find(actor.personal_space()).await?;
        Ok(self.show(found.ok_or(DbError::NotFound)?))
    }

    async fn update(&self, actor: &Actor, change: ProfileChange, based_on: Option<i64>) -> Result<Profile, UsersError> {
        actor.require(&permissions::PROFILE_WRITE)?;
        Ok(self.show(self.change(actor.personal_space(), change, based_on).await?))
    }

    async fn set_avatar(&self, actor: &Actor, picture: AvatarFile) -> Result<Profile, UsersError> {
        actor.require(&permissions::PROFILE_WRITE)?;
        let person = UserId(actor.personal_space().get());
        self.find(person.into()).await?.ok_or(DbError::NotFound)?;
        let avatar = self.avatars.keep(person, picture).await?;
        match self.exchange_avatar(person, Some(avatar)).await {
            Ok(record) => Ok(self.show(record)),
            Err(error) => {
                self.avatars.remove(person, avatar).await?;
                Err(error)
            }
        }
    }

    async fn remove_avatar(&self, actor: &Actor) -> Result<(), UsersError> {
        actor.require(&permissions::PROFILE_WRITE)?;
        self.exchange_avatar(UserId(actor.personal_space().get()), None).await.map(drop)
    }

    async fn close(&self, actor: &Actor) -> Result<(), UsersError> {
        actor.require(&permissions::PROFILE_WRITE)?;
        if actor.kind != ActorKind::User {
            return Err(UsersError::NotInPerson);
        }
        let user = actor.subject;
        // Identity may refuse (the last administrator stays), and then nothing may be queued. Where this request ends in between,
        // `user.deleted` queues the erasure.
        self.identities.close(user).await?;
        let queued: Result<(), DbError> = self.db.write(|tx| async move { erasure::queue(&tx, user).await }).await;
        Ok(queued?)
    }

    async fn of(&self, user: UserId) -> Result<Option<Profile>, UsersError> {
        Ok(self.find(user.into()).await?.map(|record| self.show(record)))
    }
}

impl ProfileService {
    /// Makes another picture the person's own, and removes the one of before.
    async fn exchange_avatar(&self, person: UserId, avatar: Option<uuid::Uuid>) -> Result<Record, UsersError> {
        let exchange = |tx: core_db::Tx| async move {
            let mut record = profiles::find_for_update(&tx, person.into()).await?.ok_or(DbError::NotFound)?;
            let (old, current) = (std::mem::replace(&mut record.avatar, avatar), record.version);
            if old == avatar {
                return Ok((record, None));
            }
            let changed = profiles::update(&tx, record).await?.ok_or(UsersError::Changed { current })?;
            Ok::<_, UsersError>((changed, old))
        };
        let (record, old) = self.db.write(exchange).await?;
        if let Some(old) = old {
            self.avatars.remove(person, old).await?;
        }
        Ok(record)
    }

    /// Changes the profile of whoever owns the space.
    pub(crate) async fn change(&self, owner: Owner, change: ProfileChange, based_on: Option<i64>) -> Result<Record, UsersError> {
        let change = check(change)?;
        self.find(owner).await?.ok_or(DbError::NotFound)?;
        let change = &change;
        self.db
            .write(|tx| async move {
                let mut record = profiles::find_for_update(&tx, owner).await?.ok_or(DbError::NotFound)?;
                let current = record.version;
                if based_on.is_some_and(|version| version != current) {
                    return Err(UsersError::Changed { current });
                }
                let before = record.clone();
                change.clone().apply(&mut record)?;
                if record == before {
                    return Ok(record);
                }
                profiles::update(&tx, record).await?.ok_or(UsersError::Changed { current })
            })
            .await
    }

    /// The stored profile; where there is none yet, it is made from the identity.
    pub(crate) async fn find(&self, owner: Owner) -> Result<Option<Record>, UsersError> {
        if let Some(found) = profiles::find(self.db.read(), owner).await? {
            return Ok(Some(found));
        }
        let identity = projection::living(self.identities.as_ref(), UserId(owner.get())).await?;
        let Some(identity) = identity else { return Ok(None) };
        projection::store(&self.db, &identity).await?;
        Ok(profiles::find(self.db.read(), owner).await?)
    }

    /// What was not chosen is the server's default.
    pub(crate) fn show(&self, record: Record) -> Profile {
        let Defaults { locale, time_zone, units } = &self.defaults;
        Profile {
            id: record.user,
            email: record.email,
            email_verified: record.email_verified,
            display_name: record.display_name,
            locale: record.locale.unwrap_or_else(|| locale.clone()),
            time_zone: record.time_zone.unwrap_or_else(|| time_zone.clone()),
            units: record.units.unwrap_or(*units),
            avatar_url: record.avatar.map(|avatar| self.avatars.url(avatar)),
            metadata: record.metadata,
            created_at: record.created_at,
            updated_at: record.updated_at,
            version: record.version,
        }
    }
}

/// PostgreSQL stores no such character in JSON.
const NO_NUL: &str = "no text with the character U+0000";

/// Checks everything at once, so that the caller hears of all faults.
pub(crate) fn check(change: ProfileChange) -> Result<Checked, UsersError> {
    let mut faults = Vec::new();
    let display_name = change.display_name.try_map(|name| check_name(&name));
    let display_name = display_name.map_err(|rule| faults.push(FieldError::new("/display_name", "invalid_name", rule)));
    let locale = change.locale.try_map(|text| Locale::parse(&text).ok_or(Locale::RULE));
    let locale = locale.map_err(|rule| faults.push(FieldError::new("/locale", "invalid_locale", rule)));
    let time_zone = change.time_zone.try_map(|text| TimeZone::parse(&text).ok_or(TimeZone::RULE));
    let time_zone = time_zone.map_err(|rule| faults.push(FieldError::new("/time_zone", "invalid_time_zone", rule)));
    let metadata = change.metadata.try_map(|patch| if members_hold_nul(&patch) { Err(NO_NUL) } else { Ok(patch) });
    let metadata = metadata.map_err(|rule| faults.push(FieldError::new("/metadata", "invalid_text", rule)));
    match (display_name, locale, time_zone, metadata) {
        (Ok(display_name), Ok(locale), Ok(time_zone), Ok(metadata)) => {
            Ok(Checked { display_name, locale, time_zone, units: change.units, metadata })
        }
        _ => Err(UsersError::Invalid(faults)),
    }
}

impl Checked {
    fn apply(self, record: &mut Record) -> Result<(), UsersError> {
        self.display_name.apply(&mut record.display_name);
        self.locale.apply(&mut record.locale);
        self.time_zone.apply(&mut record.time_zone);
        self.units.apply(&mut record.units);
        match self.metadata {
            Change::Keep => {}
            Change::Remove => record.metadata.clear(),
            Change::Set(patch) => merge(&mut record.metadata, patch),
        }
        if serde_json::to_vec(&record.metadata).map_or(usize::MAX, |json| json.len()) > MAX_METADATA_BYTES {
            let rule = format!("at most {MAX_METADATA_BYTES} bytes of JSON in all");
            return Err(UsersError::Invalid(vec![FieldError::new("/metadata", "too_large", rule)]));
        }
        Ok(())
    }
}
