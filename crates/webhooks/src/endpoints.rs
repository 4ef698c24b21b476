use std::time::Duration;

use async_trait::async_trait;
use core_db::{AuditEntry, Db, DbError, Tx, audit};
use core_jobs::EventType;
use core_kernel::{Actor, FieldError, Page, PageRequest, Secret};
use serde_json::json;

use crate::catalogue::TEST;
use crate::courier::Courier;
use crate::envelope::Envelope;
use crate::model::{
    Attempt, DisabledReason, Endpoint, EndpointChange, EndpointId, EndpointStatus, Message, MessageState, NewEndpoint,
};
use crate::service::Endpoints;
use crate::signature::SigningSecret;
use crate::store::{attempts, endpoints, messages, secrets};
use crate::{EventCatalogue, WebhooksConfig, WebhooksError, permissions, privacy, rules};

/// How long a secret of before may go on signing.
const MAX_OVERLAP_HOURS: u32 = 168;

/// [`Endpoints`] over the tables.
pub(crate) struct EndpointService {
    pub(crate) db: Db,
    pub(crate) config: WebhooksConfig,
    pub(crate) catalogue: EventCatalogue,
    pub(crate) courier: Courier,
}

impl EndpointService {
    fn parse(&self, actor: &Actor, new: &NewEndpoint) -> Result<Endpoint, WebhooksError> {
        let ambient = self.db.ambient();
        let now = ambient.now();
        let url = rules::url(&self.courier.egress, &new.url);
        let description = rules::description(new.description.as_deref());
        let events = rules::events(&self.catalogue, new.events.as_deref());
        let (Ok(url), Ok(description), Ok(events)) = (&url, &description, &events) else {
            let faults = [url.err(), description.err(), events.err()];
            return Err(WebhooksError::Invalid(faults.into_iter().flatten().collect()));
        };
        Ok(Endpoint {
            id: ambient.id(),
            owner: actor.owner,
            created_by: actor.author(),
            visibility: new.visibility,
            url: url.clone(),
            description: description.clone(),
            events: events.clone(),
            status: EndpointStatus::Enabled,
            failing_since: None,
            secrets: Vec::new(),
            created_at: now,
            updated_at: now,
            version: 1,
        })
    }

    fn change(&self, endpoint: &mut Endpoint, change: &EndpointChange) -> Result<(), WebhooksError> {
        let invalid = |fault| WebhooksError::Invalid(vec![fault]);
        let now = self.db.ambient().now();
        if let Some(text) = &change.url {
            endpoint.url = rules::url(&self.courier.egress, text).map_err(invalid)?;
        }
        if let Some(text) = &change.description {
            endpoint.description = rules::description(text.as_deref()).map_err(invalid)?;
        }
        if let Some(patterns) = &change.events {
            endpoint.events = rules::events(&self.catalogue, Some(patterns)).map_err(invalid)?;
        }
        if let Some(visibility) = change.visibility {
            endpoint.visibility = visibility;
        }
        match (change.enabled, endpoint.status) {
            (Some(true), EndpointStatus::Disabled { .. }) => {
                endpoint.status = EndpointStatus::Enabled;
                endpoint.failing_since = None;
            }
            (Some(false), EndpointStatus::Enabled) => {
                endpoint.status = EndpointStatus::Disabled { reason: DisabledReason::Manual, at: now };
            }
            _ => {}
        }
        endpoint.updated_at = now;
        endpoint.version += 1;
        Ok(())
    }

    async fn read(&self, actor: &Actor, id: EndpointId) -> Result<Endpoint, WebhooksError> {
        let found = endpoints::find(self.db.read(), actor, id, self.db.ambient().now()).await?;
        Ok(found.ok_or(DbError::NotFound)?)
    }

    fn example(&self, endpoint: &Endpoint, event_type: Option<&str>) -> Result<Envelope, WebhooksError> {
        let now = self.db.ambient().now();
        let Some(name) = event_type.filter(|name| *name != TEST) else {
            return Ok(Envelope::test(endpoint.id, now, endpoint.owner));
        };
        let known = self.catalogue.find(name).ok_or_else(|| {
            let rule = "a type that GET /webhooks/event-types lists";
            WebhooksError::Invalid(vec![FieldError::new("/event_type", "unknown_event_type", rule)])
        })?;
        Ok(Envelope::example(known, now, endpoint.owner))
    }
}

#[async_trait]
impl Endpoints for EndpointService {
    async fn create(&self, actor: &Actor, new: NewEndpoint) -> Result<(Endpoint, Secret), WebhooksError> {
        actor.require(&permissions::WRITE)?;
        let (endpoint, secret) = (&self.parse(actor, &new)?, &SigningSecret::random(self.db.ambient()));
        let limit = self.config.max_endpoints;
        let stored = self
            .db
            .write(|tx| async move {
                if endpoints::count(&tx, actor.owner).await? >= limit {
                    return Err(WebhooksError::TooManyEndpoints { limit });
                }
                endpoints::insert(&tx, endpoint).await?;
                secrets::insert(&tx, endpoint.owner, endpoint.id, secret).await?;
                record(&tx, actor, "webhooks.endpoint_created", endpoint.id).await?;
                own(&tx, actor, endpoint.id, None).await
            })
            .await?;
        Ok((stored, secret.text()))
    }

