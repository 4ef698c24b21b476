use core_db::{DbError, Tx, owned, unscoped};
use core_egress::Url;
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp, UserId, Visibility};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::entity::endpoint::{ActiveModel, Column, Entity, Model};
use super::{DELIVERY, secrets};
use crate::model::{DisabledReason, Endpoint, EndpointId, EndpointStatus};

const LEAVING: &str = "a person leaves rows in the spaces of organisations";

/// What the actor may see: what is open to the space, and what they made themselves.
fn visible_to(actor: &Actor) -> Condition {
    core_db::visible_to(actor, Column::Visibility, Column::CreatedBy)
}

pub(crate) async fn insert(tx: &Tx, endpoint: &Endpoint) -> Result<(), DbError> {
    Entity::insert(ActiveModel::from(row_of(endpoint))).exec_without_returning(tx).await?;
    Ok(())
}

/// How many a space has.
pub(crate) async fn count<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<u64, DbError> {
    Ok(owned::<Entity>(owner).select().count(connection).await?)
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    id: EndpointId,
    now: Timestamp,
) -> Result<Option<Endpoint>, DbError> {
    let found = owned::<Entity>(actor.owner).by_id(id.get()).filter(visible_to(actor)).one(connection).await?;
    Ok(with_secrets(connection, actor.owner, found.into_iter().collect(), now).await?.pop())
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    request: &PageRequest,
    now: Timestamp,
) -> Result<Page<Endpoint>, DbError> {
    let mut select = owned::<Entity>(actor.owner).select().filter(visible_to(actor));
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = core_db::page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    Ok(Page { items: with_secrets(connection, actor.owner, page.items, now).await?, next: page.next })
}

/// Stores everything of it, while its row has the version before. False: it has another one, or is gone.
pub(crate) async fn update(tx: &Tx, endpoint: &Endpoint) -> Result<bool, DbError> {
    let mut change = ActiveModel::from(row_of(endpoint)).reset_all();
    change.id = sea_orm::ActiveValue::NotSet;
    let update = owned::<Entity>(endpoint.owner).update_many().set(change).filter(Column::Id.eq(endpoint.id.get()));
    Ok(update.filter(Column::Version.eq(endpoint.version - 1)).exec(tx).await?.rows_affected == 1)
}

/// Deletes it while it has its version. False: it has another one, or is gone.
pub(crate) async fn delete(tx: &Tx, endpoint: &Endpoint) -> Result<bool, DbError> {
    let delete = owned::<Entity>(endpoint.owner).delete_many().filter(Column::Id.eq(endpoint.id.get()));
    Ok(delete.filter(Column::Version.eq(endpoint.version)).exec(tx).await?.rows_affected == 1)
}

/// Deletes it, whatever its version.
pub(crate) async fn delete_any(tx: &Tx, endpoint: &Endpoint) -> Result<(), DbError> {
    owned::<Entity>(endpoint.owner).delete_many().filter(Column::Id.eq(endpoint.id.get())).exec(tx).await?;
    Ok(())
}

/// One by its id alone, for deliveries.
pub(crate) async fn find_of_anybody<C: ConnectionTrait>(connection: &C, id: EndpointId) -> Result<Option<Endpoint>, DbError> {
    let found = unscoped::<Entity>(DELIVERY).by_id(id.get()).one(connection).await?;
    found.map(Endpoint::try_from).transpose()
}

/// All of a space: there are no more than the settings allow.
pub(crate) async fn all<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Vec<Endpoint>, DbError> {
    let select = owned::<Entity>(owner).select().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id);
    select.all(connection).await?.into_iter().map(Endpoint::try_from).collect()
}

/// Those of a space that events are sent to.
pub(crate) async fn enabled<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Vec<Endpoint>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::DisabledReason.is_null());
    select.all(connection).await?.into_iter().map(Endpoint::try_from).collect()
}

/// The same, held until the unit of work ends: nobody deletes them while messages are made for them.
pub(crate) async fn enabled_held(tx: &Tx, owner: Owner) -> Result<Vec<Endpoint>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::DisabledReason.is_null());
    let held = select.order_by_asc(Column::Id).lock(LockType::Share);
    held.all(tx).await?.into_iter().map(Endpoint::try_from).collect()
}

/// It failed; it has failed since now, or since longer.
pub(crate) async fn failing(tx: &Tx, id: EndpointId) -> Result<(), DbError> {
    let change = ActiveModel { failing_since: Set(Some(tx.ambient().now().millis())), ..Default::default() };
    turn(tx, id, change, Column::FailingSince.is_null()).await
}

/// It took a message.
pub(crate) async fn working(tx: &Tx, id: EndpointId) -> Result<(), DbError> {
    let change = ActiveModel { failing_since: Set(None), ..Default::default() };
    turn(tx, id, change, Column::FailingSince.is_not_null()).await
}

