use core_db::{Columns, Db, DbError, FullText, Ledger, Owned, Tx, owned};
use core_kernel::{CursorKey, Owner, Page, PageRequest, Timestamp};
use core_testing::{Engine, TestDb};
use sea_orm::ActiveValue::Set;
use sea_orm::DbErr;
use sea_orm::entity::prelude::*;
use sea_orm_migration::{MigrationTrait, SchemaManager};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) owner_id: Uuid,
    pub(crate) body: String,
    pub(crate) created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Owned for Entity {
    fn owner_column() -> Column {
        Column::OwnerId
    }
}

pub(crate) const FOUND_BY: FullText = FullText { table: "notes_text" };

struct CreateNotes;
core_db::named_migration!(CreateNotes, "notes_0001_create");

#[async_trait::async_trait]
impl MigrationTrait for CreateNotes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [Columns::id(), Columns::uuid("owner_id"), Columns::text("body"), Columns::integer("created_at")];
        manager.create_table(Columns::table("notes", columns)).await?;
        manager.create_index(Columns::index("notes", &["owner_id", "body"], true)).await?;
        FOUND_BY.create(manager).await
    }
}

struct CreateMore;
core_db::named_migration!(CreateMore, "more_0001_create");

#[async_trait::async_trait]
impl MigrationTrait for CreateMore {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(Columns::table("more", [Columns::id()])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use sea_orm::sea_query::{Alias, Table};
        manager.drop_table(Table::drop().table(Alias::new("more")).to_owned()).await
    }
}

struct Breaks;
core_db::named_migration!(Breaks, "breaks_0001");

#[async_trait::async_trait]
impl MigrationTrait for Breaks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Were the first table left behind, the second attempt would fail here, before the error below.
        manager.create_table(Columns::table("half", [Columns::id()])).await.map_err(|_| DbErr::Custom("left behind".into()))?;
        Err(DbErr::Custom("broken on purpose".into()))
    }
}

pub(crate) fn ledger() -> Ledger {
    Ledger { name: "notes", migrations: vec![Box::new(CreateNotes)] }
}

pub(crate) fn second_ledger() -> Ledger {
    Ledger { name: "more", migrations: vec![Box::new(CreateMore)] }
}

pub(crate) fn broken_ledger() -> Ledger {
    Ledger { name: "broken", migrations: vec![Box::new(Breaks)] }
}

pub(crate) async fn fresh(engine: &Engine) -> TestDb {
    TestDb::fresh(engine, vec![ledger()]).await.unwrap()
}

pub(crate) async fn insert(tx: &Tx, owner: Owner, body: &str) -> Result<Uuid, DbError> {
    let id = tx.ambient().ids.next();
    let created_at = tx.ambient().now().millis();
    let model = ActiveModel { id: Set(id), owner_id: Set(owner.get()), body: Set(body.to_owned()), created_at: Set(created_at) };
    Entity::insert(model).exec_without_returning(tx).await?;
    FOUND_BY.index(tx, owner, id, body).await?;
    Ok(id)
}

/// Stores a note by itself, outside any unit of work.
pub(crate) async fn add_one(db: &Db, owner: Owner, body: &str) -> Result<(), DbError> {
    let (id, created_at) = (db.ambient().ids.next(), db.ambient().now().millis());
    let model = ActiveModel { id: Set(id), owner_id: Set(owner.get()), body: Set(body.to_owned()), created_at: Set(created_at) };
    db.insert_one::<Entity>(model).await
}

/// How units of work wait for the disk: 2 is `FULL` (<https://sqlite.org/pragma.html#pragma_synchronous>). None on PostgreSQL.
#[expect(clippy::disallowed_methods, reason = "a pragma has no builder")]
pub(crate) async fn synchronous(db: &Db) -> Option<i32> {
    if db.backend() != sea_orm::DbBackend::Sqlite {
        return None;
    }
    let ask = || sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA synchronous");
    let row = db.write(|tx| async move { Ok::<_, DbError>(tx.query_one_raw(ask()).await?) }).await.unwrap().unwrap();
    Some(row.try_get_by_index(0).unwrap())
}

pub(crate) async fn add(db: &Db, owner: Owner, body: &str) -> Result<Uuid, DbError> {
    db.write(|tx| async move { insert(&tx, owner, body).await }).await
}

pub(crate) async fn all(db: &Db, owner: Owner) -> Vec<String> {
    owned::<Entity>(owner).select().all(db.read()).await.unwrap().into_iter().map(|note| note.body).collect()
}

pub(crate) async fn by_id(db: &Db, owner: Owner, id: Uuid) -> Option<Model> {
    owned::<Entity>(owner).by_id(id).one(db.read()).await.unwrap()
}

pub(crate) async fn rename_all(db: &Db, owner: Owner, body: &str) -> u64 {
    db.write(|tx| async move {
        let change = ActiveModel { body: Set(body.to_owned()), ..Default::default() };
        Ok::<_, DbError>(owned::<Entity>(owner).update_many().set(change).exec(&tx).await?.rows_affected)
    })
    .await
    .unwrap()
}

pub(crate) async fn delete_all(db: &Db, owner: Owner) -> u64 {
    db.write(|tx| async move { Ok::<_, DbError>(owned::<Entity>(owner).delete_many().exec(&tx).await?.rows_affected) })
        .await
        .unwrap()
}

pub(crate) async fn page_of(db: &Db, owner: Owner, request: &PageRequest) -> Page<String> {
    let key = |note: &Model| CursorKey { at: Timestamp::from_millis(note.created_at), id: note.id };
    let select = owned::<Entity>(owner).select();
    core_db::page(select, (Column::CreatedAt, Column::Id), request, db.read(), key).await.unwrap().map(|note| note.body)
}

pub(crate) async fn look(db: &Db, owner: Owner) -> Result<usize, DbError> {
    Ok(owned::<Entity>(owner).select().all(db.read()).await?.len())
}
