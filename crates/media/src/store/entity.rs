pub(crate) mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "media_items")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        /// `private` or `org`.
        pub(crate) visibility: String,
        /// `pending`, `ready` or `rejected`.
        pub(crate) status: String,
        pub(crate) purpose: Option<String>,
        pub(crate) alt: Option<String>,
        pub(crate) file_name: Option<String>,
        pub(crate) width: i64,
        pub(crate) height: i64,
        pub(crate) frames: i64,
        /// All sizes together; while it is pending, what was sent.
        pub(crate) bytes: i64,
        pub(crate) thumbhash: Option<String>,
        pub(crate) dominant_color: Option<String>,
        /// The 64 bits as a signed number.
        pub(crate) dhash: Option<i64>,
        pub(crate) reason: Option<String>,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) variants: Json,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) metadata: Json,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}

pub(crate) mod upload {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "media_uploads")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        pub(crate) length: i64,
        pub(crate) offset: i64,
        /// `Upload-Metadata` as it was sent.
        pub(crate) metadata: String,
        pub(crate) media_id: Option<Uuid>,
        /// Where each part begins, a list of numbers.
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) parts: Json,
        /// Its bytes go straight into the store.
        pub(crate) direct: bool,
        pub(crate) expires_at: i64,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}

pub(crate) mod usage {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "media_usage")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) owner_id: Uuid,
        /// The `bytes` of all pictures of the space together.
        pub(crate) bytes: i64,
    }

    core_db::owned_entity!(OwnerId);
}
