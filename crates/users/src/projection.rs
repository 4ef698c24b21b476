use core_db::{Db, DbError};
use core_jobs::{JobFailure, Subscription};
use core_kernel::{PortError, UserId};

use std::sync::Arc;

use crate::store::profiles;
use crate::{Identities, Identity, IdentityStatus};

/// Stores what identity says of a person, by its version.
pub(crate) async fn store(db: &Db, identity: &Identity) -> Result<(), DbError> {
    db.write(|tx| async move { profiles::project(&tx, identity).await }).await
}

/// The identity of a person whose profile may be made: closed ones are about to be erased and get none.
pub(crate) async fn living(identities: &dyn Identities, user: UserId) -> Result<Option<Identity>, PortError> {
    Ok(identities.find(user).await?.filter(|identity| identity.status != IdentityStatus::Closed))
}

/// Makes the profile when somebody registers, and follows their identity. The event says that there is something new; what it is, identity says now, so that
/// a late event about somebody who has left since brings nothing back.
pub(crate) fn subscription(event_type: &'static str, identities: Arc<dyn Identities>) -> Subscription {
    Subscription::new(event_type, "users.project_identity", move |context, event| {
        let identities = Arc::clone(&identities);
        async move {
            let identity = living(identities.as_ref(), UserId(event.subject)).await.map_err(JobFailure::retry)?;
            match identity {
                Some(identity) => Ok(store(&context.db, &identity).await?),
                None => Ok(()),
            }
        }
    })
}
