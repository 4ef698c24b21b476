//! The operations of profiles, one file each.

mod body;
mod close_me;
mod get_me;
mod update_me;

use actix_web::web;
use core_http::{Mount, Routes};

use crate::Users;

impl Routes for Users {
    fn mounts(&self) -> Vec<Mount> {
        vec![Mount::api("users", vec![get_me::operation(), update_me::operation(), close_me::operation()])]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.profiles.clone()));
    }
}
