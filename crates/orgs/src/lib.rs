#![doc = include_str!("../README.md")]

mod auto_join;
mod config;
mod core;
mod domains;
mod error;
mod feature;
mod invitations;
mod leaving;
mod mails;
mod memberships;
mod migrations;
mod model;
mod organisations;
pub mod permissions;
mod ports;
mod rules;
mod service;
mod snapshot;
mod store;
mod token;

#[cfg(feature = "http")]
mod http;
#[cfg(feature = "testing")]
pub mod testing;

pub use config::OrgsConfig;
pub use error::{OrgsError, codes};
pub use feature::{Deps, Orgs};
pub use mails::mail_templates;
pub use migrations::ledger;
pub use model::{
    Domain, DomainId, Invitation, InvitationId, MAX_METADATA_BYTES, Member, Membership, NewOrg, Org, OrgChange, OrgId, Standing,
};
pub use ports::{Address, DomainProof, FixedSeats, NoDomainLookup, People, Person, SeatPolicy, SpaceData};
pub use rules::{may_edit, may_grant};
pub use service::{Domains, Invitations, Memberships, Organisations};
