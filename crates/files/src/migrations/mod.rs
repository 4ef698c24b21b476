use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of files.
pub fn ledger() -> Ledger {
    Ledger { name: "files", migrations: vec![Box::new(CreateFiles)] }
}

struct CreateFiles;

core_db::named_migration!(CreateFiles, "files_0001_workspaces_and_manifest");

#[async_trait::async_trait]
impl MigrationTrait for CreateFiles {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let workspaces = [
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::text("visibility"),
            Columns::text("name"),
            Columns::text("kind"),
            Columns::text_null("root_name"),
            Columns::integer("files"),
            Columns::integer("bytes"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("workspaces", workspaces)).await?;
        manager.create_index(Columns::index("workspaces", &["owner_id", "created_at", "id"], false)).await?;
        let files = [
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::uuid("workspace_id"),
            Columns::text("path"),
            Columns::text("sha256"),
            Columns::integer("size"),
            Columns::integer("modified_at"),
        ];
        manager.create_table(Columns::table("workspace_files", files)).await?;
        manager.create_index(Columns::index("workspace_files", &["workspace_id", "path"], true)).await?;
        manager.create_index(Columns::index("workspace_files", &["owner_id"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["workspace_files", "workspaces"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}
