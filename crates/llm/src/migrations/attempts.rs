use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, ColumnDef, Expr, ExprTrait, Query, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The requests behind a generation, each with its own account.
pub(super) struct Attempts;

core_db::named_migration!(Attempts, "llm_0003_attempts");

const TABLE: &str = "llm_attempts";

fn added() -> [ColumnDef; 2] {
    let mut attempts = Columns::integer("attempts");
    attempts.default(1);
    [attempts, Columns::text_null("request_id")]
}

#[async_trait::async_trait]
impl MigrationTrait for Attempts {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in added() {
            manager.alter_table(Table::alter().table(Alias::new("generations")).add_column(&mut column).to_owned()).await?;
        }
        // Nobody was asked: nothing was configured, or everything was made here.
        let provider = || Expr::col(Alias::new("provider"));
        let unasked = Query::update()
            .table(Alias::new("generations"))
            .value(Alias::new("attempts"), 0)
            .and_where(provider().is_null().or(provider().eq("offline")))
            .to_owned();
        manager.execute(unasked).await?;
        manager.create_table(Columns::table(TABLE, columns())).await?;
        manager.create_index(Columns::index(TABLE, &["generation_id", "number"], true)).await?;
        manager.create_index(Columns::index(TABLE, &["owner_id"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new(TABLE)).to_owned()).await?;
        for column in added() {
            let name = Alias::new(column.get_column_name());
            manager.alter_table(Table::alter().table(Alias::new("generations")).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

fn columns() -> Vec<ColumnDef> {
    vec![
        Columns::id(),
        Columns::uuid("owner_id"),
        Columns::uuid("created_by"),
        Columns::integer("created_at"),
        Columns::uuid("generation_id"),
        Columns::uuid_null("parent_attempt_id"),
        Columns::integer("number"),
        Columns::text("cause"),
        Columns::text("state"),
        Columns::text("provider"),
        Columns::text("model"),
        Columns::text_null("answer_text"),
        Columns::text_null("finish_reason"),
        Columns::text_null("finish_raw"),
        Columns::json("usage"),
        Columns::text("usage_source"),
        Columns::integer("input_tokens"),
        Columns::integer("output_tokens"),
        Columns::integer("cost_micros"),
        Columns::text_null("price"),
        Columns::text_null("failure_code"),
        Columns::text_null("failure_detail"),
        Columns::text_null("request_id"),
        Columns::text_null("response_id"),
        Columns::integer_null("finished_at"),
    ]
}
