use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, Order, OrgRole, Owner, PageRequest, PortError, UserId};
use orgs::{Memberships, OrgId};
use webhooks::Stewards;

use super::Offered;

/// `webhooks` asks who looks after a space: the admins and owners of an organisation, the person of any other.
pub(crate) struct SpaceStewards(pub(crate) Offered<Arc<dyn Memberships>>);

#[async_trait]
impl Stewards for SpaceStewards {
    async fn of(&self, space: Owner) -> Result<Vec<UserId>, PortError> {
        // Without organisations every space is a person's.
        let Some(memberships) = self.0.given() else { return Ok(vec![UserId(space.get())]) };
        let (actor, org) = (Actor::system("webhooks", space), OrgId(space.get()));
        let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
        let (mut stewards, mut members) = (Vec::new(), 0);
        loop {
            let page = memberships.list(&actor, org, &request).await?;
            members += page.items.len();
            let managing = page.items.iter().map(|member| &member.membership).filter(|place| place.role >= OrgRole::Admin);
            stewards.extend(managing.map(|place| place.user));
            request.after = page.next;
            if request.after.is_none() {
                // An organisation always has an owner: what has no member is a person's space.
                return Ok(if members == 0 { vec![UserId(space.get())] } else { stewards });
            }
        }
    }
}
