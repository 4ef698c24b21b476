use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Query, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

use crate::permissions::ADMIN_ROLE;

pub(super) struct CreateRoles;

core_db::named_migration!(CreateRoles, "auth_0003_roles");

#[async_trait::async_trait]
impl MigrationTrait for CreateRoles {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            Columns::text("name").primary_key().to_owned(),
            Columns::json("permissions"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("auth_roles", columns)).await?;
        // The role that has everything; its row is also what changes of roles lock.
        let names = ["name", "permissions", "created_at", "updated_at", "version"].map(Alias::new);
        let none = serde_json::json!([]);
        let mut insert = Query::insert();
        insert.into_table(Alias::new("auth_roles")).columns(names);
        insert.values_panic([ADMIN_ROLE.into(), none.into(), 0_i64.into(), 0_i64.into(), 1_i64.into()]);
        manager.execute(insert).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("auth_roles")).to_owned()).await
    }
}
