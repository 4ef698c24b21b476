pub(crate) mod endpoint {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_endpoints")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        /// `private` or `org`.
        pub(crate) visibility: String,
        pub(crate) url: String,
        pub(crate) description: Option<String>,
        /// A list of patterns.
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) events: Json,
        /// None: enabled.
        pub(crate) disabled_reason: Option<String>,
        pub(crate) disabled_at: Option<i64>,
        pub(crate) failing_since: Option<i64>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}

pub(crate) mod secret {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_secrets")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) endpoint_id: Uuid,
        pub(crate) sealed: String,
        /// None: it is the one of now.
        pub(crate) expires_at: Option<i64>,
        pub(crate) created_at: i64,
    }

    core_db::owned_entity!(OwnerId);
}

pub(crate) mod message {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_messages")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) endpoint_id: Uuid,
        pub(crate) event_id: Uuid,
        pub(crate) event_type: String,
        /// JSON as it is signed and sent.
        pub(crate) body: String,
        /// `pending`, `delivered`, `failed` or `cancelled`.
        pub(crate) state: String,
        pub(crate) round: i64,
        pub(crate) tries: i64,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
    }

    core_db::owned_entity!(OwnerId);
}

pub(crate) mod attempt {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_attempts")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) endpoint_id: Uuid,
        pub(crate) message_id: Uuid,
        pub(crate) event_id: Uuid,
        pub(crate) event_type: String,
        pub(crate) number: i64,
        pub(crate) status: Option<i64>,
        pub(crate) error: Option<String>,
        pub(crate) answer: Option<String>,
        pub(crate) duration_ms: i64,
        pub(crate) retry_at: Option<i64>,
        pub(crate) created_at: i64,
    }

    core_db::owned_entity!(OwnerId);
}
