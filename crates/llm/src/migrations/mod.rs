mod create_llm;
mod extend_llm;

use core_db::Ledger;

/// The tables of this feature: conversations, messages, their branches and summaries, generations, templates, memory, policies.
pub fn ledger() -> Ledger {
    Ledger { name: "llm", migrations: vec![Box::new(create_llm::CreateLlm), Box::new(extend_llm::ExtendLlm)] }
}
