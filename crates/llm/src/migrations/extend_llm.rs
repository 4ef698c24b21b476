use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, ColumnDef, Table, TableCreateStatement};
use sea_orm_migration::{MigrationTrait, SchemaManager};

use crate::store::{MEMORY_TEXT, MESSAGE_TEXT};

/// Templates, memory, policies, confirmations of tools, and what conversations and generations say about them.
pub(super) struct ExtendLlm;

core_db::named_migration!(ExtendLlm, "llm_0002_templates_memory_policies_tools");

const TABLES: [&str; 6] =
    ["prompt_templates", "memory_facts", "conversation_summaries", "llm_policies", "llm_spending", "tool_decisions"];

fn added() -> [(&'static str, ColumnDef); 12] {
    let mut memory = Columns::boolean("memory");
    memory.default(true);
    let count = |name: &str| {
        let mut column = Columns::integer(name);
        column.default(0);
        column
    };
    [
        ("conversations", Columns::text_null("template")),
        ("conversations", Columns::integer_null("template_version")),
        ("conversations", Columns::json_null("context")),
        ("conversations", Columns::json_null("tools")),
        ("conversations", memory),
        ("generations", Columns::text_null("price")),
        ("generations", Columns::uuid_null("parent_id")),
        ("generations", Columns::uuid_null("api_key_id")),
        ("generations", Columns::json_null("reservation")),
        ("generations", count("input_tokens")),
        ("generations", count("output_tokens")),
        ("generations", Columns::json_null("confirmations")),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for ExtendLlm {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite takes one column at a time.
        for (table, mut column) in added() {
            manager.alter_table(Table::alter().table(Alias::new(table)).add_column(&mut column).to_owned()).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        let indexes: [(&str, &[&str], bool); 6] = [
            ("prompt_templates", &["owner_id", "name", "version"], true),
            ("memory_facts", &["owner_id", "created_by", "created_at"], false),
            ("conversation_summaries", &["conversation_id", "branch_id", "depth"], false),
            ("llm_policies", &["owner_id", "scope"], true),
            ("llm_spending", &["owner_id", "scope", "period_start"], true),
            ("tool_decisions", &["generation_id", "call_id"], true),
        ];
        for (table, columns, unique) in indexes {
            manager.create_index(Columns::index(table, columns, unique)).await?;
        }
        MESSAGE_TEXT.create(manager).await?;
        MEMORY_TEXT.create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        MEMORY_TEXT.drop(manager).await?;
        MESSAGE_TEXT.drop(manager).await?;
        for table in TABLES {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        for (table, column) in added() {
            let name = Alias::new(column.get_column_name());
            manager.alter_table(Table::alter().table(Alias::new(table)).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

fn table(name: &str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let common = [Columns::id(), Columns::uuid("owner_id"), Columns::uuid("created_by"), Columns::integer("created_at")];
    Columns::table(name, common.into_iter().chain(columns))
}

fn tables() -> [TableCreateStatement; 6] {
    [
        table("prompt_templates", vec![Columns::text("name"), Columns::integer("version"), Columns::text("source")]),
        table(
            "memory_facts",
            vec![
                Columns::text("fact"),
                Columns::uuid_null("conversation_id"),
                Columns::uuid_null("source_message_id"),
                Columns::integer("updated_at"),
                Columns::integer("version"),
            ],
        ),
        table(
            "conversation_summaries",
            vec![
                Columns::uuid("conversation_id"),
                Columns::uuid("message_id"),
                Columns::uuid("branch_id"),
                Columns::integer("depth"),
                Columns::text("summary"),
                Columns::text("kind"),
                Columns::text("provider"),
            ],
        ),
        table(
            "llm_policies",
            vec![
                Columns::text("scope"),
                Columns::json("models"),
                Columns::integer_null("budget_micros"),
                Columns::text("period"),
                Columns::integer_null("rpm"),
                Columns::integer_null("tpm"),
                Columns::integer("updated_at"),
                Columns::integer("version"),
            ],
        ),
        table(
            "llm_spending",
            vec![
                Columns::text("scope"),
                Columns::integer("period_start"),
                Columns::integer("spent_micros"),
                Columns::integer("reserved_micros"),
            ],
        ),
        table("tool_decisions", vec![Columns::uuid("generation_id"), Columns::text("call_id"), Columns::text("decision")]),
    ]
}
