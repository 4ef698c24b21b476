//! Every query of this crate.

mod entity;

use std::collections::HashSet;

use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{CursorKey, Owner, Page, PageRequest, Timestamp, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::Value;

use self::entity::{ActiveModel, Column, Entity, Model};
use crate::analysis::Report;
use crate::model::{Analysis, AnalysisId, AnalysisStatus, Kind};

fn json<T: serde::Serialize>(value: &T) -> Result<Value, DbError> {
    serde_json::to_value(value).map_err(|error| DbError::Corrupt(error.to_string()))
}

pub(crate) async fn insert(tx: &Tx, analysis: &Analysis) -> Result<(), DbError> {
    let row = Model {
        id: analysis.id.get(),
        owner_id: analysis.owner.get(),
        created_by: analysis.created_by.get(),
        kind: analysis.kind.as_str().to_owned(),
        status: analysis.status.as_str().to_owned(),
        progress: analysis.progress,
        wish: json(&analysis.wish)?,
        answer: None,
        consent: analysis.consent.clone(),
        report: None,
        problem_code: None,
        problem_detail: None,
        created_at: analysis.created_at.millis(),
        updated_at: analysis.created_at.millis(),
        expires_at: analysis.expires_at.millis(),
        version: 1,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// How many of an owner's have not ended.
pub(crate) async fn open<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<u64, DbError> {
    let open = [AnalysisStatus::Queued, AnalysisStatus::Running].map(AnalysisStatus::as_str);
    Ok(owned::<Entity>(owner).select().filter(Column::Status.is_in(open)).count(connection).await?)
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner, id: AnalysisId) -> Result<Option<Analysis>, DbError> {
    owned::<Entity>(owner).by_id(id.get()).one(connection).await?.map(Analysis::try_from).transpose()
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    request: &PageRequest,
) -> Result<Page<Analysis>, DbError> {
    let mut select = owned::<Entity>(owner).select();
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = core_db::page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    Ok(Page { items: page.items.into_iter().map(Analysis::try_from).collect::<Result<_, _>>()?, next: page.next })
}

pub(crate) async fn all<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Vec<Analysis>, DbError> {
    owned::<Entity>(owner).select().all(connection).await?.into_iter().map(Analysis::try_from).collect()
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, id: AnalysisId) -> Result<bool, DbError> {
    Ok(owned::<Entity>(owner).delete_many().filter(Column::Id.eq(id.get())).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

/// What a step of the work changes.
#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    /// It goes on: percent that is done.
    Running(i64),
    /// The model has said this; it is not asked again.
    Answered(&'a Value),
    /// The report is there.
    Succeeded(&'a Report),
    /// It was refused or given up: a code and a sentence.
    Failed(&'a str, &'a str),
}

/// Moves an analysis on. False: it has ended or is gone.
pub(crate) async fn move_on(tx: &Tx, owner: Owner, id: AnalysisId, step: Step<'_>) -> Result<bool, DbError> {
    let status = |status: AnalysisStatus| Set(status.as_str().to_owned());
    let base = ActiveModel { updated_at: Set(tx.ambient().now().millis()), ..Default::default() };
    let change = match step {
        Step::Running(progress) => ActiveModel { status: status(AnalysisStatus::Running), progress: Set(progress), ..base },
        Step::Answered(answer) => ActiveModel { answer: Set(Some(answer.clone())), progress: Set(80), ..base },
        Step::Succeeded(report) => ActiveModel {
            status: status(AnalysisStatus::Succeeded),
            progress: Set(100),
            report: Set(Some(json(report)?)),
            answer: Set(None),
            ..base
        },
        Step::Failed(code, detail) => ActiveModel {
            status: status(AnalysisStatus::Failed),
            progress: Set(100),
            answer: Set(None),
            problem_code: Set(Some(code.to_owned())),
            problem_detail: Set(Some(detail.to_owned())),
            ..base
        },
    };
    let open = [AnalysisStatus::Queued, AnalysisStatus::Running].map(AnalysisStatus::as_str);
    let update = owned::<Entity>(owner)
        .update_many()
        .set(change)
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id.get()))
        .filter(Column::Status.is_in(open));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Those whose time is over, of all owners.
pub(crate) async fn expired<C: ConnectionTrait>(
    connection: &C,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<(Owner, AnalysisId)>, DbError> {
    let select = unscoped::<Entity>("the sweeper removes what ran out, whosever it is").select();
    let rows =
        select.filter(Column::ExpiresAt.lte(now.millis())).order_by_asc(Column::ExpiresAt).limit(limit).all(connection).await?;
    Ok(rows.into_iter().map(|row| (Owner(row.owner_id), AnalysisId(row.id))).collect())
}

/// Those of some ids that have not ended, of all owners.
pub(crate) async fn still_open<C: ConnectionTrait>(connection: &C, ids: &[AnalysisId]) -> Result<HashSet<AnalysisId>, DbError> {
    let open = [AnalysisStatus::Queued, AnalysisStatus::Running].map(AnalysisStatus::as_str);
    let select = unscoped::<Entity>("the sweeper compares photos with rows, whosever they are").select();
    let select = select.filter(Column::Id.is_in(ids.iter().map(|id| id.get()))).filter(Column::Status.is_in(open));
    Ok(select.all(connection).await?.into_iter().map(|row| AnalysisId(row.id)).collect())
}

impl TryFrom<Model> for Analysis {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("the {what} of the analysis {}", row.id));
        Ok(Self {
            id: AnalysisId(row.id),
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            kind: Kind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?,
            status: AnalysisStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            progress: row.progress,
            wish: serde_json::from_value(row.wish.clone()).map_err(|_| corrupt("wish"))?,
            report: row.report.clone().map(serde_json::from_value).transpose().map_err(|_| corrupt("report"))?,
            answer: row.answer,
            consent: row.consent,
            problem: row.problem_code.zip(row.problem_detail),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}
