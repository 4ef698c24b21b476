use async_trait::async_trait;
use core_db::{DbError, Tx};
use core_kernel::{Actor, FieldError, OrgRole, Page, PageRequest, Secret};
use core_mail::{MailRequest, Recipient, mail};
use serde_json::json;

use crate::core::{Core, NewMember, record};
use crate::model::{Invitation, InvitationId, Org, OrgId, Standing, word};
use crate::permissions::{JOIN, MANAGE};
use crate::rules::may_grant;
use crate::service::Invitations;
use crate::store::invitations::NewInvitation;
use crate::store::{invitations, memberships, orgs};
use crate::{Address, OrgsError, Person, token};

/// Invitations over the tables of this crate.
#[derive(Clone)]
pub(crate) struct InvitationService {
    pub(crate) core: Core,
}

#[async_trait]
impl Invitations for InvitationService {
    async fn invite(&self, actor: &Actor, org: OrgId, email: &str, role: OrgRole) -> Result<Invitation, OrgsError> {
        Ok(self.invite_with_token(actor, org, email, role).await?.0)
    }

    async fn list(&self, actor: &Actor, org: OrgId, request: &PageRequest) -> Result<Page<Invitation>, OrgsError> {
        let db = &self.core.db;
        self.core.role_with(db.read(), actor, org, &MANAGE).await?;
        Ok(invitations::list(db.read(), org, db.ambient().now(), request).await?)
    }

    async fn revoke(&self, actor: &Actor, org: OrgId, invitation: InvitationId) -> Result<(), OrgsError> {
        actor.require(&MANAGE)?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                let (_, own) = core.enter(&tx, actor, org, &MANAGE).await?;
                let found = invitations::find(&tx, org, invitation).await?;
                // One that has expired is gone, swept or not.
                let open = found.filter(|found| found.expires_at > tx.ambient().now());
                let found = open.ok_or(OrgsError::NotFound)?;
                if !may_grant(own, found.role) {
                    return Err(OrgsError::RankTooLow);
                }
                invitations::take(&tx, &found).await?;
                let details = json!({"invitation": found.id, "role": word(found.role)});
                Ok(record(&tx, org, "orgs.invitation_revoked", (actor.subject, actor.subject), details).await?)
            })
            .await
    }

    async fn accept(&self, actor: &Actor, token: &Secret) -> Result<Standing, OrgsError> {
        actor.require(&JOIN)?;
        let core = &self.core;
        let hash = &token::hash(core.db.keyring(), token);
        // Asked before the unit of work, which calls nobody; what they say is checked in it.
        let found = invitations::find_by_token(core.db.read(), hash, core.db.ambient().now()).await?;
        let seats = core.seats.seats(found.ok_or(OrgsError::InvalidInvitation)?.org).await?;
        let person = &core.people.find(actor.subject).await?.ok_or(OrgsError::NotFound)?;
        core.db.write(|tx| async move { join(core, &tx, hash, person, seats).await }).await
    }

    async fn find(&self, token: &Secret) -> Result<Option<Invitation>, OrgsError> {
        let db = &self.core.db;
        Ok(invitations::find_by_token(db.read(), &token::hash(db.keyring(), token), db.ambient().now()).await?)
    }
}

impl InvitationService {
    /// Invites, and also gives the token that the mail holds; it leaves this crate in the mail alone.
    pub(crate) async fn invite_with_token(
        &self,
        actor: &Actor,
        org: OrgId,
        email: &str,
        role: OrgRole,
    ) -> Result<(Invitation, Secret), OrgsError> {
        let core = &self.core;
        core.role_with(core.db.read(), actor, org, &MANAGE).await?;
        let rule = || OrgsError::Invalid(vec![FieldError::new("/email", "invalid_email", "an address such as ada@example.com")]);
        let address = core.people.address(email).ok_or_else(rule)?;
        let inviter = core.people.find(actor.subject).await?;
        let letter = &Letter { to: address, role, inviter };
        core.db.write(|tx| async move { self.send(&tx, actor, org, letter).await }).await
    }

    async fn send(&self, tx: &Tx, actor: &Actor, org: OrgId, letter: &Letter) -> Result<(Invitation, Secret), OrgsError> {
        let core = &self.core;
        let (found, own) = core.enter(tx, actor, org, &MANAGE).await?;
        if !may_grant(own, letter.role) {
            return Err(OrgsError::RankTooLow);
        }
        let now = tx.ambient().now();
        if invitations::count_open(tx, org, now).await? >= core.config.max_invitations {
            return Err(OrgsError::TooManyInvitations);
        }
        let token = token::fresh(tx.ambient().rng.as_ref());
        let new = NewInvitation {
            org,
            to: letter.to.clone(),
            role: letter.role,
            by: actor.subject,
            token_hash: token::hash(tx.keyring(), &token),
            expires_at: now.plus(core.config.invitation_life()),
        };
        let invitation = invitations::replace(tx, new).await?;
        send_mail(core, tx, &found, &invitation, letter.inviter.as_ref(), &token).await?;
        let details = json!({"invitation": invitation.id, "role": word(letter.role)});
        record(tx, org, "orgs.invited", (actor.subject, actor.subject), details).await?;
        Ok((invitation, token))
    }
}

/// What an invitation says.
struct Letter {
    to: Address,
    role: OrgRole,
    inviter: Option<Person>,
}

async fn send_mail(
    core: &Core,
    tx: &Tx,
    org: &Org,
    invitation: &Invitation,
    inviter: Option<&Person>,
    token: &Secret,
) -> Result<(), DbError> {
    let own_page = &core.config.invitation_page;
    let page = if own_page.is_empty() { format!("{}/account/invitation", core.public_url) } else { own_page.clone() };
    let name = |person: &Person| person.display_name.clone().unwrap_or_else(|| person.address.shown.clone());
    let request = MailRequest {
        to: Recipient::Address(invitation.email.clone()),
        template: "orgs.invitation".to_owned(),
        locale: None,
        values: json!({
            // In the fragment, which browsers do not send to servers and scanners of mail do not spend.
            "link": format!("{page}#token={}", token.expose()),
            "org_name": org.name,
            "role": word(invitation.role),
            "inviter": inviter.map_or_else(|| org.name.clone(), name),
            "days": core.config.invitation_days,
        }),
    };
    mail(tx, request).await.map(drop)
}

/// Everything that must hold when somebody accepts, and the membership, in one unit of work.
async fn join(core: &Core, tx: &Tx, token_hash: &[u8], person: &Person, seats: Option<u32>) -> Result<Standing, OrgsError> {
    let now = tx.ambient().now();
    let invitation = invitations::find_by_token(tx, token_hash, now).await?.ok_or(OrgsError::InvalidInvitation)?;
    let org = orgs::lock(tx, invitation.org).await?.ok_or(OrgsError::InvalidInvitation)?;
    if invitation.canonical_email != person.address.canonical {
        return Err(OrgsError::OtherAddress);
    }
    if !person.verified {
        return Err(OrgsError::AddressNotVerified);
    }
    // The inviter may have become less, or nothing, since.
    let inviter = memberships::find(tx, org.id, invitation.invited_by).await?;
    if !inviter.is_some_and(|inviter| may_grant(inviter.role, invitation.role)) {
        return Err(OrgsError::InvalidInvitation);
    }
    if !invitations::take(tx, &invitation).await? {
        return Err(OrgsError::InvalidInvitation);
    }
    let new = NewMember { org: org.id, user: person.id, role: invitation.role, way: "invitation" };
    core.add(tx, new, seats).await?;
    Ok(Standing { org, role: invitation.role })
}
