use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use core_mail::{MailError, Mailer, Message};

/// The address that takes no mail: what is sent to it becomes a dead letter, which can be looked at and sent again.
pub(super) const GONE: &str = "gone@demo.example";

/// The mailboxes of the people of the demo: the newest mail of each.
#[derive(Default)]
pub(crate) struct Mailboxes(Mutex<HashMap<String, String>>);

impl Mailboxes {
    /// The code in the link of the newest mail to an address.
    pub(super) fn code(&self, address: &str) -> anyhow::Result<String> {
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let code = mails.get(address).and_then(|text| text.split_once("#token=")).and_then(|(_, rest)| rest.lines().next());
        code.map(str::to_owned).ok_or_else(|| anyhow::anyhow!("no mail with a link came to {address}"))
    }
}

#[async_trait]
impl Mailer for Mailboxes {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        if message.to == GONE {
            return Err(MailError::Refused("550 5.1.1 there is no such mailbox".to_owned()));
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(message.to.clone(), message.content.text.clone());
        Ok(())
    }
}
