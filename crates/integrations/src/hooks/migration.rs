use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, ColumnDef, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of incoming hooks.
#[derive(Clone, Copy, Debug)]
pub struct CreateHooks;

core_db::named_migration!(CreateHooks, "integrations_0002_hooks");

#[async_trait::async_trait]
impl MigrationTrait for CreateHooks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let hooks = [
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::text("visibility"),
            Columns::text("kind"),
            Columns::text_null("name"),
            Columns::text("status"),
            Columns::text_null("secret"),
            Columns::integer("stored_bytes"),
            Columns::integer_null("last_received_at"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("integration_hooks", hooks)).await?;
        manager.create_index(Columns::index("integration_hooks", &["owner_id", "created_at", "id"], false)).await?;
        manager.create_index(Columns::index("integration_hooks", &["created_by"], false)).await?;
        let events = [
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("hook_id"),
            Columns::text("event_type"),
            Columns::text("delivery"),
            ColumnDef::new(Alias::new("digest")).binary().not_null().to_owned(),
            Columns::text("proof"),
            Columns::integer("bytes"),
            Columns::text_null("payload"),
            Columns::integer("created_at"),
        ];
        manager.create_table(Columns::table("integration_hook_events", events)).await?;
        for (columns, unique) in [
            (["hook_id", "delivery"].as_slice(), true),
            (&["hook_id", "digest"], true),
            (&["hook_id", "created_at", "id"], false),
            (&["owner_id"], false),
            (&["created_at"], false),
        ] {
            manager.create_index(Columns::index("integration_hook_events", columns, unique)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["integration_hook_events", "integration_hooks"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}
