use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table, TableCreateStatement};
use sea_orm_migration::{MigrationTrait, SchemaManager};

pub(super) struct CreateLlm;

core_db::named_migration!(CreateLlm, "llm_0001_conversations_messages_generations");

const TABLES: [&str; 4] = ["conversations", "messages", "message_branches", "generations"];

#[async_trait::async_trait]
impl MigrationTrait for CreateLlm {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [conversations(), messages(), branches(), generations()] {
            manager.create_table(table).await?;
        }
        let indexes: [(&str, &[&str], bool); 9] = [
            ("conversations", &["owner_id", "created_at", "id"], false),
            ("messages", &["conversation_id", "branch_id", "depth"], true),
            ("messages", &["conversation_id", "created_at", "id"], false),
            ("messages", &["owner_id"], false),
            ("message_branches", &["conversation_id"], false),
            ("generations", &["owner_id", "created_at", "id"], false),
            ("generations", &["conversation_id"], false),
            ("generations", &["state", "heartbeat_at"], false),
            ("generations", &["request_key"], true),
        ];
        for (table, columns, unique) in indexes {
            manager.create_index(Columns::index(table, columns, unique)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}

fn conversations() -> TableCreateStatement {
    Columns::table(
        "conversations",
        vec![
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::text("visibility"),
            Columns::text_null("title"),
            Columns::text_null("system_prompt"),
            Columns::text_null("model"),
            Columns::boolean("archived"),
            Columns::boolean("pinned"),
            Columns::json("metadata"),
            Columns::uuid_null("active_leaf_id"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ],
    )
}

fn messages() -> TableCreateStatement {
    Columns::table(
        "messages",
        vec![
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::uuid("conversation_id"),
            Columns::uuid_null("parent_id"),
            Columns::uuid("branch_id"),
            Columns::integer("depth"),
            Columns::text("role"),
            Columns::json("parts"),
            Columns::text("status"),
            Columns::uuid_null("generation_id"),
            Columns::text_null("model"),
            Columns::text_null("finish_reason"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ],
    )
}

fn branches() -> TableCreateStatement {
    Columns::table(
        "message_branches",
        vec![
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("conversation_id"),
            Columns::uuid_null("parent_branch_id"),
            Columns::integer("fork_depth"),
        ],
    )
}

fn generations() -> TableCreateStatement {
    Columns::table(
        "generations",
        vec![
            Columns::id(),
            Columns::uuid("owner_id"),
            Columns::uuid("created_by"),
            Columns::text("purpose"),
            Columns::uuid_null("conversation_id"),
            Columns::uuid_null("user_message_id"),
            Columns::uuid_null("assistant_message_id"),
            Columns::text_null("request_key"),
            Columns::text_null("request_fingerprint"),
            Columns::text("state"),
            Columns::text_null("provider"),
            Columns::text_null("model"),
            Columns::text("answer_text"),
            Columns::text("reasoning"),
            Columns::json("tool_calls"),
            Columns::text_null("finish_reason"),
            Columns::text_null("finish_raw"),
            Columns::json("usage"),
            Columns::text("usage_source"),
            Columns::integer("cost_micros"),
            Columns::text("currency"),
            Columns::text_null("failure_code"),
            Columns::text_null("failure_detail"),
            Columns::text_null("response_id"),
            Columns::json("adjustments"),
            Columns::integer("overhead_ms"),
            Columns::boolean("stop_requested"),
            Columns::integer("heartbeat_at"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer_null("finished_at"),
            Columns::integer("version"),
        ],
    )
}
