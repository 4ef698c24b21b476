use std::sync::Arc;
use std::time::Duration;

use core_db::{DbError, Tx};
use core_jobs::{EnqueueOptions, Handler, Job, JobFailure, NewEvent, enqueue_with, publish};
use core_kernel::{OrgRole, PortError, UserId};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::core::{Core, record};
use crate::store::{invitations, memberships, orgs};
use crate::{Org, OrgId, OrgsError, SpaceData};

/// Removes everything that an organisation's space holds, in every feature.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct EraseSpace {
    org: OrgId,
}

impl Job for EraseSpace {
    const NAME: &'static str = "orgs.erase_space";
    /// People are promised that it happens, so that a feature may be broken for a day.
    const MAX_ATTEMPTS: i32 = 20;
    const TIMEOUT: Duration = Duration::from_mins(15);
}

pub(crate) fn handler(space_data: Arc<dyn SpaceData>) -> Handler {
    Handler::new::<EraseSpace, _, _>(move |_, job| {
        let space_data = Arc::clone(&space_data);
        async move { space_data.erase(job.org.into()).await.map_err(JobFailure::retry) }
    })
}

/// Deletes an organisation and queues the erasure of its space: nobody gets in from now on, and what is there goes soon after.
pub(crate) async fn delete(core: &Core, tx: &Tx, org: &Org, by: UserId) -> Result<(), DbError> {
    let id = org.id;
    let members = memberships::users(tx, id).await?;
    orgs::delete(tx, id).await?;
    let event = NewEvent { r#type: "org.deleted", version: 1, owner: id.into(), subject: id.get(), data: json!({}) };
    publish(tx, event).await?;
    let options = EnqueueOptions { unique_key: Some(id.to_string()), owner: Some(id.into()), ..EnqueueOptions::default() };
    enqueue_with(tx, &EraseSpace { org: id }, options).await?;
    record(tx, id, "orgs.deleted", (by, by), json!({})).await?;
    core.forget_after_commit(tx, id, members);
    Ok(())
}

/// Takes a person out of every organisation, for good. Where they were the last owner, the member of the highest role who is there
/// longest becomes one; where they were alone, the organisation goes with them. Safe to repeat.
pub(crate) async fn forget_person(core: &Core, user: UserId) -> Result<(), DbError> {
    let person = core.people.find(user).await.map_err(|error| unavailable(&error))?;
    for org in memberships::orgs_of(core.db.read(), user).await? {
        core.db.write(|tx| async move { leave_for_good(core, &tx, org, user).await }).await?;
    }
    let canonical = person.as_ref().map(|person| person.address.canonical.as_str());
    core.db
        .write(|tx| async move {
            invitations::forget(&tx, user, canonical).await?;
            memberships::forget_departures(&tx, user).await?;
            orgs::forget_maker(&tx, user).await
        })
        .await
}

async fn leave_for_good(core: &Core, tx: &Tx, org: OrgId, user: UserId) -> Result<(), DbError> {
    let Some(found) = orgs::lock(tx, org).await? else { return Ok(()) };
    let Some(place) = memberships::find(tx, org, user).await? else { return Ok(()) };
    core.end(tx, &place, user).await?;
    if memberships::count_owners(tx, org).await? > 0 {
        return Ok(());
    }
    let Some(heir) = memberships::heir(tx, org).await? else {
        return delete(core, tx, &found, user).await;
    };
    match core.set_role(tx, &heir, OrgRole::Owner, UserId(uuid::Uuid::nil())).await {
        Ok(_) => Ok(()),
        Err(OrgsError::Db(error)) => Err(error),
        Err(other) => Err(DbError::Corrupt(other.to_string())),
    }
}

/// Whatever failed behind the port is tried again later.
fn unavailable(error: &PortError) -> DbError {
    DbError::Unavailable(DbErr::Custom(error.to_string()))
}
