//! The operations of integrations, one file each.

mod authorize;
mod callback;
mod complete;
mod connection_body;
mod create_connection;
mod create_file;
mod create_issue;
mod create_page;
mod creation;
mod delete_connection;
mod get_connection;
mod get_operation;
mod list_connections;
mod list_operations;
mod list_providers;
mod list_resources;
mod parse_links;
mod resolve_links;
mod test_connection;
mod update_connection;
mod view;

use actix_web::web;
use core_http::{Mount, Routes};

use crate::Integrations;
use crate::hooks::IncomingHooks;

impl Routes for Integrations {
    fn mounts(&self) -> Vec<Mount> {
        let operations = vec![
            list_providers::operation(),
            create_connection::operation(),
            list_connections::operation(),
            get_connection::operation(),
            update_connection::operation(),
            delete_connection::operation(),
            test_connection::operation(),
            list_resources::operation(),
            authorize::operation(),
            callback::operation(),
            complete::operation(),
            create_file::operation(),
            create_page::operation(),
            create_issue::operation(),
            list_operations::operation(),
            get_operation::operation(),
            parse_links::operation(),
            resolve_links::operation(),
        ];
        let operations = [operations, IncomingHooks::operations()].concat();
        vec![Mount::api("integrations", operations), IncomingHooks::mount()]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.connections.clone()));
        cfg.app_data(web::Data::from(self.authorizations.clone()));
        cfg.app_data(web::Data::from(self.creations.clone()));
        cfg.app_data(web::Data::from(self.operations.clone()));
        cfg.app_data(web::Data::from(self.links.clone()));
        self.incoming.register(cfg);
    }
}
