//! The operations of webhooks, one file each.

mod create_endpoint;
mod delete_endpoint;
mod get_endpoint;
mod list_attempts;
mod list_endpoints;
mod list_event_types;
mod replay_attempt;
mod replay_missed;
mod rotate_secret;
mod test_endpoint;
mod update_endpoint;
mod view;

use actix_web::web;
use core_http::{Mount, Routes};

use crate::Webhooks;

impl Routes for Webhooks {
    fn mounts(&self) -> Vec<Mount> {
        let operations = vec![
            list_event_types::operation(),
            list_endpoints::operation(),
            create_endpoint::operation(),
            get_endpoint::operation(),
            update_endpoint::operation(),
            delete_endpoint::operation(),
            rotate_secret::operation(),
            test_endpoint::operation(),
            list_attempts::operation(),
            replay_attempt::operation(),
            replay_missed::operation(),
        ];
        vec![Mount::api("webhooks", operations)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.endpoints.clone()));
        cfg.app_data(web::Data::from(self.attempts.clone()));
    }
}
