//! The operations of files, one file each.

mod answer_choice;
mod archive_body;
mod choose_file;
mod create_workspace;
mod delete_file;
mod delete_workspace;
mod download_archive;
mod etags;
mod get_workspace;
mod list_workspaces;
mod move_file;
mod raw;
mod read_directory;
mod read_file;
mod read_files;
mod search_code;
mod search_query;
mod upload_archive;
mod views;
mod write_file;

use std::time::Duration;

use actix_web::web;
use core_http::{Mount, Operation, Routes};

use crate::Files;

/// How long archives may take.
const ARCHIVE_TIME: Duration = Duration::from_mins(2);

impl Routes for Files {
    fn mounts(&self) -> Vec<Mount> {
        let archive = usize::try_from(self.config().max_archive_bytes).unwrap_or(usize::MAX);
        let operations: Vec<Operation> = vec![
            list_workspaces::operation(),
            create_workspace::operation(),
            get_workspace::operation(),
            delete_workspace::operation(),
            upload_archive::operation().max_body_bytes(archive).timeout(ARCHIVE_TIME),
            download_archive::operation().timeout(ARCHIVE_TIME),
            read_directory::operation(),
            read_file::operation(),
            write_file::operation(),
            delete_file::operation(),
            read_files::operation(),
            raw::operation(),
            move_file::operation(),
            choose_file::operation(),
            answer_choice::operation(),
            search_code::by_query(),
            search_code::by_body(),
        ];
        vec![Mount::api("files", operations)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.workspaces.clone()))
            .app_data(web::Data::from(self.documents.clone()))
            .app_data(web::Data::from(self.search.clone()))
            .app_data(web::Data::from(self.choosing.clone()))
            .app_data(web::Data::from(self.archives.clone()));
    }
}
