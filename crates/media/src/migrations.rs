use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of media.
pub fn ledger() -> Ledger {
    Ledger { name: "media", migrations: vec![Box::new(CreateMedia), Box::new(CountUsage), Box::new(DirectUploads)] }
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

/// What each space stores, in one row, so that an upload need not add up all of its pictures.
struct CountUsage;

core_db::named_migration!(CountUsage, "media_0002_usage");

#[async_trait::async_trait]
impl MigrationTrait for CountUsage {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [Columns::uuid("owner_id").primary_key().to_owned(), Columns::integer("bytes")];
        manager.create_table(Columns::table("media_usage", columns)).await?;
        let sum = Func::sum(Expr::col(Alias::new("bytes"))).cast_as("bigint");
        let mut stored = Query::select();
        stored.column(Alias::new("owner_id")).expr(sum).from(Alias::new("media_items")).group_by_col(Alias::new("owner_id"));
        let mut insert = Query::insert();
        insert.into_table(Alias::new("media_usage")).columns([Alias::new("owner_id"), Alias::new("bytes")]);
        insert.select_from(stored).map_err(|error| DbErr::Custom(error.to_string()))?;
        manager.execute(insert).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("media_usage")).to_owned()).await
    }
}

/// Uploads that go straight into the store stand beside those that come in parts.
struct DirectUploads;

core_db::named_migration!(DirectUploads, "media_0003_direct_uploads");

#[async_trait::async_trait]
impl MigrationTrait for DirectUploads {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut direct = Columns::boolean("direct");
        direct.default(false);
        manager.alter_table(Table::alter().table(Alias::new("media_uploads")).add_column(direct).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let change = Table::alter().table(Alias::new("media_uploads")).drop_column(Alias::new("direct")).to_owned();
        manager.alter_table(change).await
    }
}
