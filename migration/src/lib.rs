#![doc = include_str!("../README.md")]

use core_db::Ledger;

/// The ledgers of every crate that has tables and that this was built with, in the order in which they apply.
pub fn ledgers() -> Vec<Ledger> {
    vec![
        core_db::ledger(),
        core_jobs::ledger(),
        auth::ledger(),
        users::ledger(),
        orgs::ledger(),
        llm::ledger(),
        #[cfg(feature = "media")]
        media::ledger(),
        #[cfg(feature = "files")]
        files::ledger(),
        #[cfg(feature = "fitness")]
        fitness::ledger(),
        #[cfg(feature = "integrations")]
        integrations::ledger(),
        #[cfg(feature = "webhooks")]
        webhooks::ledger(),
        #[cfg(feature = "vision")]
        vision::ledger(),
    ]
}
