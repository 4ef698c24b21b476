#![doc = include_str!("../README.md")]

mod folder;
mod job;
mod mailer;
mod memory;
mod smtp;
mod template;

pub use folder::FolderMailer;
pub use job::{Address, MailRequest, Recipient, Recipients, handler, mail};
pub use mailer::{MailError, Mailer, Message, mailer_from_url};
pub use memory::MemoryMailer;
pub use smtp::SmtpMailer;
pub use template::{MailTemplate, Rendered, TemplateError, Templates};
