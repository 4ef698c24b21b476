pub(super) mod hook {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "integration_hooks")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        /// `private` or `org`.
        pub(crate) visibility: String,
        /// `github`, `notion`, `jira` or `jira_app`.
        pub(crate) kind: String,
        pub(crate) name: Option<String>,
        /// `pending`, `verifying` or `active`.
        pub(crate) status: String,
        /// Sealed; none before Notion's handshake.
        pub(crate) secret: Option<String>,
        /// Of all bodies that are kept.
        pub(crate) stored_bytes: i64,
        pub(crate) last_received_at: Option<i64>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}

pub(super) mod event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "integration_hook_events")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) hook_id: Uuid,
        pub(crate) event_type: String,
        /// The provider's id of it.
        pub(crate) delivery: String,
        /// SHA-256 of the body.
        pub(crate) digest: Vec<u8>,
        /// `body` or `sender`.
        pub(crate) proof: String,
        pub(crate) bytes: i64,
        /// JSON as it came; none where it is not kept.
        pub(crate) payload: Option<String>,
        pub(crate) created_at: i64,
    }

    core_db::owned_entity!(OwnerId);
}