    async fn list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Endpoint>, WebhooksError> {
        actor.require(&permissions::READ)?;
        Ok(endpoints::list(self.db.read(), actor, page, self.db.ambient().now()).await?)
    }

    async fn get(&self, actor: &Actor, id: EndpointId) -> Result<Endpoint, WebhooksError> {
        actor.require(&permissions::READ)?;
        self.read(actor, id).await
    }

    async fn update(
        &self,
        actor: &Actor,
        id: EndpointId,
        change: EndpointChange,
        based_on: Option<i64>,
    ) -> Result<Endpoint, WebhooksError> {
        actor.require(&permissions::WRITE)?;
        let change = &change;
        self.db
            .write(|tx| async move {
                let mut endpoint = own(&tx, actor, id, based_on).await?;
                let current = endpoint.version;
                let moved = endpoint.url.clone();
                self.change(&mut endpoint, change)?;
                if !endpoints::update(&tx, &endpoint).await? {
                    return Err(WebhooksError::Changed { current });
                }
                if moved != endpoint.url {
                    record(&tx, actor, "webhooks.endpoint_moved", id).await?;
                }
                Ok(endpoint)
            })
            .await
    }

    async fn delete(&self, actor: &Actor, id: EndpointId, based_on: Option<i64>) -> Result<(), WebhooksError> {
        actor.require(&permissions::WRITE)?;
        self.db
            .write(|tx| async move {
                let endpoint = own(&tx, actor, id, based_on).await?;
                if !privacy::delete(&tx, &endpoint).await? {
                    return Err(WebhooksError::Changed { current: endpoint.version });
                }
                Ok(record(&tx, actor, "webhooks.endpoint_deleted", id).await?)
            })
            .await
    }

    async fn rotate_secret(
        &self,
        actor: &Actor,
        id: EndpointId,
        overlap_hours: u32,
    ) -> Result<(Endpoint, Secret), WebhooksError> {
        actor.require(&permissions::WRITE)?;
        if overlap_hours > MAX_OVERLAP_HOURS {
            let rule = format!("at most {MAX_OVERLAP_HOURS} hours");
            return Err(WebhooksError::Invalid(vec![FieldError::new("/overlap_hours", "out_of_range", rule)]));
        }
        let secret = &SigningSecret::random(self.db.ambient());
        let until = self.db.ambient().now().plus(Duration::from_hours(overlap_hours.into()));
        let rotated = self
            .db
            .write(|tx| async move {
                let mut endpoint = own(&tx, actor, id, None).await?;
                let current = endpoint.version;
                endpoint.updated_at = tx.ambient().now();
                endpoint.version += 1;
                // The version is the lock: two rotations at once do not both retire the secret of before.
                if !endpoints::update(&tx, &endpoint).await? {
                    return Err(WebhooksError::Changed { current });
                }
                secrets::retire(&tx, endpoint.owner, id, until).await?;
                secrets::insert(&tx, endpoint.owner, id, secret).await?;
                record(&tx, actor, "webhooks.secret_rotated", id).await?;
                own(&tx, actor, id, None).await
            })
            .await?;
        Ok((rotated, secret.text()))
    }

    async fn test(&self, actor: &Actor, id: EndpointId, event_type: Option<&str>) -> Result<Attempt, WebhooksError> {
        actor.require(&permissions::WRITE)?;
        let endpoint = &self.read(actor, id).await?;
        let envelope = self.example(endpoint, event_type)?;
        let ambient = self.db.ambient();
        let message = &Message {
            id: ambient.id(),
            owner: endpoint.owner,
            endpoint: id,
            event: ambient.ids.next(),
            event_type: event_type.unwrap_or(TEST).to_owned(),
            body: envelope.body(),
            state: MessageState::Test,
            round: 1,
            tries: 1,
            created_at: ambient.now(),
        };
        let exchange = self.courier.carry(endpoint, message).await?;
        let attempt = &Attempt::of(message, ambient, exchange);
        self.db
            .write(|tx| async move {
                // It may have been deleted while the endpoint took its time.
                own(&tx, actor, id, None).await?;
                messages::insert(&tx, message).await?;
                Ok::<_, WebhooksError>(attempts::insert(&tx, attempt).await?)
            })
            .await?;
        Ok(attempt.clone())
    }

    fn event_types(&self, actor: &Actor) -> Result<Vec<EventType>, WebhooksError> {
        actor.require(&permissions::READ)?;
        Ok(self.catalogue.all().to_vec())
    }
}

/// One that the actor may see, at the version that their change is based on.
async fn own(tx: &Tx, actor: &Actor, id: EndpointId, based_on: Option<i64>) -> Result<Endpoint, WebhooksError> {
    let endpoint = endpoints::find(tx, actor, id, tx.ambient().now()).await?.ok_or(DbError::NotFound)?;
    match based_on {
        Some(version) if version != endpoint.version => Err(WebhooksError::Changed { current: endpoint.version }),
        _ => Ok(endpoint),
    }
}

/// Where a space's events go is worth remembering.
async fn record(tx: &Tx, actor: &Actor, action: &'static str, endpoint: EndpointId) -> Result<(), DbError> {
    let entry = AuditEntry {
        action,
        outcome: "success",
        subject: actor.author(),
        org: (actor.owner != actor.personal_space()).then_some(actor.owner),
        details: json!({"endpoint_id": endpoint}),
    };
    audit(tx, entry).await
}
