use core_db::{DbError, Tx, owned, page, unscoped};
use core_kernel::{CursorKey, OrgRole, Page, PageRequest, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::entity::invitation as row;
use crate::model::{parse_role, word};
use crate::{Address, Invitation, InvitationId, OrgId};

const REASON: &str = "invitations are looked up by their token or their address, before an organisation is known";

/// What an invitation is made of.
#[derive(Clone, Debug)]
pub(crate) struct NewInvitation {
    pub(crate) org: OrgId,
    pub(crate) to: Address,
    pub(crate) role: OrgRole,
    pub(crate) by: UserId,
    pub(crate) token_hash: Vec<u8>,
    pub(crate) expires_at: Timestamp,
}

/// Makes an invitation; an earlier one to the same address is replaced. The caller holds the organisation's lock.
pub(crate) async fn replace(tx: &Tx, new: NewInvitation) -> Result<Invitation, DbError> {
    let earlier = owned::<row::Entity>(new.org.into()).delete_many();
    earlier.filter(row::Column::CanonicalEmail.eq(new.to.canonical.clone())).exec(tx).await?;
    let model = row::Model {
        id: tx.ambient().ids.next(),
        org_id: new.org.get(),
        email: new.to.shown,
        canonical_email: new.to.canonical,
        role: word(new.role).to_owned(),
        invited_by: new.by.get(),
        token_hash: new.token_hash,
        created_at: tx.ambient().now().millis(),
        expires_at: new.expires_at.millis(),
    };
    row::Entity::insert(row::ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    Invitation::try_from(model)
}

/// The open invitations of an organisation.
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    org: OrgId,
    now: Timestamp,
    request: &PageRequest,
) -> Result<Page<Invitation>, DbError> {
    let mut select = owned::<row::Entity>(org.into()).select().filter(row::Column::ExpiresAt.gt(now.millis()));
    if let Some(since) = request.updated_since {
        // Invitations are made and removed, never changed.
        select = select.filter(row::Column::CreatedAt.gte(since.millis()));
    }
    let key = |row: &row::Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = page(select, (row::Column::CreatedAt, row::Column::Id), request, connection, key).await?;
    let items = page.items.into_iter().map(Invitation::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    org: OrgId,
    id: InvitationId,
) -> Result<Option<Invitation>, DbError> {
    owned::<row::Entity>(org.into()).by_id(id.get()).one(connection).await?.map(Invitation::try_from).transpose()
}

/// The open invitation of a token.
pub(crate) async fn find_by_token<C: ConnectionTrait>(
    connection: &C,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Invitation>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::TokenHash.eq(token_hash.to_vec()));
    let open = select.filter(row::Column::ExpiresAt.gt(now.millis()));
    open.one(connection).await?.map(Invitation::try_from).transpose()
}

/// The open invitations to an address, anywhere.
pub(crate) async fn find_by_address<C: ConnectionTrait>(
    connection: &C,
    canonical: &str,
    now: Timestamp,
) -> Result<Vec<Invitation>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::CanonicalEmail.eq(canonical));
    let rows = select.filter(row::Column::ExpiresAt.gt(now.millis())).all(connection).await?;
    rows.into_iter().map(Invitation::try_from).collect()
}

pub(crate) async fn count_open<C: ConnectionTrait>(connection: &C, org: OrgId, now: Timestamp) -> Result<u64, DbError> {
    let select = owned::<row::Entity>(org.into()).select().filter(row::Column::ExpiresAt.gt(now.millis()));
    Ok(select.count(connection).await?)
}

/// Uses an invitation up, or withdraws it. One conditional write: of two that want it, one gets `true`. Nothing of it stays, so that
/// the address of somebody who never joined is not kept.
pub(crate) async fn take(tx: &Tx, invitation: &Invitation) -> Result<bool, DbError> {
    let delete = owned::<row::Entity>(invitation.org.into()).delete_many();
    let taken = delete.filter(row::Column::Id.eq(invitation.id.get())).exec(tx).await?;
    Ok(taken.rows_affected == 1)
}

pub(crate) async fn sweep(tx: &Tx, now: Timestamp) -> Result<u64, DbError> {
    let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::ExpiresAt.lte(now.millis()));
    Ok(delete.exec(tx).await?.rows_affected)
}

/// Removes what a person sent, and what was sent to their address.
pub(crate) async fn forget(tx: &Tx, user: UserId, canonical: Option<&str>) -> Result<(), DbError> {
    let delete = unscoped::<row::Entity>(REASON).delete_many();
    delete.filter(row::Column::InvitedBy.eq(user.get())).exec(tx).await?;
    if let Some(canonical) = canonical {
        let delete = unscoped::<row::Entity>(REASON).delete_many();
        delete.filter(row::Column::CanonicalEmail.eq(canonical)).exec(tx).await?;
    }
    Ok(())
}

impl TryFrom<row::Model> for Invitation {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let role = parse_role(&row.role).ok_or_else(|| DbError::Corrupt(format!("invitation {}: role", row.id)))?;
        Ok(Self {
            id: InvitationId(row.id),
            org: OrgId(row.org_id),
            email: row.email,
            canonical_email: row.canonical_email,
            role,
            invited_by: UserId(row.invited_by),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}
