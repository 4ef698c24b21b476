pub(crate) mod org {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "orgs")]
    pub(crate) struct Model {
        /// The organisation, whose id is also that of the space that owns the row.
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) name: String,
        pub(crate) slug: String,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) metadata: Json,
        pub(crate) created_by: Option<Uuid>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(Id);
}

pub(crate) mod membership {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "org_memberships")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) org_id: Uuid,
        pub(crate) user_id: Uuid,
        pub(crate) role: String,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) version: i64,
    }

    core_db::owned_entity!(OrgId);
}

pub(crate) mod invitation {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "org_invitations")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) org_id: Uuid,
        pub(crate) email: String,
        pub(crate) canonical_email: String,
        pub(crate) role: String,
        pub(crate) invited_by: Uuid,
        pub(crate) token_hash: Vec<u8>,
        pub(crate) created_at: i64,
        pub(crate) expires_at: i64,
    }

    core_db::owned_entity!(OrgId);
}

pub(crate) mod domain {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "org_domains")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) org_id: Uuid,
        pub(crate) name: String,
        pub(crate) verified_name: Option<String>,
        pub(crate) role: String,
        pub(crate) challenge: String,
        pub(crate) created_by: Option<Uuid>,
        pub(crate) verified_at: Option<i64>,
        pub(crate) created_at: i64,
    }

    core_db::owned_entity!(OrgId);
}

pub(crate) mod departure {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "org_departures")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) org_id: Uuid,
        pub(crate) user_id: Uuid,
        pub(crate) created_at: i64,
    }

    core_db::owned_entity!(OrgId);
}
