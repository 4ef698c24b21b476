use std::time::Duration;

use async_trait::async_trait;
use core_kernel::Secret;
use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::mailer::compose;
use crate::{MailError, Mailer, Message};

/// Mail by SMTP: `smtps://user:password@host:465`, `smtp://host:587?tls=required`, `smtp://127.0.0.1:1025` for a catcher.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMailer").finish_non_exhaustive()
    }
}

impl SmtpMailer {
    /// A mailer for the server of this URL. Connections are made when the first mail goes out.
    pub fn new(url: &Secret, from: Mailbox) -> Result<Self, MailError> {
        // The error may quote the URL, which holds a password.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
            .map_err(|_error| MailError::Url("it must be smtp://host:port or smtps://user:password@host:port".to_owned()))?;
        Ok(Self { transport: builder.timeout(Some(Duration::from_secs(20))).build(), from })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        let mail = compose(message, &self.from)?;
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailError::Refused(error.to_string())),
            Err(error) => Err(MailError::Later(error.to_string())),
        }
    }
}
