use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, ColumnDef, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// What facts are found by, where a model makes vectors.
pub(super) struct FactVectors;

core_db::named_migration!(FactVectors, "llm_0004_fact_vectors");

fn added() -> [ColumnDef; 2] {
    [ColumnDef::new(Alias::new("vector")).binary().null().to_owned(), Columns::text_null("vector_model")]
}

#[async_trait::async_trait]
impl MigrationTrait for FactVectors {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in added() {
            manager.alter_table(Table::alter().table(Alias::new("memory_facts")).add_column(&mut column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in added() {
            let name = Alias::new(column.get_column_name());
            manager.alter_table(Table::alter().table(Alias::new("memory_facts")).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