/// A change that the server makes by itself, where it is one. What people read is another version then.
async fn turn(tx: &Tx, id: EndpointId, mut change: ActiveModel, news: Expr) -> Result<(), DbError> {
    change.updated_at = Set(tx.ambient().now().millis());
    let update = unscoped::<Entity>(DELIVERY).update_many().set(change);
    let update = update.col_expr(Column::Version, Expr::col(Column::Version).add(1));
    update.filter(Column::Id.eq(id.get())).filter(news).exec(tx).await?;
    Ok(())
}

/// Disables it. False: it is disabled already, was changed meanwhile, or is gone.
pub(crate) async fn disable(tx: &Tx, endpoint: &Endpoint, reason: DisabledReason) -> Result<bool, DbError> {
    let now = tx.ambient().now().millis();
    let change = ActiveModel {
        disabled_reason: Set(Some(reason.as_str().to_owned())),
        disabled_at: Set(Some(now)),
        failing_since: Set(endpoint.failing_since.map(Timestamp::millis)),
        updated_at: Set(now),
        version: Set(endpoint.version + 1),
        ..Default::default()
    };
    let update = unscoped::<Entity>(DELIVERY).update_many().set(change).filter(Column::Id.eq(endpoint.id.get()));
    let unchanged = Condition::all().add(Column::DisabledReason.is_null()).add(Column::Version.eq(endpoint.version));
    Ok(update.filter(unchanged).exec(tx).await?.rows_affected == 1)
}

/// Those that a person made for themselves in one organisation.
pub(crate) async fn private_in(tx: &Tx, owner: Owner, user: UserId) -> Result<Vec<Endpoint>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::CreatedBy.eq(user.get()));
    let private = select.filter(Column::Visibility.eq(Visibility::Private.as_str()));
    private.all(tx).await?.into_iter().map(Endpoint::try_from).collect()
}

/// Those that a person made for themselves in any organisation.
pub(crate) async fn private_elsewhere(tx: &Tx, user: UserId) -> Result<Vec<Endpoint>, DbError> {
    let select = unscoped::<Entity>(LEAVING).select().filter(Column::CreatedBy.eq(user.get()));
    let select = select.filter(Column::OwnerId.ne(user.get())).filter(Column::Visibility.eq(Visibility::Private.as_str()));
    select.all(tx).await?.into_iter().map(Endpoint::try_from).collect()
}

/// What a person made for organisations stays there, under no name.
pub(crate) async fn disown(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let nobody = ActiveModel { created_by: Set(uuid::Uuid::nil()), ..Default::default() };
    let update = unscoped::<Entity>(LEAVING).update_many().set(nobody);
    update.filter(Column::CreatedBy.eq(user.get())).filter(Column::OwnerId.ne(user.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

async fn with_secrets<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    rows: Vec<Model>,
    now: Timestamp,
) -> Result<Vec<Endpoint>, DbError> {
    let mut endpoints = rows.into_iter().map(Endpoint::try_from).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<EndpointId> = endpoints.iter().map(|endpoint| endpoint.id).collect();
    if ids.is_empty() {
        return Ok(endpoints);
    }
    let infos = secrets::infos(connection, owner, &ids, now).await?;
    for endpoint in &mut endpoints {
        endpoint.secrets = infos.iter().filter(|(of, _)| *of == endpoint.id).map(|(_, info)| *info).collect();
    }
    Ok(endpoints)
}

fn row_of(endpoint: &Endpoint) -> Model {
    let (reason, disabled_at) = match endpoint.status {
        EndpointStatus::Enabled => (None, None),
        EndpointStatus::Disabled { reason, at } => (Some(reason.as_str().to_owned()), Some(at.millis())),
    };
    Model {
        id: endpoint.id.get(),
        owner_id: endpoint.owner.get(),
        created_by: endpoint.created_by.get(),
        visibility: endpoint.visibility.as_str().to_owned(),
        url: endpoint.url.to_string(),
        description: endpoint.description.clone(),
        events: json!(endpoint.events),
        disabled_reason: reason,
        disabled_at,
        failing_since: endpoint.failing_since.map(Timestamp::millis),
        created_at: endpoint.created_at.millis(),
        updated_at: endpoint.updated_at.millis(),
        version: endpoint.version,
    }
}

impl TryFrom<Model> for Endpoint {
    type Error = DbError;

    /// Without its secrets.
    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("webhook endpoint {}: {what}", row.id));
        let status = match &row.disabled_reason {
            None => EndpointStatus::Enabled,
            Some(word) => EndpointStatus::Disabled {
                reason: DisabledReason::parse(word).ok_or_else(|| corrupt("reason"))?,
                at: Timestamp::from_millis(row.disabled_at.unwrap_or(row.updated_at)),
            },
        };
        Ok(Self {
            id: EndpointId(row.id),
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            visibility: if row.visibility == Visibility::Org.as_str() { Visibility::Org } else { Visibility::Private },
            url: Url::parse(&row.url).map_err(|_| corrupt("url"))?,
            events: serde_json::from_value(row.events).map_err(|_| corrupt("events"))?,
            description: row.description,
            status,
            failing_since: row.failing_since.map(Timestamp::from_millis),
            secrets: Vec::new(),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
