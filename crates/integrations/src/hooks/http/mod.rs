//! The operations of incoming hooks, one file each.

mod create_hook;
mod delete_hook;
mod get_hook;
mod get_hook_event;
mod list_hook_events;
mod list_hooks;
mod receive_hook;
mod view;

use actix_web::web;
use core_http::{Mount, Operation};

use super::IncomingHooks;

pub use receive_hook::MAX_BODY_BYTES;

impl IncomingHooks {
    /// The operations below `/integrations`.
    pub fn operations() -> Vec<Operation> {
        vec![
            list_hooks::operation(),
            create_hook::operation(),
            get_hook::operation(),
            delete_hook::operation(),
            list_hook_events::operation(),
            get_hook_event::operation(),
        ]
    }

    /// Where providers send to: from the root.
    pub fn mount() -> Mount {
        Mount::root("hooks", vec![receive_hook::operation()])
    }

    /// What handlers take.
    pub fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.hooks.clone()));
    }
}
