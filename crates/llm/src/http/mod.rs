//! The operations of this feature, one file each.

mod answer;
mod chat;
mod content;
mod count_tokens;
mod create_conversation;
mod delete_conversation;
mod delete_message;
mod embed;
mod generation_events;
mod get_conversation;
mod get_generation;
mod list_conversations;
mod list_messages;
mod list_models;
mod list_providers;
mod prompt;
mod send_message;
mod stop_generation;
mod stream;
mod summarize;
mod update_conversation;
mod views;

use actix_web::web;
use core_http::{Mount, Operation, Routes};

use crate::Llm;

/// The most bytes of a body below `/llm`.
const MAX_BODY: usize = 4 * 1024 * 1024;

impl Routes for Llm {
    fn mounts(&self) -> Vec<Mount> {
        let operations: Vec<Operation> = vec![
            list_models::operation(),
            list_providers::operation(),
            prompt::operation().timeout(self.patience),
            chat::operation().timeout(self.patience),
            summarize::operation().timeout(self.patience),
            embed::operation().timeout(self.patience),
            count_tokens::operation().timeout(self.patience),
            create_conversation::operation(),
            list_conversations::operation(),
            get_conversation::operation(),
            update_conversation::operation(),
            delete_conversation::operation(),
            list_messages::operation(),
            send_message::operation().timeout(self.patience),
            delete_message::operation(),
            get_generation::operation(),
            stop_generation::operation(),
            generation_events::operation(),
        ];
        vec![Mount::api("llm", operations.into_iter().map(|operation| operation.max_body_bytes(MAX_BODY)).collect())]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        let facades = self.facades();
        cfg.app_data(web::Data::from(facades.conversations.clone()))
            .app_data(web::Data::from(facades.messages.clone()))
            .app_data(web::Data::from(facades.completions.clone()))
            .app_data(web::Data::from(facades.generations.clone()))
            .app_data(web::Data::from(facades.measuring.clone()))
            .app_data(web::Data::from(facades.models.clone()));
    }
}
