use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DomainError, ErrorKind, Permission, PermissionSet, ProblemCode, Timestamp, typed_id};

typed_id! {
    /// A person. The id is also that of their personal space.
    UserId
}

typed_id! {
    /// A space that owns rows: a person's (the user's id) or an organisation's (its id).
    Owner
}

impl From<UserId> for Owner {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

/// Who in the owning space may see a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Its creator and nobody else, administrators included.
    #[default]
    Private,
    /// Everybody in the organisation.
    Org,
}

impl Visibility {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Org => "org",
        }
    }
}

/// What kind of caller acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A person with a session.
    User,
    /// A program with an API key.
    ApiKey {
        /// The key's id.
        key: Uuid,
    },
    /// The server itself, in a job of the named feature.
    System {
        /// Which feature's job.
        feature: &'static str,
    },
    /// An administrator in somebody's place.
    Impersonated {
        /// The administrator.
        by: UserId,
    },
}

/// The session behind a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRef {
    /// Its id.
    pub id: Uuid,
    /// When the person last proved who they are.
    pub auth_time: Timestamp,
}

/// Who acts, for which space, with which rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Whose identity it is.
    pub subject: UserId,
    /// The space acted for: the subject's own, or an organisation.
    pub owner: Owner,
    /// What kind of caller.
    pub kind: ActorKind,
    /// For whom a system actor works.
    pub on_behalf_of: Option<UserId>,
    /// Names of platform roles.
    pub roles: Vec<String>,
    /// Rights in the space acted for.
    pub permissions: PermissionSet,
    /// The session, when there is one.
    pub session: Option<SessionRef>,
    /// How the person proved who they are (RFC 8176 names).
    pub amr: Vec<String>,
}

impl Actor {
    /// The server itself acting for `owner` in a job of `feature`; it holds every right, since jobs are written by code.
    pub fn system(feature: &'static str, owner: Owner) -> Self {
        Self {
            subject: UserId(Uuid::nil()),
            owner,
            kind: ActorKind::System { feature },
            on_behalf_of: None,
            roles: Vec::new(),
            permissions: PermissionSet::default(),
            session: None,
            amr: Vec::new(),
        }
    }

    /// Refuses unless the actor has the right. Facades call it first.
    pub fn require(&self, permission: &Permission) -> Result<(), Denied> {
        let allowed = matches!(self.kind, ActorKind::System { .. }) || self.permissions.contains(permission);
        if allowed { Ok(()) } else { Err(Denied { permission: permission.name }) }
    }

    /// Who a row is made by: the person, also when a job works for them.
    pub fn author(&self) -> UserId {
        self.on_behalf_of.unwrap_or(self.subject)
    }

    /// The person's own space, which personal data always belongs to, whatever organisation is acted for.
    pub fn personal_space(&self) -> Owner {
        self.author().into()
    }
}

/// A right is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the permission `{permission}` is missing")]
pub struct Denied {
    /// Which right.
    pub permission: &'static str,
}

impl Denied {
    /// The catalogue entry.
    pub const CODE: ProblemCode = ProblemCode {
        code: "request.permission_denied",
        kind: ErrorKind::Forbidden,
        title: "You may not do this",
        advice: "Ask somebody who manages roles for the permission that the detail names, or use a key with that scope.",
    };
}

impl DomainError for Denied {
    fn code(&self) -> &'static ProblemCode {
        &Self::CODE
    }

    fn detail(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Permission = Permission::personal("notes:read", "read notes");

    #[test]
    fn a_right_that_is_not_in_the_set_is_denied_by_name() {
        let mut actor = Actor { kind: ActorKind::User, ..Actor::system("notes", Owner(Uuid::nil())) };
        assert_eq!(actor.require(&READ).unwrap_err().to_string(), "the permission `notes:read` is missing");
        actor.permissions.insert("notes:read");
        assert!(actor.require(&READ).is_ok());
    }
}
