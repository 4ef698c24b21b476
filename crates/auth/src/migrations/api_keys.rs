use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, ColumnDef, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

pub(super) struct CreateApiKeys;

core_db::named_migration!(CreateApiKeys, "auth_0002_api_keys");

#[async_trait::async_trait]
impl MigrationTrait for CreateApiKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            Columns::id(),
            Columns::text("prefix"),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::text("name"),
            Columns::json("scopes"),
            Columns::bytes("secret_hash"),
            ColumnDef::new(Alias::new("previous_hash")).binary().null().to_owned(),
            Columns::integer_null("previous_until"),
            Columns::integer("expires_at"),
            Columns::integer_null("last_used_at"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("auth_api_keys", columns)).await?;
        manager.create_index(Columns::index("auth_api_keys", &["prefix"], true)).await?;
        manager.create_index(Columns::index("auth_api_keys", &["owner_id", "created_at"], false)).await?;
        manager.create_index(Columns::index("auth_api_keys", &["created_by"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("auth_api_keys")).to_owned()).await
    }
}
