pub(crate) mod connection {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "integration_connections")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        /// `private` or `org`.
        pub(crate) visibility: String,
        pub(crate) provider: String,
        pub(crate) auth: String,
        pub(crate) name: String,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) account: Json,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) settings: Json,
        /// Sealed with owner, provider and id.
        pub(crate) credentials: String,
        pub(crate) credentials_version: i64,
        /// Until when somebody exchanges its refresh token; zero: nobody does.
        pub(crate) refreshing_until: i64,
        pub(crate) status: String,
        pub(crate) checked_at: i64,
        pub(crate) expires_at: Option<i64>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}

pub(crate) mod operation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "integration_operations")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        pub(crate) connection_id: Uuid,
        pub(crate) kind: String,
        /// `planned`, `sent`, `confirmed` or `unknown`.
        pub(crate) state: String,
        /// A keyed hash of the caller's key, or of the row's own id where there was none.
        pub(crate) key_tag: String,
        pub(crate) fingerprint: String,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) target: Json,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub(crate) progress: Option<Json>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub(crate) result: Option<Json>,
        /// What the provider calls what was made.
        pub(crate) external_id: Option<String>,
        pub(crate) problem: Option<String>,
        pub(crate) attempts: i64,
        pub(crate) sent_at: Option<i64>,
        pub(crate) busy_until: i64,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}
