//! The operations of vision, one file each.

mod analysis_body;
mod analysis_form;
mod create_analysis;
mod delete_analysis;
mod find_landmarks;
mod get_analysis;
mod landmarks_body;
mod list_analyses;
mod list_posture_rules;
mod measure_posture;
mod posture_body;

use actix_web::web;
use core_http::{Mount, Routes};

use crate::Vision;

impl Routes for Vision {
    fn mounts(&self) -> Vec<Mount> {
        let operations = vec![
            create_analysis::operation(&self.config),
            list_analyses::operation(),
            get_analysis::operation(),
            delete_analysis::operation(),
            find_landmarks::operation(),
            measure_posture::operation(),
            list_posture_rules::operation(),
        ];
        vec![Mount::api("vision", operations)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.posture.clone()));
        cfg.app_data(web::Data::from(self.analyses.clone()));
        cfg.app_data(web::Data::new(self.config.clone()));
    }
}
