use async_trait::async_trait;
use core_kernel::{Actor, OrgRole, Page, PageRequest, Secret, UserId};

use crate::model::{Domain, DomainId, Invitation, InvitationId, Member, NewOrg, Org, OrgChange, OrgId, Standing};
use crate::{Membership, OrgsError};

/// Organisations. What the caller is no member of does not exist for them.
#[async_trait]
pub trait Organisations: Send + Sync {
    /// Founds an organisation; the caller becomes its owner.
    async fn create(&self, actor: &Actor, new: NewOrg) -> Result<Org, OrgsError>;
    /// The organisations that the caller is a member of.
    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Standing>, OrgsError>;
    /// One of them.
    async fn get(&self, actor: &Actor, org: OrgId) -> Result<Standing, OrgsError>;
    /// Changes it. With `based_on`, only while it is at that version.
    async fn update(&self, actor: &Actor, org: OrgId, change: OrgChange, based_on: Option<i64>) -> Result<Org, OrgsError>;
    /// Deletes it at once and queues the erasure of everything in its space.
    async fn delete(&self, actor: &Actor, org: OrgId, based_on: Option<i64>) -> Result<(), OrgsError>;
}

/// Who is in an organisation, and as what. It never is without an owner.
#[async_trait]
pub trait Memberships: Send + Sync {
    /// Its members.
    async fn list(&self, actor: &Actor, org: OrgId, request: &PageRequest) -> Result<Page<Member>, OrgsError>;
    /// Gives a member another role. With `based_on`, only while their place is at that version.
    async fn change_role(
        &self,
        actor: &Actor,
        org: OrgId,
        user: UserId,
        role: OrgRole,
        based_on: Option<i64>,
    ) -> Result<Membership, OrgsError>;
    /// Removes a member.
    async fn remove(&self, actor: &Actor, org: OrgId, user: UserId) -> Result<(), OrgsError>;
    /// The caller leaves.
    async fn leave(&self, actor: &Actor, org: OrgId) -> Result<(), OrgsError>;
    /// Makes another member an owner, and the caller an admin.
    async fn transfer(&self, actor: &Actor, org: OrgId, to: UserId) -> Result<(), OrgsError>;
    /// What somebody is in an organisation; for whoever resolves callers. At most one second old, unless `authoritative`.
    async fn role_of(&self, user: UserId, org: OrgId, authoritative: bool) -> Result<Option<OrgRole>, OrgsError>;
}

/// Open invitations.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// Invites whoever has this address, by mail. An earlier invitation to it ends.
    async fn invite(&self, actor: &Actor, org: OrgId, email: &str, role: OrgRole) -> Result<Invitation, OrgsError>;
    /// The open invitations.
    async fn list(&self, actor: &Actor, org: OrgId, request: &PageRequest) -> Result<Page<Invitation>, OrgsError>;
    /// Withdraws one.
    async fn revoke(&self, actor: &Actor, org: OrgId, invitation: InvitationId) -> Result<(), OrgsError>;
    /// Joins by the token in the mail. The caller's verified address must be the invited one.
    async fn accept(&self, actor: &Actor, token: &Secret) -> Result<Standing, OrgsError>;
    /// The open invitation of a token, for registration by invitation: whoever has the token reads the mail of its address.
    async fn find(&self, token: &Secret) -> Result<Option<Invitation>, OrgsError>;
}

/// Domains whose people join by themselves.
#[async_trait]
pub trait Domains: Send + Sync {
    /// Claims a domain; it shows the record that proves it.
    async fn claim(&self, actor: &Actor, org: OrgId, name: &str, role: OrgRole) -> Result<Domain, OrgsError>;
    /// The claimed domains.
    async fn list(&self, actor: &Actor, org: OrgId, request: &PageRequest) -> Result<Page<Domain>, OrgsError>;
    /// Looks the record up.
    async fn verify(&self, actor: &Actor, org: OrgId, domain: DomainId) -> Result<Domain, OrgsError>;
    /// Gives a domain up; those who joined by it stay.
    async fn remove(&self, actor: &Actor, org: OrgId, domain: DomainId) -> Result<(), OrgsError>;
}
