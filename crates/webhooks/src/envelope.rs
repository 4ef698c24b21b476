use core_jobs::{Event, EventType};
use core_kernel::{Owner, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::catalogue::TEST;
use crate::model::EndpointId;

/// What is sent. `data` holds what the event is about (`id`), whose it is (`owner_id`) and the payload that its publisher documents.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Envelope {
    #[serde(rename = "type")]
    event_type: String,
    timestamp: Timestamp,
    data: Map<String, Value>,
}

impl Envelope {
    pub(crate) fn of(event: &Event) -> Self {
        Self::new(event.r#type.clone(), event.occurred_at, event.subject, event.owner, &event.data)
    }

    /// What an event of the type looks like.
    pub(crate) fn example(event_type: &EventType, at: Timestamp, owner: Owner) -> Self {
        let subject = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        Self::new(event_type.name.to_owned(), at, subject, owner, &(event_type.example)())
    }

    pub(crate) fn test(endpoint: EndpointId, at: Timestamp, owner: Owner) -> Self {
        let data = json!({"message": "Deliveries to this endpoint work."});
        Self::new(TEST.to_owned(), at, endpoint.get(), owner, &data)
    }

    fn new(event_type: String, timestamp: Timestamp, subject: Uuid, owner: Owner, data: &Value) -> Self {
        let mut data = data.as_object().cloned().unwrap_or_default();
        data.insert("id".to_owned(), json!(subject));
        data.insert("owner_id".to_owned(), json!(owner));
        Self { event_type, timestamp, data }
    }

    /// The bytes that are signed and sent.
    pub(crate) fn body(&self) -> String {
        json!(self).to_string()
    }
}
