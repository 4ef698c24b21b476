use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

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

/// Remembers a fact about this database, such as the fingerprint of its master key, and gives what is remembered: `value` if
/// this was the first time, else what came first.
pub async fn remember_once(db: &Db, name: &'static str, value: &str) -> Result<String, DbError> {
    db.write(|tx| async move {
        let reason = "facts belong to the server";
        if let Some(found) = unscoped::<row::Entity>(reason).by_id(name.to_owned()).one(&tx).await? {
            return Ok(found.value);
        }
        let fresh = row::ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) };
        row::Entity::insert(fresh).exec_without_returning(&tx).await?;
        Ok(value.to_owned())
    })
    .await
}
