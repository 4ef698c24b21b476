//! The operations of fitness, one file each.

mod attach_exercise_media;
mod compute_metrics;
mod create_exercise;
mod delete_exercise;
mod exercise_body;
mod get_exercise;
mod get_profile;
mod list_exercises;
mod metrics_body;
mod parse_quantity;
mod profile_body;
mod put_profile;
mod update_exercise;

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
            list_exercises::operation(),
            create_exercise::operation(),
            get_exercise::operation(),
            update_exercise::operation(),
            delete_exercise::operation(),
            attach_exercise_media::operation(),
        ];
        vec![Mount::api("fitness", operations)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.profiles.clone()));
        cfg.app_data(web::Data::from(self.exercises.clone()));
    }
}
