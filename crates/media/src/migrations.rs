use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of media.
pub fn ledger() -> Ledger {
    Ledger { name: "media", migrations: vec![Box::new(CreateMedia)] }
}

struct CreateMedia;

core_db::named_migration!(CreateMedia, "media_0001_create");

#[async_trait::async_trait]
impl MigrationTrait for CreateMedia {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let items = [
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::text("visibility"),
            Columns::text("status"),
            Columns::text_null("purpose"),
            Columns::text_null("alt"),
            Columns::text_null("file_name"),
            Columns::integer("width"),
            Columns::integer("height"),
            Columns::integer("frames"),
            Columns::integer("bytes"),
            Columns::text_null("thumbhash"),
            Columns::text_null("dominant_color"),
            Columns::integer_null("dhash"),
            Columns::text_null("reason"),
            Columns::json("variants"),
            Columns::json("metadata"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("media_items", items)).await?;
        manager.create_index(Columns::index("media_items", &["owner_id", "created_at", "id"], false)).await?;
        manager.create_index(Columns::index("media_items", &["status", "updated_at"], false)).await?;
        let uploads = [
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::integer("length"),
            Columns::integer("offset"),
            Columns::text("metadata"),
            Columns::uuid_null("media_id"),
            Columns::json("parts"),
            Columns::integer("expires_at"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("media_uploads", uploads)).await?;
        manager.create_index(Columns::index("media_uploads", &["owner_id", "created_at", "id"], false)).await?;
        manager.create_index(Columns::index("media_uploads", &["expires_at"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["media_uploads", "media_items"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}
