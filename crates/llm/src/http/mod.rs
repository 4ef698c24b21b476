//! The operations of this feature, one file each.

mod answer;
mod attempt_view;
mod chat;
mod code_prompt;
mod content;
mod conversation_context;
mod count_tokens;
mod create_conversation;
mod create_memory;
mod create_template;
mod decide_tool_call;
mod delete_conversation;
mod delete_default_policy;
mod delete_memory;
mod delete_message;
mod delete_policy;
mod embed;
mod export_conversation;
mod extract_json;
mod generation_events;
mod get_conversation;
mod get_default_policy;
mod get_generation;
mod get_policy;
mod get_template;
mod import_conversation;
mod list_conversations;
mod list_memories;
mod list_messages;
mod list_models;
mod list_providers;
mod list_templates;
mod openai;
mod policy_views;
mod prompt;
mod put_default_policy;
mod put_policy;
mod regenerate_message;
mod render_template;
mod send_message;
mod stop_generation;
mod stream;
mod summarize;
mod summarize_conversation;
mod translate_instruction;
mod update_conversation;
mod update_memory;
mod usage_report;
mod views;

use actix_web::web;
use core_http::{Mount, Operation, Routes};

use crate::Llm;

/// The most bytes of a body below `/llm`.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// The most bytes of an imported conversation.
const MAX_IMPORT: usize = 32 * 1024 * 1024;

impl Routes for Llm {
    fn mounts(&self) -> Vec<Mount> {
        let operations: Vec<Operation> = vec![
            list_models::operation(),
            list_providers::operation(),
            prompt::operation().timeout(self.patience),
            chat::operation().timeout(self.patience),
            summarize::operation().timeout(self.patience),
            code_prompt::operation().timeout(self.patience),
            translate_instruction::operation(),
            extract_json::operation(),
            list_templates::operation(),
            create_template::operation(),
            get_template::operation(),
            render_template::operation(),
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
            regenerate_message::operation().timeout(self.patience),
            conversation_context::operation(),
            summarize_conversation::operation().timeout(self.patience),
            export_conversation::operation(),
            usage_report::operation(),
            get_default_policy::operation(),
            put_default_policy::operation(),
            delete_default_policy::operation(),
            get_policy::operation(),
            put_policy::operation(),
            delete_policy::operation(),
            list_memories::operation(),
            create_memory::operation(),
            update_memory::operation(),
            delete_memory::operation(),
            get_generation::operation(),
            stop_generation::operation(),
            generation_events::operation(),
            decide_tool_call::operation().timeout(self.patience),
        ];
        let mut operations: Vec<Operation> = operations.into_iter().map(|operation| operation.max_body_bytes(MAX_BODY)).collect();
        operations.push(import_conversation::operation().max_body_bytes(MAX_IMPORT));
        vec![Mount::api("llm", operations), openai::mount(self.patience)]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        let facades = self.facades();
        cfg.app_data(web::Data::from(facades.conversations.clone()))
            .app_data(web::Data::from(facades.messages.clone()))
            .app_data(web::Data::from(facades.completions.clone()))
            .app_data(web::Data::from(facades.generations.clone()))
            .app_data(web::Data::from(facades.policies.clone()))
            .app_data(web::Data::from(facades.memories.clone()))
            .app_data(web::Data::from(facades.templates.clone()))
            .app_data(web::Data::from(facades.measuring.clone()))
            .app_data(web::Data::from(facades.models.clone()));
    }
}
