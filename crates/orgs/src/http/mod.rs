//! The operations of organisations, one file each.

mod accept_invitation;
mod change_role;
mod claim_domain;
mod create_org;
mod delete_org;
mod get_org;
mod invite;
mod leave_org;
mod list_domains;
mod list_invitations;
mod list_members;
mod list_orgs;
mod remove_domain;
mod remove_member;
mod revoke_invitation;
mod transfer_org;
mod update_org;
mod verify_domain;
mod views;

use actix_web::web;
use core_http::{Mount, Routes};

use crate::Orgs;

impl Routes for Orgs {
    fn mounts(&self) -> Vec<Mount> {
        let operations = vec![
            create_org::operation(),
            list_orgs::operation(),
            accept_invitation::operation(),
            get_org::operation(),
            update_org::operation(),
            delete_org::operation(),
            leave_org::operation(),
            transfer_org::operation(),
            list_members::operation(),
            change_role::operation(),
            remove_member::operation(),
            invite::operation(),
            list_invitations::operation(),
            revoke_invitation::operation(),
            claim_domain::operation(),
            list_domains::operation(),
            verify_domain::operation(),
            remove_domain::operation(),
        ];
        vec![Mount::api("orgs", operations)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.organisations.clone()))
            .app_data(web::Data::from(self.memberships.clone()))
            .app_data(web::Data::from(self.invitations.clone()))
            .app_data(web::Data::from(self.domains.clone()));
    }
}
