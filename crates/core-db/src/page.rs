use core_kernel::{CursorKey, Order, Page, PageRequest};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::DbError;

/// The condition "after this row" for rows sorted by `at` and, among equals, by `id`. It says first what follows from the rest, that the time is not
/// before the row's: by that an index begins at the row, however many come before it.
pub fn after<C: ColumnTrait>(at: C, id: C, key: CursorKey, order: Order) -> Condition {
    let (time, uuid) = (key.at.millis(), key.id);
    let (begin, beyond, tie) = match order {
        Order::Asc => (at.gte(time), at.gt(time), id.gt(uuid)),
        Order::Desc => (at.lte(time), at.lt(time), id.lt(uuid)),
    };
    Condition::all().add(begin).add(Condition::any().add(beyond).add(tie))
}

/// Reads one keyset page of `select`, sorted by the time column `at` and by `id`. One row more than asked for is read, to
/// know whether there is a next page.
pub async fn page<E, C>(
    select: Select<E>,
    (at, id): (E::Column, E::Column),
    request: &PageRequest,
    connection: &C,
    key_of: impl Fn(&E::Model) -> CursorKey,
) -> Result<Page<E::Model>, DbError>
where
    E: EntityTrait,
    E::Model: Send + Sync,
    C: ConnectionTrait,
{
    let mut select = select;
    if let Some(key) = request.after {
        select = select.filter(after(at, id, key, request.order));
    }
    if let Some(moment) = request.created_after {
        select = select.filter(at.gt(moment.millis()));
    }
    let direction = match request.order {
        Order::Asc => sea_orm::Order::Asc,
        Order::Desc => sea_orm::Order::Desc,
    };
    let limit = usize::from(request.limit);
    let select = select.order_by(at, direction.clone()).order_by(id, direction).limit(u64::from(request.limit) + 1);
    let mut items = select.all(connection).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(key_of) } else { None };
    Ok(Page { items, next })
}
