//! The operations of fitness, one file each.

mod compute_metrics;
mod get_profile;
mod metrics_body;
mod parse_quantity;
mod profile_body;
mod put_profile;

use actix_web::web;
use core_http::{Mount, Routes};

use crate::Fitness;

impl Routes for Fitness {
    fn mounts(&self) -> Vec<Mount> {
        let operations = vec![
            get_profile::operation(),
            put_profile::operation(),
            parse_quantity::operation(),
            compute_metrics::operation(),
        ];
        vec![Mount::api("fitness", operations)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.profiles.clone()));
    }
}
