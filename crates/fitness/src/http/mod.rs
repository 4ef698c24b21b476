//! The operations of fitness, one file each.

mod add_set;
mod animation_gif;
mod animation_svg;
mod attach_exercise_media;
mod compute_metrics;
mod create_exercise;
mod create_measurement;
mod create_plan;
mod create_workout;
mod delete_exercise;
mod delete_measurement;
mod delete_plan;
mod delete_set;
mod delete_workout;
mod exercise_body;
mod explain_plan;
mod export;
mod get_energy;
mod get_exercise;
mod get_import;
mod get_plan;
mod get_profile;
mod get_progress;
mod get_records;
mod get_volume;
mod get_workout;
mod import_body;
mod import_exercises;
mod list_exercises;
mod list_measurements;
mod list_plans;
mod list_workouts;
mod measurement_body;
mod metrics_body;
mod next_session;
mod parse_quantity;
mod picture;
mod plan_body;
mod profile_body;
mod progress_body;
mod progress_chart;
mod put_profile;
mod start_import;
mod substitute;
mod update_exercise;
mod update_measurement;
mod update_plan;
mod update_set;
mod update_workout;
mod workout_body;

use actix_web::web;
use core_http::{Mount, Operation, Routes};

use crate::Fitness;

fn body() -> Vec<Operation> {
    vec![get_profile::operation(), put_profile::operation(), parse_quantity::operation(), compute_metrics::operation()]
}

fn catalogue() -> Vec<Operation> {
    vec![
        list_exercises::operation(),
        create_exercise::operation(),
        import_exercises::operation(),
        get_exercise::operation(),
        update_exercise::operation(),
        delete_exercise::operation(),
        attach_exercise_media::operation(),
        animation_gif::operation(),
        animation_svg::operation(),
    ]
}

fn plans() -> Vec<Operation> {
    vec![
        create_plan::operation(),
        list_plans::operation(),
        get_plan::operation(),
        update_plan::operation(),
        delete_plan::operation(),
        explain_plan::operation(),
        next_session::operation(),
    ]
}

fn log() -> Vec<Operation> {
    vec![
        create_workout::operation(),
        list_workouts::operation(),
        get_workout::operation(),
        update_workout::operation(),
        delete_workout::operation(),
        add_set::operation(),
        update_set::operation(),
        delete_set::operation(),
        substitute::operation(),
    ]
}

fn progress() -> Vec<Operation> {
    vec![
        create_measurement::operation(),
        list_measurements::operation(),
        update_measurement::operation(),
        delete_measurement::operation(),
        get_progress::operation(),
        progress_chart::operation(),
        get_records::operation(),
        get_volume::operation(),
        get_energy::operation(),
        start_import::operation(),
        get_import::operation(),
        export::operation(),
    ]
}

impl Routes for Fitness {
    fn mounts(&self) -> Vec<Mount> {
        let operations = [body(), catalogue(), plans(), log(), progress()].concat();
        vec![Mount::api("fitness", operations)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.profiles.clone()));
        cfg.app_data(web::Data::from(self.exercises.clone()));
        cfg.app_data(web::Data::from(self.animations.clone()));
        cfg.app_data(web::Data::from(self.plans.clone()));
        cfg.app_data(web::Data::from(self.workouts.clone()));
        cfg.app_data(web::Data::from(self.measurements.clone()));
        cfg.app_data(web::Data::from(self.progress.clone()));
        cfg.app_data(web::Data::from(self.transfers.clone()));
    }
}
