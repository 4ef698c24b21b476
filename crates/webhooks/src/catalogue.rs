use std::sync::{Arc, OnceLock};

use core_jobs::EventType;

/// The name of what `POST /webhooks/endpoints/{id}/test` sends where no other type is asked for.
pub(crate) const TEST: &str = "webhook.test";

/// Every event type that any installed feature publishes. The features are there after this one was built, so the root fills it in
/// once all are; until then there is none, and nothing is listened to.
#[derive(Clone, Debug, Default)]
pub struct EventCatalogue(Arc<OnceLock<Vec<EventType>>>);

impl EventCatalogue {
    /// A catalogue that is complete from the start.
    pub fn of(types: impl IntoIterator<Item = EventType>) -> Self {
        let catalogue = Self::default();
        catalogue.fill(types);
        catalogue
    }

    /// Says what there is; the first filling counts.
    pub fn fill(&self, types: impl IntoIterator<Item = EventType>) {
        drop(self.0.set(types.into_iter().collect()));
    }

    /// Everything, in the order of the features.
    pub fn all(&self) -> &[EventType] {
        self.0.get().map_or(&[], Vec::as_slice)
    }

    /// The type of this name.
    pub fn find(&self, name: &str) -> Option<&EventType> {
        self.all().iter().find(|known| known.name == name)
    }
}
