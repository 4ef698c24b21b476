use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{MailError, Mailer, Message};

/// Mail into memory, for tests. It can be told to fail.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    sent: Mutex<Vec<Message>>,
    failures: Mutex<Vec<MailError>>,
}

impl MemoryMailer {
    /// What was sent so far.
    pub fn sent(&self) -> Vec<Message> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next mail fails so.
    pub fn fail_next(&self, error: MailError) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        if let Some(error) = self.failures.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Err(error);
        }
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        Ok(())
    }
}
