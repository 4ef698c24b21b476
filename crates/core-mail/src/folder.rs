use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::Clock;
use lettre::message::Mailbox;

use crate::mailer::compose;
use crate::{MailError, Mailer, Message};

/// Mail into a folder, one `.eml` file each, named by time: what a server without a mail server does.
#[derive(Clone, Debug)]
pub struct FolderMailer {
    folder: PathBuf,
    from: Mailbox,
    clock: Arc<dyn Clock>,
}

impl FolderMailer {
    /// Mails go into `folder`, which is made when the first one does.
    pub fn new(folder: &Path, from: Mailbox, clock: Arc<dyn Clock>) -> Self {
        Self { folder: folder.to_owned(), from, clock }
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        let mail = compose(message, &self.from)?.formatted();
        let later = |error: std::io::Error| MailError::Later(error.to_string());
        tokio::fs::create_dir_all(&self.folder).await.map_err(later)?;
        let name = format!("{}-{}.eml", self.clock.now().millis(), message.id);
        let (part, whole) = (self.folder.join(format!("{name}.part")), self.folder.join(name));
        tokio::fs::write(&part, mail).await.map_err(later)?;
        // Whoever watches the folder sees whole mails only.
        tokio::fs::rename(&part, &whole).await.map_err(later)
    }
}
