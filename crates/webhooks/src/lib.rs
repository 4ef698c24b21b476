#![doc = include_str!("../README.md")]

mod attempts;
mod catalogue;
pub mod codes;
mod config;
mod courier;
mod delivery;
mod endpoints;
mod envelope;
mod error;
mod fan_out;
mod feature;
#[cfg(feature = "http")]
mod http;
mod mails;
mod migrations;
mod model;
pub mod permissions;
mod ports;
mod privacy;
mod rules;
mod service;
mod signature;
mod store;
mod sweeping;
#[cfg(feature = "testing")]
pub mod testing;

pub use catalogue::EventCatalogue;
pub use config::WebhooksConfig;
pub use error::WebhooksError;
pub use feature::{Deps, Webhooks};
pub use mails::mail_templates;
pub use migrations::ledger;
pub use model::{
    Attempt, AttemptId, DisabledReason, Endpoint, EndpointChange, EndpointId, EndpointStatus, EventFilter, Message, MessageId,
    MessageState, NewEndpoint, SecretInfo,
};
pub use ports::Stewards;
pub use service::{Attempts, Endpoints};
