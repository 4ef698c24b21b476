use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "vision_analyses")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) owner_id: Uuid,
    pub(crate) created_by: Uuid,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) progress: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) wish: Json,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub(crate) answer: Option<Json>,
    pub(crate) consent: String,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub(crate) report: Option<Json>,
    pub(crate) problem_code: Option<String>,
    pub(crate) problem_detail: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) version: i64,
}

core_db::owned_entity!(OwnerId);
