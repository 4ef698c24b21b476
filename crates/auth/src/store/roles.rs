use core_db::{DbError, Tx, unscoped};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

use super::entity::role as row;
use crate::model::Role;
use crate::permissions::ADMIN_ROLE;

const REASON: &str = "roles belong to the server";

/// Lets one change of roles happen at a time: what is checked (another administrator, no use of a role) holds until the commit.
pub(crate) async fn lock(tx: &Tx) -> Result<(), DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .filter(row::Column::Name.eq(ADMIN_ROLE));
    change.exec(tx).await?;
    Ok(())
}

pub(crate) async fn list<C: ConnectionTrait>(connection: &C) -> Result<Vec<Role>, DbError> {
    let rows = unscoped::<row::Entity>(REASON).select().order_by_asc(row::Column::Name).all(connection).await?;
    rows.into_iter().map(Role::try_from).collect()
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, name: &str) -> Result<Option<Role>, DbError> {
    unscoped::<row::Entity>(REASON).by_id(name.to_owned()).one(connection).await?.map(Role::try_from).transpose()
}

/// The permissions of all these roles together.
pub(crate) async fn permissions_of<C: ConnectionTrait>(connection: &C, names: &[String]) -> Result<Vec<String>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::Name.is_in(names));
    let roles: Vec<Role> = select.all(connection).await?.into_iter().map(Role::try_from).collect::<Result<_, _>>()?;
    Ok(roles.into_iter().flat_map(|role| role.permissions).collect())
}

/// A taken name is [`DbError::Conflict`].
pub(crate) async fn create(tx: &Tx, name: &str, permissions: Vec<String>) -> Result<Role, DbError> {
    let now = tx.ambient().now().millis();
    let model = row::ActiveModel {
        name: Set(name.to_owned()),
        permissions: Set(serde_json::json!(permissions)),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(Role { name: name.to_owned(), permissions, version: 1 })
}

/// Stores permissions and version. Call it with the roles locked.
pub(crate) async fn update(tx: &Tx, role: &Role) -> Result<(), DbError> {
    let change = row::ActiveModel {
        permissions: Set(serde_json::json!(role.permissions)),
        updated_at: Set(tx.ambient().now().millis()),
        version: Set(role.version),
        ..Default::default()
    };
    unscoped::<row::Entity>(REASON).update_many().set(change).filter(row::Column::Name.eq(&role.name)).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, name: &str) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::Name.eq(name)).exec(tx).await?;
    Ok(())
}

impl TryFrom<row::Model> for Role {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let corrupt = |error| DbError::Corrupt(format!("role {}: {error}", row.name));
        let permissions = serde_json::from_value(row.permissions).map_err(corrupt)?;
        Ok(Self { name: row.name, permissions, version: row.version })
    }
}
