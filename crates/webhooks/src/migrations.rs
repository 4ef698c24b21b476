use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of webhooks.
pub fn ledger() -> Ledger {
    Ledger { name: "webhooks", migrations: vec![Box::new(CreateWebhooks)] }
}

struct CreateWebhooks;

core_db::named_migration!(CreateWebhooks, "webhooks_0001_create");

#[async_trait::async_trait]
impl MigrationTrait for CreateWebhooks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_endpoints(manager).await?;
        create_messages(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["webhook_attempts", "webhook_messages", "webhook_secrets", "webhook_endpoints"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}

async fn create_endpoints(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let endpoints = [
        Columns::id(),
        Columns::uuid("owner_id"),
        Columns::uuid("created_by"),
        Columns::text("visibility"),
        Columns::text("url"),
        Columns::text_null("description"),
        Columns::json("events"),
        Columns::text_null("disabled_reason"),
        Columns::integer_null("disabled_at"),
        Columns::integer_null("failing_since"),
        Columns::integer("created_at"),
        Columns::integer("updated_at"),
        Columns::integer("version"),
    ];
    manager.create_table(Columns::table("webhook_endpoints", endpoints)).await?;
    manager.create_index(Columns::index("webhook_endpoints", &["owner_id", "created_at", "id"], false)).await?;
    manager.create_index(Columns::index("webhook_endpoints", &["created_by"], false)).await?;
    let secrets = [
        Columns::id(),
        Columns::uuid("owner_id"),
        Columns::uuid("endpoint_id"),
        Columns::text("sealed"),
        Columns::integer_null("expires_at"),
        Columns::integer("created_at"),
    ];
    manager.create_table(Columns::table("webhook_secrets", secrets)).await?;
    manager.create_index(Columns::index("webhook_secrets", &["endpoint_id", "created_at", "id"], false)).await?;
    manager.create_index(Columns::index("webhook_secrets", &["owner_id"], false)).await
}

async fn create_messages(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let messages = [
        Columns::id(),
        Columns::uuid("owner_id"),
        Columns::uuid("endpoint_id"),
        Columns::uuid("event_id"),
        Columns::text("event_type"),
        Columns::text("body"),
        Columns::text("state"),
        Columns::integer("round"),
        Columns::integer("tries"),
        Columns::integer("created_at"),
        Columns::integer("updated_at"),
    ];
    manager.create_table(Columns::table("webhook_messages", messages)).await?;
    manager.create_index(Columns::index("webhook_messages", &["endpoint_id", "event_id"], true)).await?;
    manager.create_index(Columns::index("webhook_messages", &["owner_id", "created_at", "id"], false)).await?;
    manager.create_index(Columns::index("webhook_messages", &["state", "updated_at"], false)).await?;
    let attempts = [
        Columns::id(),
        Columns::uuid("owner_id"),
        Columns::uuid("endpoint_id"),
        Columns::uuid("message_id"),
        Columns::uuid("event_id"),
        Columns::text("event_type"),
        Columns::integer("number"),
        Columns::integer_null("status"),
        Columns::text_null("error"),
        Columns::text_null("answer"),
        Columns::integer("duration_ms"),
        Columns::integer_null("retry_at"),
        Columns::integer("created_at"),
    ];
    manager.create_table(Columns::table("webhook_attempts", attempts)).await?;
    manager.create_index(Columns::index("webhook_attempts", &["endpoint_id", "created_at", "id"], false)).await?;
    manager.create_index(Columns::index("webhook_attempts", &["owner_id"], false)).await?;
    manager.create_index(Columns::index("webhook_attempts", &["created_at"], false)).await
}
