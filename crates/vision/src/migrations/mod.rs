use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of vision.
pub fn ledger() -> Ledger {
    Ledger { name: "vision", migrations: vec![Box::new(CreateAnalyses)] }
}

struct CreateAnalyses;

core_db::named_migration!(CreateAnalyses, "vision_0001_analyses");

const TABLE: &str = "vision_analyses";

#[async_trait::async_trait]
impl MigrationTrait for CreateAnalyses {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::text("kind"),
            Columns::text("status"),
            Columns::integer("progress"),
            Columns::json("wish"),
            Columns::json_null("answer"),
            Columns::text("consent"),
            Columns::json_null("report"),
            Columns::text_null("problem_code"),
            Columns::text_null("problem_detail"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("expires_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table(TABLE, columns)).await?;
        manager.create_index(Columns::index(TABLE, &["owner_id", "created_at", "id"], false)).await?;
        manager.create_index(Columns::index(TABLE, &["expires_at"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new(TABLE)).to_owned()).await
    }
}
