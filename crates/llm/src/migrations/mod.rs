mod create_llm;

use core_db::Ledger;

/// The tables of this feature: conversations, messages, their branches, generations.
pub fn ledger() -> Ledger {
    Ledger { name: "llm", migrations: vec![Box::new(create_llm::CreateLlm)] }
}
