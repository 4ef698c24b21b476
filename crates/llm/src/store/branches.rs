use std::collections::HashMap;

use core_db::{DbError, Tx, owned};
use core_kernel::Owner;
use sea_orm::sea_query::{
    Alias, CommonTableExpression, Condition, Expr, ExprTrait, Func, Query, SimpleExpr, UnionType, WithClause,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, QueryFilter};
use uuid::Uuid;

use super::rows::branch::{ActiveModel, Column, Entity, Model};
use super::rows::message;
use crate::model::{Branch, ConversationId};

pub(crate) async fn insert(tx: &Tx, owner: Owner, conversation: ConversationId, branch: Branch) -> Result<(), DbError> {
    let model = Model {
        id: branch.id,
        owner_id: owner.get(),
        conversation_id: conversation.get(),
        parent_branch_id: branch.parent,
        fork_depth: branch.fork_depth,
    };
    Entity::insert(ActiveModel::from(model)).exec_without_returning(tx).await?;
    Ok(())
}

/// The run and those that it leaves, up to the root, by id: whoever edits one message a thousand times reads none of the thousand runs beside.
pub(crate) async fn above<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    conversation: ConversationId,
    branch: Uuid,
) -> Result<HashMap<Uuid, Branch>, DbError> {
    let runs = Alias::new("runs");
    let column = |column: Column| Expr::col((Entity, column));
    let mut chain = Query::select();
    chain.columns(Column::iter().map(|column| (Entity, column))).from(Entity);
    chain.and_where(column(Column::OwnerId).eq(owner.get()).and(column(Column::ConversationId).eq(conversation.get())));
    let mut next = chain.clone();
    next.inner_join(runs.clone(), column(Column::Id).equals((runs.clone(), Column::ParentBranchId)));
    chain.and_where(column(Column::Id).eq(branch));
    // Each row once, so that a damaged table can't make this endless.
    chain.union(UnionType::Distinct, next);
    let table = CommonTableExpression::new().table_name(runs.clone()).columns(Column::iter()).query(chain).to_owned();
    let select = Query::select().columns(Column::iter()).from(runs).to_owned();
    let select = select.with(WithClause::new().recursive(true).cte(table).to_owned());
    let rows = Model::find_by_statement(connection.get_database_backend().build(&select)).all(connection).await?;
    Ok(by_id(rows))
}

fn by_id(rows: Vec<Model>) -> HashMap<Uuid, Branch> {
    let branch = |row: Model| (row.id, Branch { id: row.id, parent: row.parent_branch_id, fork_depth: row.fork_depth });
    rows.into_iter().map(branch).collect()
}

/// All runs of a conversation by id.
pub(crate) async fn all<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    conversation: ConversationId,
) -> Result<HashMap<Uuid, Branch>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::ConversationId.eq(conversation.get()));
    Ok(by_id(select.all(connection).await?))
}

/// The runs from the root to a message, each with the last depth that belongs to the path.
pub(crate) fn path(branches: &HashMap<Uuid, Branch>, branch: Uuid, depth: i64) -> Vec<(Uuid, i64)> {
    let mut path = Vec::new();
    let mut at = Some((branch, depth));
    // A run is visited once, so that a damaged table can't make this endless.
    while let Some((id, depth)) = at.filter(|_| path.len() <= branches.len()) {
        path.push((id, depth));
        at = branches.get(&id).and_then(|branch| Some((branch.parent?, branch.fork_depth)));
    }
    path
}

/// The messages on a path.
pub(crate) fn on_path(path: &[(Uuid, i64)]) -> Condition {
    path.iter().fold(Condition::any(), |any, (branch, depth)| {
        let run = message::Column::BranchId.eq(*branch).and(message::Column::Depth.lte(*depth));
        any.add(run)
    })
}

/// The messages on a path, for a page by time. On purpose no index finds them: by the one of runs the whole of a long conversation would be read
/// and sorted, while the one of times ends with the page.
pub(crate) fn among(path: &[(Uuid, i64)]) -> Condition {
    let branch = || Expr::col((message::Entity, message::Column::BranchId));
    path.iter().fold(Condition::any(), |any, (id, depth)| {
        let run: SimpleExpr = Func::coalesce([branch(), branch()]).into();
        any.add(run.eq(*id).and(message::Column::Depth.lte(*depth)))
    })
}

