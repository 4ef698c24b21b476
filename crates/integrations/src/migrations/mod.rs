use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of integrations.
pub fn ledger() -> Ledger {
    Ledger { name: "integrations", migrations: vec![Box::new(CreateIntegrations), Box::new(crate::hooks::CreateHooks)] }
}

struct CreateIntegrations;

core_db::named_migration!(CreateIntegrations, "integrations_0001_create");

#[async_trait::async_trait]
impl MigrationTrait for CreateIntegrations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connections = [
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::text("visibility"),
            Columns::text("provider"),
            Columns::text("auth"),
            Columns::text("name"),
            Columns::json("account"),
            Columns::json("settings"),
            Columns::text("credentials"),
            Columns::integer("credentials_version"),
            Columns::integer("refreshing_until"),
            Columns::text("status"),
            Columns::integer("checked_at"),
            Columns::integer_null("expires_at"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("integration_connections", connections)).await?;
        manager.create_index(Columns::index("integration_connections", &["owner_id", "created_at", "id"], false)).await?;
        let operations = [
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::uuid("connection_id"),
            Columns::text("kind"),
            Columns::text("state"),
            Columns::text("key_tag"),
            Columns::text("fingerprint"),
            Columns::json("target"),
            Columns::json_null("progress"),
            Columns::json_null("result"),
            Columns::text_null("external_id"),
            Columns::text_null("problem"),
            Columns::integer("attempts"),
            Columns::integer_null("sent_at"),
            Columns::integer("busy_until"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("integration_operations", operations)).await?;
        manager.create_index(Columns::index("integration_operations", &["key_tag"], true)).await?;
        manager.create_index(Columns::index("integration_operations", &["owner_id", "created_at", "id"], false)).await?;
        manager.create_index(Columns::index("integration_operations", &["connection_id", "external_id"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["integration_operations", "integration_connections"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}
