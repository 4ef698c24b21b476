//! The operations of profiles, one file each.

mod body;
mod close_me;
mod create_user;
mod download_export;
mod erase_user;
mod export;
mod get_export;
mod get_me;
mod get_user;
mod list_exports;
mod list_users;
mod person;
mod reactivate_user;
mod remove_avatar;
mod set_avatar;
mod start_export;
mod suspend_user;
mod update_me;
mod update_user;

use actix_web::web;
use core_http::{Mount, Routes};

use crate::Users;

impl Routes for Users {
    fn mounts(&self) -> Vec<Mount> {
        let operations = vec![
            get_me::operation(),
            update_me::operation(),
            close_me::operation(),
            set_avatar::operation(),
            remove_avatar::operation(),
            start_export::operation(),
            list_exports::operation(),
            get_export::operation(),
            download_export::operation(),
            list_users::operation(),
            create_user::operation(),
            get_user::operation(),
            update_user::operation(),
            erase_user::operation(),
            suspend_user::operation(),
            reactivate_user::operation(),
        ];
        vec![Mount::api("users", operations)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.profiles.clone()));
        cfg.app_data(web::Data::from(self.people.clone()));
        cfg.app_data(web::Data::from(self.exports.clone()));
    }
}
