//! The operations of media, one file each.

mod append_upload;
mod attach;
mod begin_direct_upload;
mod begin_upload;
mod complete_direct_upload;
mod create_link;
mod delete_media;
mod end_upload;
mod follow_link;
mod get_content;
mod get_media;
mod get_upload;
mod get_variant;
mod list_media;
mod serving;
mod tus;
mod update_media;
mod upload_media;
mod upload_options;
mod view;

use actix_web::web;
use core_http::{Mount, Routes};

use crate::MediaFeature;

impl Routes for MediaFeature {
    fn mounts(&self) -> Vec<Mount> {
        let operations = vec![
            upload_media::operation(&self.config),
            list_media::operation(),
            attach::operation(),
            follow_link::operation(),
            upload_options::operation(),
            begin_upload::operation(),
            upload_options::of_one(),
            get_upload::operation(),
            append_upload::operation(&self.config),
            end_upload::operation(),
            begin_direct_upload::operation(),
            complete_direct_upload::operation(),
            get_media::operation(),
            update_media::operation(),
            delete_media::operation(),
            get_content::operation(),
            get_variant::operation(),
            create_link::operation(),
        ];
        vec![Mount::api("media", operations)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.library.clone()));
        cfg.app_data(web::Data::from(self.content.clone()));
        cfg.app_data(web::Data::from(self.uploads.clone()));
        cfg.app_data(web::Data::from(self.direct.clone()));
        cfg.app_data(web::Data::new(self.config.clone()));
    }
}
