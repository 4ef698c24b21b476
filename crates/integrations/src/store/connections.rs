use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp, UserId, Visibility};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::entity::connection::{ActiveModel, Column, Entity, Model};
use crate::model::{AuthKind, Connection, ConnectionId, ConnectionStatus, Provider, Settings};

const TOKENS: &str = "tokens are refreshed for whoever uses them";
const LEAVING: &str = "a person leaves rows in the spaces of organisations";
/// How many of a kind are looked at to choose the only one.
const FEW: u64 = 20;

/// A connection as it is stored.
pub(crate) struct Stored {
    pub(crate) connection: Connection,
    pub(crate) sealed: String,
}

fn visible_to(actor: &Actor) -> Condition {
    core_db::visible_to(actor, Column::Visibility, Column::CreatedBy)
}

pub(crate) async fn insert(tx: &Tx, connection: &Connection, sealed: &str) -> Result<(), DbError> {
    let model = Model {
        id: connection.id.get(),
        owner_id: connection.owner.get(),
        created_by: connection.created_by.get(),
        visibility: connection.visibility.as_str().to_owned(),
        provider: connection.provider.as_str().to_owned(),
        auth: connection.auth.as_str().to_owned(),
        name: connection.name.clone(),
        account: Value::Object(connection.account.clone()),
        settings: json!(connection.settings),
        credentials: sealed.to_owned(),
        credentials_version: connection.credentials_version,
        refreshing_until: 0,
        status: connection.status.as_str().to_owned(),
        checked_at: connection.checked_at.millis(),
        expires_at: connection.expires_at.map(Timestamp::millis),
        created_at: connection.created_at.millis(),
        updated_at: connection.updated_at.millis(),
        version: connection.version,
    };
    Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn find<C: ConnectionTrait>(db: &C, actor: &Actor, id: ConnectionId) -> Result<Option<Connection>, DbError> {
    let select = owned::<Entity>(actor.owner).by_id(id.get()).filter(visible_to(actor));
    select.one(db).await?.map(Connection::try_from).transpose()
}

/// How many a space has, whoever made them.
pub(crate) async fn count<C: ConnectionTrait>(db: &C, owner: Owner) -> Result<u64, DbError> {
    Ok(owned::<Entity>(owner).select().count(db).await?)
}

/// Those of a provider that the actor may use, a few of them.
pub(crate) async fn of_provider<C: ConnectionTrait>(
    db: &C,
    actor: &Actor,
    provider: Provider,
) -> Result<Vec<Connection>, DbError> {
    let select = owned::<Entity>(actor.owner).select().filter(visible_to(actor)).filter(Column::Provider.eq(provider.as_str()));
    let rows = select.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(FEW).all(db).await?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// By its id alone, with what is sealed.
pub(crate) async fn stored<C: ConnectionTrait>(db: &C, id: ConnectionId) -> Result<Option<Stored>, DbError> {
    let row = unscoped::<Entity>(TOKENS).by_id(id.get()).one(db).await?;
    row.map(|row| {
        let sealed = row.credentials.clone();
        Ok(Stored { connection: Connection::try_from(row)?, sealed })
    })
    .transpose()
}

pub(crate) async fn list<C: ConnectionTrait>(
    db: &C,
    actor: &Actor,
    provider: Option<Provider>,
    request: &PageRequest,
) -> Result<Page<Connection>, DbError> {
    let mut select = owned::<Entity>(actor.owner).select().filter(visible_to(actor));
    if let Some(provider) = provider {
        select = select.filter(Column::Provider.eq(provider.as_str()));
    }
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    page(select, db, request).await
}

/// Everything of a space, for its export.
pub(crate) async fn of_space<C: ConnectionTrait>(
    db: &C,
    owner: Owner,
    request: &PageRequest,
) -> Result<Page<Connection>, DbError> {
    page(owned::<Entity>(owner).select(), db, request).await
}

async fn page<C: ConnectionTrait>(
    select: sea_orm::Select<Entity>,
    db: &C,
    request: &PageRequest,
) -> Result<Page<Connection>, DbError> {
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = core_db::page(select, (Column::CreatedAt, Column::Id), request, db, key).await?;
    let items = page.items.into_iter().map(Connection::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

/// Stores what people changed, and new credentials where there are some, while it has its version.
pub(crate) async fn update(tx: &Tx, changed: &Connection, from: i64, sealed: Option<&str>) -> Result<bool, DbError> {
    let mut model = ActiveModel {
        visibility: Set(changed.visibility.as_str().to_owned()),
        name: Set(changed.name.clone()),
        settings: Set(json!(changed.settings)),
        account: Set(Value::Object(changed.account.clone())),
        updated_at: Set(tx.ambient().now().millis()),
        version: Set(changed.version),
        ..Default::default()
    };
    if let Some(sealed) = sealed {
        model.credentials = Set(sealed.to_owned());
        model.credentials_version = Set(changed.credentials_version);
        model.refreshing_until = Set(0);
        model.auth = Set(changed.auth.as_str().to_owned());
        model.status = Set(changed.status.as_str().to_owned());
        model.checked_at = Set(changed.checked_at.millis());
        model.expires_at = Set(changed.expires_at.map(Timestamp::millis));
    }
    let update = owned::<Entity>(changed.owner).update_many().set(model).filter(Column::Id.eq(changed.id.get()));
    Ok(update.filter(Column::Version.eq(from)).exec(tx).await?.rows_affected == 1)
}

/// What a look at the provider told. It is no change that people make, so the version stays.
pub(crate) async fn checked(tx: &Tx, id: ConnectionId, status: ConnectionStatus, account: Option<&Value>) -> Result<(), DbError> {
    let mut model = ActiveModel { status: Set(status.as_str().to_owned()), ..Default::default() };
    if status == ConnectionStatus::Active {
        model.checked_at = Set(tx.ambient().now().millis());
    }
    if let Some(account) = account {
        model.account = Set(account.clone());
    }
    unscoped::<Entity>(TOKENS).update_many().set(model).filter(Column::Id.eq(id.get())).exec(tx).await?;
    Ok(())
}

/// Takes the right to exchange the refresh token of this version, for a while. One of all processes gets it.
pub(crate) async fn begin_refresh(tx: &Tx, id: ConnectionId, version: i64, until: Timestamp) -> Result<bool, DbError> {
    let now = tx.ambient().now().millis();
    let model = ActiveModel { refreshing_until: Set(until.millis()), ..Default::default() };
    let update = unscoped::<Entity>(TOKENS).update_many().set(model).filter(Column::Id.eq(id.get()));
    let free = update.filter(Column::CredentialsVersion.eq(version)).filter(Column::RefreshingUntil.lte(now));
    Ok(free.exec(tx).await?.rows_affected == 1)
}

/// Gives the right back unused.
pub(crate) async fn end_refresh(tx: &Tx, id: ConnectionId, version: i64) -> Result<(), DbError> {
    let model = ActiveModel { refreshing_until: Set(0), ..Default::default() };
    let update = unscoped::<Entity>(TOKENS).update_many().set(model).filter(Column::Id.eq(id.get()));
    update.filter(Column::CredentialsVersion.eq(version)).exec(tx).await?;
    Ok(())
}

/// Stores what is sealed anew, in place of this version. False: somebody else was faster.
pub(crate) async fn replace_sealed(
    tx: &Tx,
    id: ConnectionId,
    version: i64,
    sealed: &str,
    expires_at: Option<Timestamp>,
) -> Result<bool, DbError> {
    let model = ActiveModel {
        credentials: Set(sealed.to_owned()),
        credentials_version: Set(version + 1),
        refreshing_until: Set(0),
        status: Set(ConnectionStatus::Active.as_str().to_owned()),
        expires_at: Set(expires_at.map(Timestamp::millis)),
        ..Default::default()
    };
    let update = unscoped::<Entity>(TOKENS).update_many().set(model).filter(Column::Id.eq(id.get()));
    Ok(update.filter(Column::CredentialsVersion.eq(version)).exec(tx).await?.rows_affected == 1)
}

/// Deletes it while it has its version.
pub(crate) async fn delete(tx: &Tx, connection: &Connection) -> Result<bool, DbError> {
    let delete = owned::<Entity>(connection.owner).delete_many().filter(Column::Id.eq(connection.id.get()));
    Ok(delete.filter(Column::Version.eq(connection.version)).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

/// What a person left in spaces of organisations: what only they used is deleted, what they shared stays under no name.
pub(crate) async fn forget(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let elsewhere = || Condition::all().add(Column::CreatedBy.eq(user.get())).add(Column::OwnerId.ne(user.get()));
    let private = elsewhere().add(Column::Visibility.eq(Visibility::Private.as_str()));
    unscoped::<Entity>(LEAVING).delete_many().filter(private).exec(tx).await?;
    let nobody = ActiveModel { created_by: Set(uuid::Uuid::nil()), ..Default::default() };
    unscoped::<Entity>(LEAVING).update_many().set(nobody).filter(elsewhere()).exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Connection {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("connection {}: {what}", row.id));
        let settings: Settings = serde_json::from_value(row.settings).map_err(|_| corrupt("settings"))?;
        Ok(Self {
            id: ConnectionId(row.id),
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            visibility: if row.visibility == Visibility::Org.as_str() { Visibility::Org } else { Visibility::Private },
            provider: Provider::parse(&row.provider).ok_or_else(|| corrupt("provider"))?,
            auth: AuthKind::parse(&row.auth).ok_or_else(|| corrupt("auth"))?,
            name: row.name,
            account: row.account.as_object().cloned().unwrap_or_default(),
            settings,
            status: ConnectionStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            checked_at: Timestamp::from_millis(row.checked_at),
            expires_at: row.expires_at.map(Timestamp::from_millis),
            credentials_version: row.credentials_version,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
