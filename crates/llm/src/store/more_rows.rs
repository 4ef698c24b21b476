//! The tables beside conversations: templates, memory, summaries, policies, spending, attempts, decisions.

macro_rules! tables {
    ($($module:ident = $table:literal { $($(#[$attribute:meta])* $field:ident: $type:ty,)* })*) => {$(
        pub(crate) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub(crate) struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub(crate) id: Uuid,
                pub(crate) owner_id: Uuid,
                pub(crate) created_by: Uuid,
                pub(crate) created_at: i64,
                $($(#[$attribute])* pub(crate) $field: $type,)*
            }

            core_db::owned_entity!(OwnerId);
        }
    )*};
}

tables! {
    template = "prompt_templates" {
        name: String,
        version: i64,
        source: String,
    }
    fact = "memory_facts" {
        fact: String,
        conversation_id: Option<Uuid>,
        source_message_id: Option<Uuid>,
        updated_at: i64,
        version: i64,
        vector: Option<Vec<u8>>,
        vector_model: Option<String>,
    }
    summary = "conversation_summaries" {
        conversation_id: Uuid,
        message_id: Uuid,
        branch_id: Uuid,
        depth: i64,
        summary: String,
        kind: String,
        provider: String,
    }
    policy = "llm_policies" {
        scope: String,
        #[sea_orm(column_type = "JsonBinary")]
        models: Json,
        budget_micros: Option<i64>,
        period: String,
        rpm: Option<i64>,
        tpm: Option<i64>,
        updated_at: i64,
        version: i64,
    }
    spending = "llm_spending" {
        scope: String,
        period_start: i64,
        spent_micros: i64,
        reserved_micros: i64,
    }
    attempt = "llm_attempts" {
        generation_id: Uuid,
        parent_attempt_id: Option<Uuid>,
        number: i64,
        cause: String,
        state: String,
        provider: String,
        model: String,
        answer_text: Option<String>,
        finish_reason: Option<String>,
        finish_raw: Option<String>,
        #[sea_orm(column_type = "JsonBinary")]
        usage: Json,
        usage_source: String,
        input_tokens: i64,
        output_tokens: i64,
        cost_micros: i64,
        price: Option<String>,
        failure_code: Option<String>,
        failure_detail: Option<String>,
        request_id: Option<String>,
        response_id: Option<String>,
        finished_at: Option<i64>,
    }
    decision = "tool_decisions" {
        generation_id: Uuid,
        call_id: String,
        decision: String,
    }
}
