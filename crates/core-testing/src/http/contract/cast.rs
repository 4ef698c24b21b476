use core_http::{Access, MountedOperation};
use core_kernel::{Actor, Owner, Permission, UserId};
use uuid::Uuid;

use super::{Fixture, Planted, Suite};
use crate::http::{FixedActors, Request};

/// The callers of one round, each with rows of their own.
pub(crate) struct Cast {
    number: Uuid,
    pub(crate) org: Uuid,
    pub(crate) owner: Actor,
    /// What the owner has in the personal space.
    pub(crate) owned: Planted,
    /// What the owner has in the organisation, private.
    pub(crate) owned_in_org: Planted,
}

impl Cast {
    pub(crate) fn owner(&self, request: Request) -> Request {
        request.bearer(&format!("owner-{}", self.number))
    }

    /// The owner in a browser, by the cookie alone.
    pub(crate) fn browser(&self, request: Request) -> Request {
        request.header("cookie", format!("__Host-session=owner-{}", self.number))
    }

    /// The same with the CSRF token.
    pub(crate) fn browser_with_token(&self, request: Request) -> Request {
        self.browser(request).header("x-csrf-token", format!("csrf-owner-{}", self.number))
    }

    pub(crate) fn owner_in_org(&self, request: Request) -> Request {
        self.owner(request).header("x-org-id", self.org.to_string())
    }

    pub(crate) fn stranger(&self, request: Request) -> Request {
        request.bearer(&format!("stranger-{}", self.number))
    }

    pub(crate) fn colleague(&self, request: Request) -> Request {
        request.bearer(&format!("colleague-{}", self.number)).header("x-org-id", self.org.to_string())
    }

    pub(crate) fn lacking(&self, request: Request) -> Request {
        request.bearer(&format!("lacking-{}", self.number))
    }
}

impl<F: Fixture> Suite<F> {
    /// New people, with something planted for each of them.
    pub(crate) async fn cast(&self) -> Cast {
        let number = self.ambient.ids.next();
        let org = self.ambient.ids.next();
        let all = self.feature.permissions();
        // Platform rights are over everybody's things; those who must not see them do not have them.
        let ordinary: Vec<&'static Permission> = all.iter().copied().filter(|permission| !permission.platform).collect();
        let owner = self.person(&all);
        let in_org = Actor { owner: Owner(org), ..owner.clone() };
        let stranger = self.person(&ordinary);
        let colleague = self.person(&ordinary);
        let colleague_in_org = Actor { owner: Owner(org), ..colleague.clone() };
        self.actors.add(&format!("owner-{number}"), owner.clone());
        self.actors.add_in_org(&format!("owner-{number}"), org, in_org.clone());
        self.actors.add(&format!("stranger-{number}"), stranger.clone());
        self.actors.add(&format!("colleague-{number}"), colleague.clone());
        self.actors.add_in_org(&format!("colleague-{number}"), org, colleague_in_org);
        let owned = self.fixture.plant(&owner).await;
        let owned_in_org = self.fixture.plant(&in_org).await;
        self.fixture.plant(&stranger).await;
        self.fixture.plant(&colleague).await;
        Cast { number, org, owner, owned, owned_in_org }
    }

    /// The owner without the one right that the row asks for.
    pub(crate) fn add_lacking(&self, cast: &Cast, row: &MountedOperation) {
        let mut actor = cast.owner.clone();
        if let Some(Access::Requires(permission)) = row.operation.access() {
            actor.permissions.remove(permission.name);
        }
        self.actors.add(&format!("lacking-{}", cast.number), actor);
    }

    fn person(&self, permissions: &[&'static Permission]) -> Actor {
        use core_kernel::Clock as _;
        FixedActors::person(UserId(self.ambient.ids.next()), permissions, self.clock.now())
    }
}
