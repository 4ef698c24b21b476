use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{CursorKey, Owner, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, LikeExpr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use serde_json::{Map, Value};

use super::entity::profile as row;
use crate::model::{Locale, PeopleFilter, TimeZone, Units};
use crate::{Identity, IdentityStatus};

/// A profile as stored: what the person has not chosen is none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) display_name: Option<String>,
    pub(crate) locale: Option<Locale>,
    pub(crate) time_zone: Option<TimeZone>,
    pub(crate) units: Option<Units>,
    pub(crate) avatar: Option<uuid::Uuid>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) status: IdentityStatus,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: i64,
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Option<Record>, DbError> {
    owned::<row::Entity>(owner).select().one(connection).await?.map(Record::try_from).transpose()
}

/// People in general, the newest first.
pub(crate) async fn search<C: ConnectionTrait>(
    connection: &C,
    filter: &PeopleFilter,
    request: &PageRequest,
) -> Result<Page<Record>, DbError> {
    let mut select = unscoped::<row::Entity>("administrators look through everybody").select();
    for word in filter.query.iter().flat_map(|query| query.split_whitespace()) {
        // The word is data: its own % and _ stand for themselves.
        let word = word.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        select = select.filter(row::Column::SearchText.like(LikeExpr::new(format!("%{word}%")).escape('\\')));
    }
    if let Some(status) = filter.status {
        select = select.filter(row::Column::Status.eq(status.as_str()));
    }
    let order = (row::Column::CreatedAt, row::Column::UserId);
    let key = |row: &row::Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.user_id };
    let page = core_db::page(select, order, request, connection, key).await?;
    let items = page.items.into_iter().map(Record::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

fn search_text(email: &str, display_name: Option<&str>) -> String {
    format!("{email} {}", display_name.unwrap_or_default()).to_lowercase()
}

/// The same, and nobody else changes the row until the unit of work ends.
pub(crate) async fn find_for_update(tx: &Tx, owner: Owner) -> Result<Option<Record>, DbError> {
    // SQLite has one writer, and the builder leaves the clause out there.
    owned::<row::Entity>(owner).select().lock_exclusive().one(tx).await?.map(Record::try_from).transpose()
}

/// Writes what the person may change, if the row is still at the record's version. Returns the new record, or none.
pub(crate) async fn update(tx: &Tx, record: Record) -> Result<Option<Record>, DbError> {
    let changed = Record { updated_at: tx.ambient().now(), version: record.version + 1, ..record };
    let change = row::ActiveModel {
        display_name: Set(changed.display_name.clone()),
        locale: Set(changed.locale.as_ref().map(|locale| locale.as_str().to_owned())),
        time_zone: Set(changed.time_zone.as_ref().map(|zone| zone.as_str().to_owned())),
        units: Set(changed.units.map(|units| units.as_str().to_owned())),
        search_text: Set(search_text(&changed.email, changed.display_name.as_deref())),
        avatar_id: Set(changed.avatar),
        metadata: Set(Value::Object(changed.metadata.clone())),
        updated_at: Set(changed.updated_at.millis()),
        version: Set(changed.version),
        ..Default::default()
    };
    let update = owned::<row::Entity>(changed.user.into()).update_many().set(change);
    let outcome = update.filter(row::Column::Version.eq(record.version)).exec(tx).await?;
    Ok((outcome.rows_affected == 1).then_some(changed))
}

/// Copies what identity says into the profile, and makes the profile where there is none. An older version of the identity
/// changes nothing, so that messages may come late, twice and out of order.
pub(crate) async fn project(tx: &Tx, identity: &Identity) -> Result<(), DbError> {
    let now = tx.ambient().now().millis();
    let stored = find_for_update(tx, identity.id.into()).await?;
    let name = stored.as_ref().map_or(identity.display_name.as_deref(), |record| record.display_name.as_deref());
    let search_text = search_text(&identity.email, name);
    let newer = owned::<row::Entity>(identity.id.into())
        .update_many()
        .col_expr(row::Column::Email, Expr::value(identity.email.clone()))
        .col_expr(row::Column::EmailVerified, Expr::value(identity.email_verified))
        .col_expr(row::Column::Status, Expr::value(identity.status.as_str()))
        .col_expr(row::Column::SearchText, Expr::value(search_text.clone()))
        .col_expr(row::Column::AccountVersion, Expr::value(identity.version))
        .col_expr(row::Column::UpdatedAt, Expr::value(now))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .filter(row::Column::AccountVersion.lt(identity.version));
    if newer.exec(tx).await?.rows_affected > 0 {
        return Ok(());
    }
    let model = row::ActiveModel {
        user_id: Set(identity.id.get()),
        email: Set(identity.email.clone()),
        email_verified: Set(identity.email_verified),
        account_version: Set(identity.version),
        display_name: Set(identity.display_name.clone()),
        locale: Set(None),
        time_zone: Set(None),
        units: Set(None),
        avatar_id: Set(None),
        metadata: Set(Value::Object(Map::new())),
        status: Set(identity.status.as_str().to_owned()),
        search_text: Set(search_text),
        created_at: Set(identity.created_at.millis()),
        updated_at: Set(identity.created_at.millis()),
        version: Set(1),
    };
    let there = OnConflict::column(row::Column::UserId).do_nothing().to_owned();
    row::Entity::insert(model).on_conflict(there).try_insert().exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<row::Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<row::Model> for Record {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("profile {}: {what}", row.user_id));
        let Value::Object(metadata) = row.metadata else { return Err(corrupt("metadata")) };
        let locale = row.locale.map(|text| Locale::parse(&text).ok_or_else(|| corrupt("locale"))).transpose()?;
        let time_zone = row.time_zone.map(|text| TimeZone::parse(&text).ok_or_else(|| corrupt("time_zone"))).transpose()?;
        let units = row.units.map(|word| Units::parse(&word).ok_or_else(|| corrupt("units"))).transpose()?;
        Ok(Self {
            user: UserId(row.user_id),
            email: row.email,
            email_verified: row.email_verified,
            display_name: row.display_name,
            locale,
            time_zone,
            units,
            avatar: row.avatar_id,
            metadata,
            status: IdentityStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
