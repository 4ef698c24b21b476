pub(crate) mod profile {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "profiles")]
    pub(crate) struct Model {
        /// The person, whose id is also that of the personal space that owns the row.
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) user_id: Uuid,
        pub(crate) email: String,
        pub(crate) email_verified: bool,
        /// The version of the identity that the two columns above were copied from.
        pub(crate) account_version: i64,
        pub(crate) display_name: Option<String>,
        pub(crate) locale: Option<String>,
        /// As identity says: `active`, `suspended` or `closed`.
        pub(crate) status: String,
        /// Address and name in lower case, for looking people up.
        pub(crate) search_text: String,
        pub(crate) time_zone: Option<String>,
        pub(crate) units: Option<String>,
        /// The picture, where pictures are kept.
        pub(crate) avatar_id: Option<Uuid>,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) metadata: Json,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(UserId);
}

pub(crate) mod export {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_exports")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        /// Whose, and who owns the row.
        pub(crate) user_id: Uuid,
        /// `queued`, `running`, `succeeded` or `failed`.
        pub(crate) status: String,
        pub(crate) problem_code: Option<String>,
        pub(crate) bytes: Option<i64>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        /// After this the archive is removed.
        pub(crate) expires_at: Option<i64>,
    }

    core_db::owned_entity!(UserId);
}
