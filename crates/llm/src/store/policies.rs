use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{Actor, Owner, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::more_rows::policy::{ActiveModel, Column, Entity, Model};
use crate::model::{BudgetPeriod, Policy, PolicyRules, PolicyScope};

/// A policy's owner is whom it is for, so that it goes when they go.
fn of_subject(scope: PolicyScope, subject: Uuid) -> Condition {
    Condition::all().add(Column::OwnerId.eq(subject)).add(Column::Scope.eq(scope.as_str()))
}

/// The policies of these subjects, as far as there are some.
pub(crate) async fn of<C: ConnectionTrait>(connection: &C, subjects: &[(PolicyScope, Uuid)]) -> Result<Vec<Policy>, DbError> {
    let any = subjects.iter().fold(Condition::any(), |any, (scope, subject)| any.add(of_subject(*scope, *subject)));
    let select = unscoped::<Entity>("a call is held to the policies of person, organisation and key at once").select();
    Ok(select.filter(any).all(connection).await?.into_iter().filter_map(policy).collect())
}

pub(crate) async fn put(
    tx: &Tx,
    actor: &Actor,
    scope: PolicyScope,
    subject: Uuid,
    rules: &PolicyRules,
    exists: bool,
) -> Result<(), DbError> {
    let now = tx.ambient().now().millis();
    let mut row = ActiveModel {
        models: Set(json!(rules.models)),
        budget_micros: Set(rules.budget_micros),
        period: Set(rules.period.as_str().to_owned()),
        rpm: Set(rules.rpm.map(i64::from)),
        tpm: Set(rules.tpm.map(i64::from)),
        updated_at: Set(now),
        ..Default::default()
    };
    if exists {
        let update = owned::<Entity>(Owner(subject)).update_many().set(row).filter(Column::Scope.eq(scope.as_str()));
        update.col_expr(Column::Version, Expr::col(Column::Version).add(1)).exec(tx).await?;
        return Ok(());
    }
    row.id = Set(tx.ambient().ids.next());
    row.owner_id = Set(subject);
    row.created_by = Set(actor.author().get());
    row.created_at = Set(now);
    row.scope = Set(scope.as_str().to_owned());
    row.version = Set(1);
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, scope: PolicyScope, subject: Uuid) -> Result<bool, DbError> {
    let delete = owned::<Entity>(Owner(subject)).delete_many().filter(Column::Scope.eq(scope.as_str()));
    Ok(delete.exec(tx).await?.rows_affected > 0)
}

fn policy(row: Model) -> Option<Policy> {
    let number = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
    Some(Policy {
        scope: PolicyScope::parse(&row.scope)?,
        subject: row.owner_id,
        rules: PolicyRules {
            models: serde_json::from_value(row.models).unwrap_or_default(),
            budget_micros: row.budget_micros,
            period: BudgetPeriod::parse(&row.period),
            rpm: number(row.rpm),
            tpm: number(row.tpm),
        },
        updated_at: Timestamp::from_millis(row.updated_at),
        version: row.version,
    })
}
