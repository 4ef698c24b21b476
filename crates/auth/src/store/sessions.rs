use core_db::{DbError, Tx, page, unscoped};
use core_kernel::{CursorKey, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::entity::{account, session as row};
use crate::SessionId;
use crate::model::{Account, Session};

const REASON: &str = "sessions are looked up by the id in a token, before an owner is known";

pub(crate) async fn create(tx: &Tx, session: &Session) -> Result<(), DbError> {
    let model = row::ActiveModel {
        id: Set(session.id.get()),
        user_id: Set(session.user.get()),
        device: Set(session.device.clone()),
        amr: Set(serde_json::json!(session.amr)),
        counter: Set(session.counter),
        rotated_at: Set(session.created_at.millis()),
        auth_time: Set(session.auth_time.millis()),
        created_at: Set(session.created_at.millis()),
        last_used_at: Set(session.last_used_at.millis()),
        idle_expires_at: Set(session.idle_expires_at.millis()),
        absolute_expires_at: Set(session.absolute_expires_at.millis()),
        ended_at: Set(None),
        end_reason: Set(None),
        by_cookie: Set(session.by_cookie),
        impersonator_id: Set(session.impersonator.map(|(by, _)| by.get())),
        impersonator_session: Set(session.impersonator.map(|(_, by)| by.get())),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(())
}

/// A session and its account, in one statement.
pub(crate) async fn find_with_account<C: ConnectionTrait>(
    connection: &C,
    id: SessionId,
) -> Result<Option<(Session, Account)>, DbError> {
    let found = unscoped::<row::Entity>(REASON).by_id(id.get()).find_also_related(account::Entity).one(connection).await?;
    let Some((session, Some(account))) = found else { return Ok(None) };
    Ok(Some((session.try_into()?, account.try_into()?)))
}

/// A session, ended or not.
pub(crate) async fn find<C: ConnectionTrait>(connection: &C, id: SessionId) -> Result<Option<Session>, DbError> {
    unscoped::<row::Entity>(REASON).by_id(id.get()).one(connection).await?.map(Session::try_from).transpose()
}

fn live(now: Timestamp) -> Condition {
    Condition::all()
        .add(row::Column::EndedAt.is_null())
        .add(row::Column::IdleExpiresAt.gt(now.millis()))
        .add(row::Column::AbsoluteExpiresAt.gt(now.millis()))
}

/// Moves the counter from `counter` to the next, if nobody did before and the session is alive. One conditional write: of two
/// requests with the same token one wins.
pub(crate) async fn rotate(tx: &Tx, id: SessionId, counter: i64, idle_until: Timestamp) -> Result<bool, DbError> {
    let now = tx.ambient().now();
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::Counter, Expr::value(counter + 1))
        .col_expr(row::Column::RotatedAt, Expr::value(now.millis()))
        .col_expr(row::Column::LastUsedAt, Expr::value(now.millis()))
        .col_expr(row::Column::IdleExpiresAt, Expr::value(idle_until.millis()))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::Counter.eq(counter))
        .filter(row::Column::ByCookie.eq(false))
        .filter(live(now));
    Ok(change.exec(tx).await?.rows_affected == 1)
}

/// Moves the counter of a session that is kept by a cookie, so that the cookies before are worth nothing.
pub(crate) async fn renew_cookie(tx: &Tx, session: Session) -> Result<Session, DbError> {
    let now = tx.ambient().now();
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::Counter, Expr::value(session.counter + 1))
        .col_expr(row::Column::RotatedAt, Expr::value(now.millis()))
        .filter(row::Column::Id.eq(session.id.get()))
        .filter(row::Column::Counter.eq(session.counter))
        .filter(row::Column::ByCookie.eq(true));
    let moved = change.exec(tx).await?.rows_affected == 1;
    if moved { Ok(Session { counter: session.counter + 1, rotated_at: now, ..session }) } else { Err(DbError::NotFound) }
}

/// Notes a use of a session that is kept by a cookie, if the last one is from before `since`. Without it the session would end
/// as idle: nothing is refreshed.
pub(crate) async fn used(tx: &Tx, id: SessionId, since: Timestamp, idle_until: Timestamp) -> Result<bool, DbError> {
    let now = tx.ambient().now();
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::LastUsedAt, Expr::value(now.millis()))
        .col_expr(row::Column::IdleExpiresAt, Expr::value(idle_until.millis()))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::ByCookie.eq(true))
        .filter(row::Column::LastUsedAt.lte(since.millis()))
        .filter(live(now));
    Ok(change.exec(tx).await?.rows_affected == 1)
}

