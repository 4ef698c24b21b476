use core_db::{DbError, Tx, owned};
use core_kernel::{Owner, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use serde_json::{Map, Value};

use super::entity::profile as row;
use crate::Identity;
use crate::model::{Locale, TimeZone, Units};

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
    pub(crate) metadata: Map<String, Value>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: i64,
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Option<Record>, DbError> {
    owned::<row::Entity>(owner).select().one(connection).await?.map(Record::try_from).transpose()
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
    let newer = owned::<row::Entity>(identity.id.into())
        .update_many()
        .col_expr(row::Column::Email, Expr::value(identity.email.clone()))
        .col_expr(row::Column::EmailVerified, Expr::value(identity.email_verified))
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
        metadata: Set(Value::Object(Map::new())),
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
            metadata,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
