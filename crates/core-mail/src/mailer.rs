use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Ambient, Secret};
use lettre::message::{Mailbox, MultiPart};

use crate::{FolderMailer, Rendered, SmtpMailer};

/// A mail ready to go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Identifies the mail over retries; becomes the `Message-ID`.
    pub id: String,
    /// The address of the recipient.
    pub to: String,
    /// Subject and bodies.
    pub content: Rendered,
}

/// What carries mails away.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the mail over. The same message may be handed over twice, after a crash.
    async fn send(&self, message: &Message) -> Result<(), MailError>;
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It never will be: the address or the message is at fault.
    #[error("the mail is refused: {0}")]
    Refused(String),
    /// Not now.
    #[error("the mail could not be handed over: {0}")]
    Later(String),
    /// The URL of the mail server is not readable.
    #[error("the mail URL is not usable: {0}")]
    Url(String),
}

/// The mailer that the settings ask for: `smtp://` or `smtps://`, else files in a folder.
pub fn mailer_from_url(url: Option<&Secret>, from: &str, folder: &Path, ambient: &Ambient) -> Result<Arc<dyn Mailer>, MailError> {
    let from = from.parse::<Mailbox>().map_err(|error| MailError::Url(format!("sender: {error}")))?;
    match url.filter(|url| !url.is_empty()) {
        Some(url) => Ok(Arc::new(SmtpMailer::new(url, from)?)),
        None => Ok(Arc::new(FolderMailer::new(folder, from, Arc::clone(&ambient.clock)))),
    }
}

/// The message in the form of RFC 5322. lettre encodes every header, so a line break in a value can't add one.
pub(crate) fn compose(message: &Message, from: &Mailbox) -> Result<lettre::Message, MailError> {
    let refused = |error: &dyn std::fmt::Display| MailError::Refused(error.to_string());
    let to = message.to.parse::<Mailbox>().map_err(|error| refused(&error))?;
    let domain = from.email.domain().to_owned();
    lettre::Message::builder()
        .from(from.clone())
        .to(to)
        .subject(message.content.subject.clone())
        .message_id(Some(format!("<{}@{domain}>", message.id)))
        .multipart(MultiPart::alternative_plain_html(message.content.text.clone(), message.content.html.clone()))
        .map_err(|error| refused(&error))
}
