use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::{DbError, Tx};
use core_jobs::{Handler, Job, JobFailure, JobId, enqueue};
use core_kernel::UserId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{MailError, Mailer, Message, TemplateError, Templates};

/// Whom a mail goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// A person: address and language are asked for when the mail is sent.
    User(UserId),
    /// An address that the mail is bound to.
    Address(String),
}

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailRequest {
    /// To whom.
    pub to: Recipient,
    /// Which template.
    pub template: String,
    /// In which language; that of the person, where none is given.
    pub locale: Option<String>,
    /// The values of the template.
    pub values: Value,
}

/// Where a person gets mail, and in which language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub email: String,
    /// A language tag, such as `en`.
    pub locale: Option<String>,
}

/// Addresses of people. The composition root implements it over whoever knows them.
#[async_trait]
pub trait Recipients: Send + Sync {
    /// The address of a person; none when they are gone.
    async fn address_of(&self, user: UserId) -> Result<Option<Address>, DbError>;
}

/// The job of one mail. Its payload holds links and addresses, so it is stored sealed.
#[derive(Serialize, Deserialize)]
struct SendMail(MailRequest);

impl Job for SendMail {
    const NAME: &'static str = "mail.send";
    const SEALED: bool = true;
    const MAX_ATTEMPTS: i32 = 12;
    const TIMEOUT: Duration = Duration::from_secs(30);
}

/// Queues a mail with the change that causes it.
pub async fn mail(tx: &Tx, request: MailRequest) -> Result<JobId, DbError> {
    enqueue(tx, &SendMail(request)).await
}

/// The handler of mail jobs, for the registry.
pub fn handler(mailer: Arc<dyn Mailer>, templates: Templates, recipients: Arc<dyn Recipients>) -> Handler {
    Handler::new::<SendMail, _, _>(move |context, SendMail(request)| {
        let (mailer, templates, recipients) = (Arc::clone(&mailer), templates.clone(), Arc::clone(&recipients));
        async move {
            let address = match request.to {
                Recipient::Address(email) => Some(Address { email, locale: None }),
                Recipient::User(user) => recipients.address_of(user).await?,
            };
            // Nobody to write to any more is not a failure.
            let Some(address) = address else { return Ok(()) };
            let locale = request.locale.or(address.locale);
            let render = move || templates.render(&request.template, locale.as_deref(), &request.values);
            let content = tokio::task::spawn_blocking(render).await.map_err(JobFailure::retry)?.map_err(broken)?;
            let message = Message { id: context.id.to_string(), to: address.email, content };
            mailer.send(&message).await.map_err(|error| match error {
                MailError::Refused(_) | MailError::Url(_) => JobFailure::fatal(error),
                MailError::Later(_) => JobFailure::retry(error),
            })
        }
    })
}

/// A broken file can be mended while the mail waits; a template that nobody has can't.
fn broken(error: TemplateError) -> JobFailure {
    match error {
        TemplateError::Unknown(_) => JobFailure::fatal(error),
        TemplateError::Broken { .. } | TemplateError::File { .. } => JobFailure::retry(error),
    }
}
