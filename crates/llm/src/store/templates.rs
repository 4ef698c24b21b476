use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, Owner, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::more_rows::template::{ActiveModel, Column, Entity, Model};
use crate::service::{PromptTemplate, TemplateSource};

pub(crate) async fn count<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<u64, DbError> {
    Ok(owned::<Entity>(owner).select().count(connection).await?)
}

/// Stores the next version of a name.
pub(crate) async fn insert(tx: &Tx, actor: &Actor, name: &str, text: &str) -> Result<PromptTemplate, DbError> {
    let newest = find(tx, actor.owner, name, None).await?;
    let model = Model {
        id: tx.ambient().ids.next(),
        owner_id: actor.owner.get(),
        created_by: actor.author().get(),
        created_at: tx.ambient().now().millis(),
        name: name.to_owned(),
        version: newest.map_or(1, |newest| newest.version + 1),
        source: text.to_owned(),
    };
    Entity::insert(ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    Ok(PromptTemplate::from(model))
}

/// One version, or the newest.
pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    name: &str,
    version: Option<i64>,
) -> Result<Option<PromptTemplate>, DbError> {
    let mut select = owned::<Entity>(owner).select().filter(Column::Name.eq(name)).order_by_desc(Column::Version);
    if let Some(version) = version {
        select = select.filter(Column::Version.eq(version));
    }
    Ok(select.one(connection).await?.map(PromptTemplate::from))
}

/// The newest version of each name.
pub(crate) async fn newest_of_all<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Vec<PromptTemplate>, DbError> {
    let select = owned::<Entity>(owner).select().order_by_asc(Column::Name).order_by_desc(Column::Version);
    let mut rows = select.all(connection).await?;
    rows.dedup_by(|next, first| next.name == first.name);
    Ok(rows.into_iter().map(PromptTemplate::from).collect())
}

impl From<Model> for PromptTemplate {
    fn from(row: Model) -> Self {
        Self {
            name: row.name,
            version: row.version,
            text: row.source,
            source: TemplateSource::Own,
            created_at: Some(Timestamp::from_millis(row.created_at)),
        }
    }
}
