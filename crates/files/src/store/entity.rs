pub(crate) mod workspace {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "workspaces")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        pub(crate) visibility: String,
        pub(crate) name: String,
        pub(crate) kind: String,
        pub(crate) root_name: Option<String>,
        pub(crate) files: i64,
        pub(crate) bytes: i64,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OwnerId);
}

pub(crate) mod file {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "workspace_files")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) owner_id: Uuid,
        pub(crate) created_by: Uuid,
        pub(crate) workspace_id: Uuid,
        pub(crate) path: String,
        pub(crate) sha256: String,
        pub(crate) size: i64,
        pub(crate) modified_at: i64,
    }

    core_db::owned_entity!(OwnerId);
}
