//! Stand-ins for what this crate asks of others, and the contract fixture.

#[cfg(feature = "http")]
mod fixture;

#[cfg(feature = "http")]
pub use fixture::FitnessFixture;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use core_kernel::{Actor, PortError};
use serde_json::Value;
use uuid::Uuid;

use crate::{FitnessError, MediaLink, MediaLinks, PlanWriter};

/// Media that everybody may see, by an address made of their id.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedMedia;

#[async_trait]
impl MediaLinks for FixedMedia {
    async fn links(&self, _: &Actor, media: &[Uuid]) -> Result<Vec<MediaLink>, PortError> {
        let link = |id: &Uuid| MediaLink { id: *id, url: format!("/media/{id}"), mime: "image/png".to_owned(), alt: None };
        Ok(media.iter().map(link).collect())
    }
}

/// Proposes what a test puts in; nothing in: it fails like a model that is down.
#[derive(Debug, Default)]
pub struct FixedWriter {
    answer: Mutex<Option<Value>>,
}

impl FixedWriter {
    /// From now on this is proposed.
    pub fn answer(&self, value: Value) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }
}

#[async_trait]
impl PlanWriter for FixedWriter {
    async fn propose(&self, _: &Actor, _: &str, _: &Value) -> Result<Value, PortError> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        answer.ok_or_else(|| FitnessError::NotConnected("PlanWriter").into())
    }
}
