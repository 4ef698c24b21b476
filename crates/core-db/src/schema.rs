use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, ColumnDef, Index, IntoIden, Table, TableCreateStatement};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::Ledger;

/// Column definitions that are the same on both engines: ids are native UUIDs (16 bytes on SQLite), times are integers (UTC
/// milliseconds), JSON is text or jsonb, enums are strings.
#[derive(Debug)]
pub struct Columns;

impl Columns {
    /// The primary key.
    pub fn id() -> ColumnDef {
        ColumnDef::new(Alias::new("id")).uuid().not_null().primary_key().to_owned()
    }

    /// A UUID that must be there.
    pub fn uuid(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).uuid().not_null().to_owned()
    }

    /// A UUID that may be absent.
    pub fn uuid_null(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).uuid().null().to_owned()
    }

    /// Text that must be there.
    pub fn text(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).text().not_null().to_owned()
    }

    /// Text that may be absent.
    pub fn text_null(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).text().null().to_owned()
    }

    /// A 64-bit number or a moment in milliseconds.
    pub fn integer(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).big_integer().not_null().to_owned()
    }

    /// A 64-bit number or a moment that may be absent.
    pub fn integer_null(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).big_integer().null().to_owned()
    }

    /// A yes or no.
    pub fn boolean(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).boolean().not_null().to_owned()
    }

    /// A JSON document.
    pub fn json(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).json_binary().not_null().to_owned()
    }

    /// A JSON document that may be absent.
    pub fn json_null(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).json_binary().null().to_owned()
    }

    /// Bytes.
    pub fn bytes(name: &str) -> ColumnDef {
        ColumnDef::new(Alias::new(name)).binary().not_null().to_owned()
    }

    /// A table of these columns.
    pub fn table(name: &str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
        let mut table = Table::create();
        table.table(Alias::new(name));
        for column in columns {
            table.col(column);
        }
        table
    }

    /// An index over columns, unique or not; named `<table>_<columns>`.
    pub fn index(table: &str, columns: &[&str], unique: bool) -> sea_orm::sea_query::IndexCreateStatement {
        let mut index = Index::create();
        index.name(format!("{table}_{}", columns.join("_"))).table(Alias::new(table));
        for column in columns {
            index.col(Alias::new(*column).into_iden());
        }
        if unique {
            index.unique();
        }
        index
    }
}

/// Declares a migration under a fixed name, whatever its file is called.
///
/// `core_db::named_migration!(CreateNotes, "notes_0001_create");`
#[macro_export]
macro_rules! named_migration {
    ($type:ident, $name:literal) => {
        impl ::sea_orm_migration::MigrationName for $type {
            fn name(&self) -> &str {
                $name
            }
        }
    };
}

/// The tables of core-db itself: idempotency keys, audit entries, facts, living processes.
pub fn ledger() -> Ledger {
    Ledger { name: "core_db", migrations: vec![Box::new(CreateCoreTables), Box::new(ChainAudit), Box::new(CreateInstances)] }
}

struct CreateCoreTables;

impl MigrationName for CreateCoreTables {
    fn name(&self) -> &'static str {
        "core_db_0001_idempotency_audit_facts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateCoreTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = Columns::table(
            "idempotency_keys",
            [
                Columns::bytes("id").primary_key().to_owned(),
                Columns::bytes("fingerprint"),
                Columns::text("state"),
                Columns::integer_null("status"),
                Columns::json_null("headers"),
                ColumnDef::new(Alias::new("body")).binary().null().to_owned(),
                Columns::integer("created_at"),
                Columns::integer("expires_at"),
            ],
        );
        manager.create_table(keys).await?;
        manager.create_index(Columns::index("idempotency_keys", &["expires_at"], false)).await?;
        let audit = Columns::table(
            "audit_entries",
            [
                Columns::id(),
                Columns::integer("created_at"),
                Columns::text("action"),
                Columns::text("outcome"),
                Columns::uuid_null("org_id"),
                Columns::bytes("subject_tag"),
                Columns::text("subject_sealed"),
                Columns::json("details"),
            ],
        );
        manager.create_table(audit).await?;
        manager.create_index(Columns::index("audit_entries", &["subject_tag", "created_at"], false)).await?;
        manager.create_index(Columns::index("audit_entries", &["org_id", "created_at"], false)).await?;
        manager.create_index(Columns::index("audit_entries", &["created_at"], false)).await?;
        let name = Columns::text("name").primary_key().to_owned();
        manager.create_table(Columns::table("core_facts", [name, Columns::text("value")])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["idempotency_keys", "audit_entries", "core_facts"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}

struct ChainAudit;

impl MigrationName for ChainAudit {
    fn name(&self) -> &'static str {
        "core_db_0002_audit_chain"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ChainAudit {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bytes = |name: &str| ColumnDef::new(Alias::new(name)).binary().null().to_owned();
        for column in [Columns::integer_null("position"), bytes("subject_digest"), bytes("link")] {
            manager.alter_table(Table::alter().table(Alias::new("audit_entries")).add_column(column).to_owned()).await?;
        }
        manager.create_index(Columns::index("audit_entries", &["position"], true)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop().name("audit_entries_position").table(Alias::new("audit_entries")).to_owned();
        manager.drop_index(index).await?;
        for column in ["link", "subject_digest", "position"] {
            manager
                .alter_table(Table::alter().table(Alias::new("audit_entries")).drop_column(Alias::new(column)).to_owned())
                .await?;
        }
        Ok(())
    }
}

struct CreateInstances;

impl MigrationName for CreateInstances {
    fn name(&self) -> &'static str {
        "core_db_0003_instances"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateInstances {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [Columns::id(), Columns::text("role"), Columns::integer("started_at"), Columns::integer("seen_at")];
        manager.create_table(Columns::table("instances", columns)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("instances")).to_owned()).await
    }
}
