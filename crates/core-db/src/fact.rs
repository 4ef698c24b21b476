use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{Db, DbError, unscoped};

pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "core_facts")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) name: String,
        pub(crate) value: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const REASON: &str = "facts belong to the server";

/// Remembers a fact about this database, such as its sealed root keys, and gives what is remembered: `value` if this was the first time,
/// else what came first. Of two processes that say it at once, both get that of one of them.
pub async fn remember_once(db: &Db, name: &'static str, value: &str) -> Result<String, DbError> {
    db.write(|tx| async move {
        let fresh = row::ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) };
        // Whoever comes second waits for the first at the name, and then reads what the first wrote.
        let touch = OnConflict::column(row::Column::Name).value(row::Column::Name, Expr::value(name)).to_owned();
        row::Entity::insert(fresh).on_conflict(touch).exec_without_returning(&tx).await?;
        let found = unscoped::<row::Entity>(REASON).by_id(name.to_owned()).one(&tx).await?.ok_or(DbError::NotFound)?;
        Ok(found.value)
    })
    .await
}

/// What is remembered under this name.
pub async fn remembered(db: &Db, name: &'static str) -> Result<Option<String>, DbError> {
    let found = unscoped::<row::Entity>(REASON).by_id(name.to_owned()).one(db.read()).await?;
    Ok(found.map(|found| found.value))
}

/// Remembers `now` in the place of `before`; nothing changes where something else is remembered by now.
pub async fn remember_instead(db: &Db, name: &'static str, before: &str, now: &str) -> Result<(), DbError> {
    db.write(|tx| async move {
        let update = unscoped::<row::Entity>(REASON).update_many().col_expr(row::Column::Value, Expr::value(now));
        update.filter(row::Column::Name.eq(name)).filter(row::Column::Value.eq(before)).exec(&tx).await?;
        Ok(())
    })
    .await
}
