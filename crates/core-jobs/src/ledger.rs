use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, ColumnDef, ConditionalStatement, Expr, ExprTrait, Query, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of jobs, schedules and events.
pub fn ledger() -> Ledger {
    Ledger { name: "core_jobs", migrations: vec![Box::new(CreateJobs), Box::new(AddTraceparent)] }
}

struct CreateJobs;

core_db::named_migration!(CreateJobs, "core_jobs_0001_jobs_schedules_events");

fn small(name: &str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).integer().not_null().to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for CreateJobs {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(jobs()).await?;
        manager.create_index(Columns::index("jobs", &["state", "queue", "run_at"], false)).await?;
        manager.create_index(Columns::index("jobs", &["created_at", "id"], false)).await?;
        // A finished job does not keep its key, so that the same work can be queued again.
        let open = Expr::col(Alias::new("state")).is_in(["ready", "running"]);
        let unique = Columns::index("jobs", &["name", "unique_key"], true).and_where(open).to_owned();
        manager.create_index(unique).await?;
        let events = Columns::table(
            "outbox_events",
            [
                Columns::id(),
                Columns::text("type"),
                small("version"),
                Columns::integer("occurred_at"),
                Columns::uuid("owner_id"),
                Columns::uuid("subject_id"),
                Columns::json("data"),
                Columns::integer_null("sequence"),
            ],
        );
        manager.create_table(events).await?;
        manager.create_index(Columns::index("outbox_events", &["sequence"], true)).await?;
        manager.create_index(Columns::index("outbox_events", &["owner_id", "sequence"], false)).await?;
        let counter = Columns::table("outbox_counter", [small("id").primary_key().to_owned(), Columns::integer("value")]);
        manager.create_table(counter).await?;
        let start = Query::insert()
            .into_table(Alias::new("outbox_counter"))
            .columns([Alias::new("id"), Alias::new("value")])
            .values_panic([1.into(), 0_i64.into()])
            .to_owned();
        manager.execute(start).await?;
        let name = Columns::text("name").primary_key().to_owned();
        manager.create_table(Columns::table("job_schedules", [name, Columns::integer("next_at")])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["jobs", "outbox_events", "outbox_counter", "job_schedules"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}

struct AddTraceparent;

core_db::named_migration!(AddTraceparent, "core_jobs_0002_traceparent");

/// Where who queued a job or published an event stood in a trace. Rows from before have none.
const TRACED: [&str; 2] = ["jobs", "outbox_events"];

#[async_trait::async_trait]
impl MigrationTrait for AddTraceparent {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TRACED {
            let table = Table::alter().table(Alias::new(table)).to_owned();
            manager.alter_table({ table }.add_column(Columns::text_null("traceparent")).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TRACED {
            let table = Table::alter().table(Alias::new(table)).to_owned();
            manager.alter_table({ table }.drop_column(Alias::new("traceparent")).to_owned()).await?;
        }
        Ok(())
    }
}

fn jobs() -> sea_orm::sea_query::TableCreateStatement {
    Columns::table(
        "jobs",
        [
            Columns::id(),
            Columns::text("queue"),
            Columns::text("name"),
            Columns::text("payload"),
            Columns::boolean("sealed"),
            small("payload_version"),
            Columns::uuid_null("owner_id"),
            Columns::text("state"),
            small("priority"),
            small("attempt"),
            small("max_attempts"),
            Columns::integer("timeout_ms"),
            Columns::integer("run_at"),
            Columns::integer_null("lease_until"),
            Columns::uuid_null("leased_by"),
            Columns::text_null("unique_key"),
            Columns::text_null("last_error"),
            Columns::json_null("progress"),
            Columns::boolean("cancel_requested"),
            Columns::integer("created_at"),
            Columns::integer_null("finished_at"),
        ],
    )
}
