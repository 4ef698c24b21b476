use core_jobs::{JobFailure, Subscription};
use core_kernel::UserId;

use crate::OrgsError;
use crate::core::{Core, NewMember};
use crate::store::{domains, memberships, orgs};

/// People whose verified address is at a proven domain become members when they register, verify or change their address. The event
/// says that there is something new; what it is, identity says now.
pub(crate) fn subscriptions(core: &Core) -> Vec<Subscription> {
    let on = |event: &'static str, subscriber: &'static str| {
        let core = core.clone();
        Subscription::new(event, subscriber, move |_, event| {
            let core = core.clone();
            async move {
                match join_by_domain(&core, UserId(event.subject)).await {
                    // A full organisation is no reason to try for days; an owner invites when there is room.
                    Ok(()) | Err(OrgsError::NoSeatLeft | OrgsError::AlreadyMember) => Ok(()),
                    Err(error) => Err(JobFailure::retry(error)),
                }
            }
        })
    };
    vec![on("user.created", "orgs.join_by_domain_at_first"), on("user.updated", "orgs.join_by_domain")]
}

async fn join_by_domain(core: &Core, user: UserId) -> Result<(), OrgsError> {
    let person = core.people.find(user).await?.filter(|person| person.active && person.verified);
    let Some(person) = person else { return Ok(()) };
    let name = person.address.domain();
    let Some(domain) = domains::find_proven(core.db.read(), name).await? else { return Ok(()) };
    let seats = core.seats.seats(domain.org).await?;
    core.db
        .write(|tx| async move {
            let Some(org) = orgs::lock(&tx, domain.org).await? else { return Ok(()) };
            // Given up since, or somebody who left or was removed.
            let given_up = domains::find_proven(&tx, name).await?.is_none_or(|now| now.org != org.id);
            if given_up || memberships::has_departed(&tx, org.id, user).await? {
                return Ok(());
            }
            core.add(&tx, NewMember { org: org.id, user, role: domain.role, way: "domain" }, seats).await.map(drop)
        })
        .await
}
