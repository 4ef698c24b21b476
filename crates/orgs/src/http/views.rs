use core_kernel::{OrgRole, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Domain, Invitation, Member, Membership, Org, Standing};

/// An organisation.
#[derive(Serialize, ToSchema)]
#[schema(as = Org)]
pub(super) struct OrgView {
    id: Uuid,
    name: String,
    /// The short name, unique.
    #[schema(example = "brick-mortar")]
    slug: String,
    /// What the product keeps with it; its members see it.
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// Who founded it; null once they are gone.
    created_by: Option<Uuid>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Org> for OrgView {
    fn from(org: Org) -> Self {
        Self {
            id: org.id.get(),
            name: org.name,
            slug: org.slug,
            metadata: org.metadata,
            created_by: org.created_by.map(core_kernel::UserId::get),
            created_at: org.created_at,
            updated_at: org.updated_at,
        }
    }
}

/// An organisation, and what the caller is there.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnOrg)]
pub(super) struct OwnOrgView {
    #[serde(flatten)]
    org: OrgView,
    /// `viewer`, `member`, `admin` or `owner`.
    #[schema(value_type = String, example = "member")]
    role: OrgRole,
}

impl From<Standing> for OwnOrgView {
    fn from(standing: Standing) -> Self {
        Self { org: standing.org.into(), role: standing.role }
    }
}

/// A member's place in an organisation.
#[derive(Serialize, ToSchema)]
#[schema(as = OrgMembership)]
pub(super) struct MembershipView {
    user_id: Uuid,
    /// `viewer`, `member`, `admin` or `owner`.
    #[schema(value_type = String, example = "member")]
    role: OrgRole,
    joined_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Membership> for MembershipView {
    fn from(membership: Membership) -> Self {
        Self {
            user_id: membership.user.get(),
            role: membership.role,
            joined_at: membership.joined_at,
            updated_at: membership.updated_at,
        }
    }
}

/// A member of an organisation.
#[derive(Serialize, ToSchema)]
#[schema(as = OrgMember)]
pub(super) struct MemberView {
    #[serde(flatten)]
    membership: MembershipView,
    /// Null while the account of somebody who left is being erased.
    email: Option<String>,
    display_name: Option<String>,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let (email, display_name) = member.person.map(|person| (person.address.shown, person.display_name)).unzip();
        Self { membership: member.membership.into(), email, display_name: display_name.flatten() }
    }
}

/// An open invitation.
#[derive(Serialize, ToSchema)]
#[schema(as = OrgInvitation)]
pub(super) struct InvitationView {
    id: Uuid,
    #[schema(format = "email")]
    email: String,
    /// `viewer`, `member`, `admin` or `owner`.
    #[schema(value_type = String, example = "member")]
    role: OrgRole,
    invited_by: Uuid,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id.get(),
            email: invitation.email,
            role: invitation.role,
            invited_by: invitation.invited_by.get(),
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// A claimed domain.
#[derive(Serialize, ToSchema)]
#[schema(as = OrgDomain)]
pub(super) struct DomainView {
    id: Uuid,
    #[schema(example = "example.com")]
    domain: String,
    /// What people with a verified address there become.
    #[schema(value_type = String, example = "member")]
    role: OrgRole,
    /// The TXT record that proves the claim.
    record: RecordView,
    verified_at: Option<Timestamp>,
    created_at: Timestamp,
}

/// A TXT record.
#[derive(Serialize, ToSchema)]
#[schema(as = OrgDomainRecord)]
struct RecordView {
    #[schema(example = "_brickwork-challenge.example.com")]
    name: String,
    value: String,
}

impl From<Domain> for DomainView {
    fn from(domain: Domain) -> Self {
        Self {
            id: domain.id.get(),
            record: RecordView { name: domain.record_name(), value: domain.record_value() },
            domain: domain.name,
            role: domain.role,
            verified_at: domain.verified_at,
            created_at: domain.created_at,
        }
    }
}
