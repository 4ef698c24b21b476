mod attempts;
mod create_llm;
mod extend_llm;
mod fact_vectors;
mod texts_by_id;
mod texts_by_owner;

use core_db::Ledger;

/// The tables of this feature: conversations, messages, their branches and summaries, generations and their attempts, templates, memory,
/// policies.
pub fn ledger() -> Ledger {
    Ledger {
        name: "llm",
        migrations: vec![
            Box::new(create_llm::CreateLlm),
            Box::new(extend_llm::ExtendLlm),
            Box::new(attempts::Attempts),
            Box::new(fact_vectors::FactVectors),
            Box::new(texts_by_id::TextsById),
            Box::new(texts_by_owner::TextsByOwner),
        ],
    }
}