/// The messages at `depth` of `branch` and everything below them: the rest of the run, and the runs that leave it there, and
/// theirs.
pub(crate) fn below(branches: &HashMap<Uuid, Branch>, branch: Uuid, depth: i64) -> (Condition, Vec<Uuid>) {
    let mut whole: Vec<Uuid> = Vec::new();
    let leaves_cut = |candidate: &Branch| candidate.parent == Some(branch) && candidate.fork_depth >= depth;
    whole.extend(branches.values().filter(|candidate| leaves_cut(candidate)).map(|found| found.id));
    let mut next = 0;
    while let Some(id) = whole.get(next).copied() {
        let children = branches.values().filter(|candidate| candidate.parent == Some(id)).map(|found| found.id);
        let fresh: Vec<Uuid> = children.filter(|child| !whole.contains(child)).collect();
        whole.extend(fresh);
        next += 1;
    }
    let rest = message::Column::BranchId.eq(branch).and(message::Column::Depth.gte(depth));
    let condition = Condition::any().add(rest).add(message::Column::BranchId.is_in(whole.iter().copied()));
    (condition, whole)
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, ids: &[Uuid]) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::Id.is_in(ids.iter().copied())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner, conversation: ConversationId) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::ConversationId.eq(conversation.get())).exec(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use core_kernel::UserId;
    use core_testing::{Engine, TestDb, engines};
    use sea_orm::{DbBackend, QueryOrder, QuerySelect, QueryTrait, Statement};

    use super::*;

    fn tree() -> (HashMap<Uuid, Branch>, [Uuid; 4]) {
        let ids = [1, 2, 3, 4].map(Uuid::from_u128);
        let branch = |id, parent, fork_depth| (id, Branch { id, parent, fork_depth });
        let [root, left, deep, other] = ids;
        let list = [branch(root, None, -1), branch(left, Some(root), 3), branch(deep, Some(left), 5), branch(other, None, -1)];
        (list.into_iter().collect(), ids)
    }

    #[test]
    fn a_path_follows_the_forks_to_the_root() {
        let (branches, [root, left, deep, other]) = tree();
        assert_eq!(path(&branches, deep, 8), [(deep, 8), (left, 5), (root, 3)]);
        assert_eq!(path(&branches, other, 2), [(other, 2)]);
    }

    #[test]
    fn everything_below_a_message_is_found() {
        let (branches, [root, left, deep, _]) = tree();
        let whole = |branch, depth| {
            let mut ids = below(&branches, branch, depth).1;
            ids.sort_unstable();
            ids
        };
        assert_eq!(whole(root, 3), [left, deep]);
        assert_eq!(whole(root, 4), Vec::<Uuid>::new());
        assert_eq!(whole(left, 4), [deep]);
    }

    #[tokio::test]
    async fn a_path_is_read_without_the_runs_beside_it_or_those_of_others() {
        for engine in engines() {
            let test = TestDb::fresh(&engine, vec![crate::ledger()]).await.unwrap();
            let (branches, [root, left, deep, other]) = tree();
            let owner = Owner::from(UserId(Uuid::from_u128(7)));
            let conversation = ConversationId(Uuid::from_u128(8));
            let inserted = test.db.write(|tx| {
                let branches = branches.clone();
                async move {
                    for branch in branches.into_values() {
                        insert(&tx, owner, conversation, branch).await?;
                    }
                    Ok::<_, DbError>(())
                }
            });
            inserted.await.unwrap();
            let read = test.db.read();
            let found = above(read, owner, conversation, deep).await.unwrap();
            assert_eq!(path(&found, deep, 8), [(deep, 8), (left, 5), (root, 3)]);
            assert_eq!(found.len(), 3);
            assert_eq!(above(read, owner, conversation, other).await.unwrap().len(), 1);
            assert!(above(read, owner, ConversationId(Uuid::from_u128(9)), deep).await.unwrap().is_empty());
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the plan of a statement is not asked for otherwise")]
    async fn plan(test: &TestDb, path: Condition) -> String {
        let select = message::Entity::find().filter(message::Column::ConversationId.eq(Uuid::nil())).filter(path);
        let select = select.order_by_desc(message::Column::CreatedAt).order_by_desc(message::Column::Id).limit(51);
        let sql = format!("EXPLAIN QUERY PLAN {}", select.build(DbBackend::Sqlite));
        let read = test.db.read();
        let rows = read.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
        rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap()).collect::<Vec<_>>().join("; ")
    }

    #[tokio::test]
    async fn the_last_page_of_a_long_conversation_is_read_without_sorting_all_of_it() {
        let test = TestDb::fresh(&Engine::Sqlite, vec![crate::ledger()]).await.unwrap();
        let path = [(Uuid::from_u128(1), 10_000), (Uuid::from_u128(2), 500)];
        for runs in [1, 2] {
            let plan = plan(&test, among(&path[..runs])).await;
            assert!(plan.contains("created_at") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
        let sorted = plan(&test, on_path(&path[..1])).await;
        assert!(sorted.contains("TEMP B-TREE"), "why there are two: {sorted}");
    }
}
