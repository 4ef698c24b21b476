use std::time::Duration;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::{Db, DbError, unscoped};

/// How often a living process should call [`Db::beat`].
pub const HEARTBEAT: Duration = Duration::from_secs(10);

/// A process that was not heard of for three beats is taken for dead.
const ALIVE_FOR: Duration = Duration::from_secs(30);

const REASON: &str = "processes belong to the server";

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "instances")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) role: String,
        pub(crate) started_at: i64,
        pub(crate) seen_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One process that uses a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    id: Uuid,
    role: &'static str,
    started_at: i64,
}

impl Instance {
    /// This process, in its role (`serve`, `worker`).
    pub fn here(db: &Db, role: &'static str) -> Self {
        Self { id: db.ambient().ids.next(), role, started_at: db.ambient().now().millis() }
    }
}

impl Db {
    /// Says that a process lives; those that were not heard of for a while leave the list.
    pub async fn beat(&self, instance: Instance) -> Result<(), DbError> {
        let now = self.ambient().now().millis();
        let fresh = row::ActiveModel {
            id: Set(instance.id),
            role: Set(instance.role.to_owned()),
            started_at: Set(instance.started_at),
            seen_at: Set(now),
        };
        self.write(|tx| {
            let fresh = fresh.clone();
            async move {
                let seen = OnConflict::column(row::Column::Id).update_column(row::Column::SeenAt).to_owned();
                row::Entity::insert(fresh).on_conflict(seen).exec_without_returning(&tx).await?;
                unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::SeenAt.lt(now - alive_for())).exec(&tx).await?;
                Ok(())
            }
        })
        .await
    }

    /// How many other living processes have a role.
    pub async fn others(&self, instance: Instance) -> Result<usize, DbError> {
        let since = self.ambient().now().millis() - alive_for();
        let others = unscoped::<row::Entity>(REASON).select().filter(row::Column::SeenAt.gte(since));
        let others = others.filter(row::Column::Id.ne(instance.id)).filter(row::Column::Role.eq(instance.role));
        Ok(others.all(self.read()).await?.len())
    }

    /// A process that ends takes itself from the list.
    pub async fn leave(&self, instance: Instance) -> Result<(), DbError> {
        self.write(|tx| async move {
            unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::Id.eq(instance.id)).exec(&tx).await?;
            Ok(())
        })
        .await
    }
}

fn alive_for() -> i64 {
    i64::try_from(ALIVE_FOR.as_millis()).unwrap_or(i64::MAX)
}
