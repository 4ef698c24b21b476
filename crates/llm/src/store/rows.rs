#[expect(clippy::struct_field_names, reason = "`model` is the language model; the struct's name is SeaORM's")]
pub(crate) mod conversation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "conversations")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        pub(crate) visibility: String,
        pub(crate) title: Option<String>,
        pub(crate) system_prompt: Option<String>,
        pub(crate) model: Option<String>,
        pub(crate) archived: bool,
        pub(crate) pinned: bool,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) metadata: Json,
        pub(crate) active_leaf_id: Option<Uuid>,
        pub(crate) template: Option<String>,
        pub(crate) template_version: Option<i64>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub(crate) context: Option<Json>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub(crate) tools: Option<Json>,
        pub(crate) memory: bool,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}

#[expect(clippy::struct_field_names, reason = "`model` is the language model; the struct's name is SeaORM's")]
pub(crate) mod message {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "messages")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        pub(crate) conversation_id: Uuid,
        pub(crate) parent_id: Option<Uuid>,
        pub(crate) branch_id: Uuid,
        pub(crate) depth: i64,
        pub(crate) role: String,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) parts: Json,
        pub(crate) status: String,
        pub(crate) generation_id: Option<Uuid>,
        pub(crate) model: Option<String>,
        pub(crate) finish_reason: Option<String>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}

pub(crate) mod branch {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "message_branches")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) conversation_id: Uuid,
        pub(crate) parent_branch_id: Option<Uuid>,
        pub(crate) fork_depth: i64,
    }

    core_db::owned_entity!(OwnerId);
}

#[expect(clippy::struct_field_names, reason = "`model` is the language model; the struct's name is SeaORM's")]
pub(crate) mod generation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "generations")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        pub(crate) purpose: String,
        pub(crate) conversation_id: Option<Uuid>,
        pub(crate) user_message_id: Option<Uuid>,
        pub(crate) assistant_message_id: Option<Uuid>,
        pub(crate) request_key: Option<String>,
        pub(crate) request_fingerprint: Option<String>,
        pub(crate) state: String,
        pub(crate) provider: Option<String>,
        pub(crate) model: Option<String>,
        pub(crate) answer_text: String,
        pub(crate) reasoning: String,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) tool_calls: Json,
        pub(crate) finish_reason: Option<String>,
        pub(crate) finish_raw: Option<String>,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) usage: Json,
        pub(crate) usage_source: String,
        pub(crate) cost_micros: i64,
        pub(crate) currency: String,
        pub(crate) failure_code: Option<String>,
        pub(crate) failure_detail: Option<String>,
        pub(crate) response_id: Option<String>,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) adjustments: Json,
        pub(crate) overhead_ms: i64,
        pub(crate) stop_requested: bool,
        pub(crate) price: Option<String>,
        pub(crate) parent_id: Option<Uuid>,
        pub(crate) api_key_id: Option<Uuid>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub(crate) reservation: Option<Json>,
        pub(crate) input_tokens: i64,
        pub(crate) output_tokens: i64,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub(crate) confirmations: Option<Json>,
        pub(crate) attempts: i64,
        pub(crate) request_id: Option<String>,
        pub(crate) heartbeat_at: i64,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) finished_at: Option<i64>,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}