/// Notes that the person proved who they are just now. `None`: the session has ended.
pub(crate) async fn reauthenticated(tx: &Tx, user: UserId, id: SessionId) -> Result<Option<Session>, DbError> {
    let now = tx.ambient().now();
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::AuthTime, Expr::value(now.millis()))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::UserId.eq(user.get()))
        .filter(live(now));
    if change.exec(tx).await?.rows_affected != 1 {
        return Ok(None);
    }
    unscoped::<row::Entity>(REASON).by_id(id.get()).one(tx).await?.map(Session::try_from).transpose()
}

/// Ends a session. `false`: it had ended.
pub(crate) async fn end(tx: &Tx, user: UserId, id: SessionId, reason: &str) -> Result<bool, DbError> {
    let mine = Condition::all().add(row::Column::Id.eq(id.get())).add(row::Column::UserId.eq(user.get()));
    Ok(end_where(tx, mine, reason).await? == 1)
}

/// Ends every session of a person but one, or all. Returns which had been alive.
pub(crate) async fn end_all(tx: &Tx, user: UserId, but: Option<SessionId>, reason: &str) -> Result<Vec<SessionId>, DbError> {
    let mut mine = Condition::all().add(row::Column::UserId.eq(user.get())).add(row::Column::EndedAt.is_null());
    if let Some(but) = but {
        mine = mine.add(row::Column::Id.ne(but.get()));
    }
    let select = unscoped::<row::Entity>(REASON).select().select_only().column(row::Column::Id).filter(mine.clone());
    let ids: Vec<Uuid> = select.into_tuple().all(tx).await?;
    end_where(tx, mine, reason).await?;
    Ok(ids.into_iter().map(SessionId).collect())
}

async fn end_where(tx: &Tx, which: Condition, reason: &str) -> Result<u64, DbError> {
    let change = row::ActiveModel {
        ended_at: Set(Some(tx.ambient().now().millis())),
        end_reason: Set(Some(reason.to_owned())),
        ..Default::default()
    };
    let update = unscoped::<row::Entity>(REASON).update_many().set(change).filter(which);
    Ok(update.filter(row::Column::EndedAt.is_null()).exec(tx).await?.rows_affected)
}

/// The live sessions of a person.
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    now: Timestamp,
    request: &PageRequest,
) -> Result<Page<Session>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::UserId.eq(user.get())).filter(live(now));
    let key = |row: &row::Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let found = page(select, (row::Column::CreatedAt, row::Column::Id), request, connection, key).await?;
    let next = found.next;
    Ok(Page { items: found.items.into_iter().map(Session::try_from).collect::<Result<_, _>>()?, next })
}

/// Removes what ended or ran out before `moment`. Returns how many.
pub(crate) async fn sweep(tx: &Tx, moment: Timestamp) -> Result<u64, DbError> {
    let over = Condition::any()
        .add(row::Column::EndedAt.lt(moment.millis()))
        .add(row::Column::IdleExpiresAt.lt(moment.millis()))
        .add(row::Column::AbsoluteExpiresAt.lt(moment.millis()));
    Ok(unscoped::<row::Entity>(REASON).delete_many().filter(over).exec(tx).await?.rows_affected)
}

pub(crate) async fn delete_of(tx: &Tx, user: UserId) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UserId.eq(user.get())).exec(tx).await?;
    Ok(())
}

impl TryFrom<row::Model> for Session {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let corrupt = |error| DbError::Corrupt(format!("session {}: {error}", row.id));
        Ok(Self {
            id: SessionId(row.id),
            user: UserId(row.user_id),
            device: row.device,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: Timestamp::from_millis(row.last_used_at),
            auth_time: Timestamp::from_millis(row.auth_time),
            amr: serde_json::from_value(row.amr).map_err(corrupt)?,
            by_cookie: row.by_cookie,
            counter: row.counter,
            rotated_at: Timestamp::from_millis(row.rotated_at),
            idle_expires_at: Timestamp::from_millis(row.idle_expires_at),
            absolute_expires_at: Timestamp::from_millis(row.absolute_expires_at),
            ended_at: row.ended_at.map(Timestamp::from_millis),
            impersonator: row.impersonator_id.map(UserId).zip(row.impersonator_session.map(SessionId)),
        })
    }
}
