#![doc = include_str!("../README.md")]

use core_db::Ledger;

/// The ledgers of every crate that has tables, in the order in which they apply.
pub fn ledgers() -> Vec<Ledger> {
    vec![
        core_db::ledger(),
        core_jobs::ledger(),
        auth::ledger(),
        users::ledger(),
        orgs::ledger(),
        llm::ledger(),
        media::ledger(),
        files::ledger(),
        fitness::ledger(),
        integrations::ledger(),
        webhooks::ledger(),
        vision::ledger(),
    ]
}
