use async_trait::async_trait;
use core_db::{AuditEntry, Db, DbError, audit};
use core_kernel::{Actor, FieldError, Page, PageRequest, Secret, hex};
use serde_json::json;
use serde_json::value::RawValue;

use super::store::hooks::Stored;
use super::store::{events, hooks};
use super::{Delivery, Hook, HookEvent, HookEventId, HookId, HookKind, HookStatus, Hooks, HooksError, NewHook, Receipt, inbox};
use crate::permissions;

const MAX_HOOKS: u64 = 50;
const MAX_NAME: usize = 100;
const MAX_SECRET: usize = 512;

/// [`Hooks`] over the tables.
pub(super) struct HookService {
    pub(super) db: Db,
    /// What stands before the id in addresses.
    pub(super) base: String,
}

impl HookService {
    fn placed(&self, hook: Hook) -> Hook {
        Hook { url: format!("{}{}", self.base, hook.id), ..hook }
    }

    async fn find(&self, actor: &Actor, id: HookId) -> Result<Hook, HooksError> {
        let found = hooks::find(self.db.read(), self.db.keyring(), actor, id).await?;
        Ok(self.placed(found.ok_or(DbError::NotFound)?.hook))
    }

    /// The secret that is stored, and the one that is handed out.
    fn secrets(&self, new: &NewHook) -> Result<(Option<Secret>, Option<Secret>), HooksError> {
        let fault = |rule: &str| HooksError::Invalid(vec![FieldError::new("/secret", "invalid_secret", rule)]);
        match (new.kind, &new.secret) {
            (HookKind::JiraApp, Some(secret)) => {
                let text = secret.expose();
                let fits = (1..=MAX_SECRET).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
                if fits { Ok((Some(secret.clone()), None)) } else { Err(fault("1 to 512 visible ASCII characters")) }
            }
            (HookKind::JiraApp, None) => Err(fault("the client secret of the app that registers the hook")),
            (_, Some(_)) => Err(fault("left out: this server makes it, or Notion does")),
            (HookKind::Notion, None) => Ok((None, None)),
            (HookKind::Github | HookKind::Jira, None) => {
                let secret = Secret::new(hex(&self.db.ambient().random::<32>()));
                Ok((Some(secret.clone()), Some(secret)))
            }
        }
    }
}

fn name(text: Option<&str>) -> Result<Option<String>, HooksError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > MAX_NAME || text.contains('\0') {
        let rule = format!("at most {MAX_NAME} characters, without U+0000");
        return Err(HooksError::Invalid(vec![FieldError::new("/name", "invalid_text", rule)]));
    }
    Ok(Some(text.to_owned()))
}

#[async_trait]
impl Hooks for HookService {
    async fn create(&self, actor: &Actor, new: NewHook) -> Result<(Hook, Option<Secret>), HooksError> {
        actor.require(&permissions::CONNECT)?;
        let (secret, shown) = self.secrets(&new)?;
        let ambient = self.db.ambient();
        let now = ambient.now();
        let hook = Hook {
            id: ambient.id(),
            owner: actor.owner,
            created_by: actor.author(),
            visibility: new.visibility,
            kind: new.kind,
            name: name(new.name.as_deref())?,
            status: HookStatus::Pending,
            url: String::new(),
            verification_token: None,
            last_received_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let stored = &Stored { hook, secret };
        self.db
            .write(|tx| async move {
                if hooks::count(&tx, actor.owner).await? >= MAX_HOOKS {
                    return Err(HooksError::TooMany);
                }
                hooks::insert(&tx, stored).await?;
                let entry = AuditEntry {
                    action: "integrations.hook_created",
                    outcome: "success",
                    subject: actor.author(),
                    org: (actor.owner != actor.personal_space()).then_some(actor.owner),
                    details: json!({"hook_id": stored.hook.id, "kind": stored.hook.kind}),
                };
                Ok(audit(&tx, entry).await?)
            })
            .await?;
        Ok((self.placed(stored.hook.clone()), shown))
    }

    async fn list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Hook>, HooksError> {
        actor.require(&permissions::READ)?;
        Ok(hooks::list(self.db.read(), actor, page).await?.map(|hook| self.placed(hook)))
    }

    async fn get(&self, actor: &Actor, id: HookId) -> Result<Hook, HooksError> {
        actor.require(&permissions::READ)?;
        let hook = self.find(actor, id).await?;
        // Whoever has Notion's token can send in its name.
        let may_connect = actor.require(&permissions::CONNECT).is_ok();
        Ok(Hook { verification_token: hook.verification_token.clone().filter(|_| may_connect), ..hook })
    }

    async fn delete(&self, actor: &Actor, id: HookId) -> Result<(), HooksError> {
        actor.require(&permissions::CONNECT)?;
        let hook = &self.find(actor, id).await?;
        self.db
            .write(|tx| async move {
                if !hooks::delete(&tx, hook).await? {
                    return Err(DbError::NotFound.into());
                }
                Ok(events::delete_of(&tx, hook.owner, id).await?)
            })
            .await
    }

    async fn events(&self, actor: &Actor, id: HookId, page: &PageRequest) -> Result<Page<HookEvent>, HooksError> {
        actor.require(&permissions::READ)?;
        let hook = self.find(actor, id).await?;
        Ok(events::list(self.db.read(), actor.owner, hook.id, page).await?)
    }

    async fn event(
        &self,
        actor: &Actor,
        id: HookId,
        event: HookEventId,
    ) -> Result<(HookEvent, Option<Box<RawValue>>), HooksError> {
        actor.require(&permissions::READ)?;
        let hook = self.find(actor, id).await?;
        let connection = self.db.read();
        let found = events::find(connection, actor.owner, hook.id, event).await?.ok_or(DbError::NotFound)?;
        let payload = events::payload(connection, actor.owner, hook.id, event).await?.map(RawValue::from_string).transpose();
        Ok((found, payload.map_err(|error| DbError::Corrupt(format!("the body of hook event {event}: {error}")))?))
    }

    async fn exists(&self, id: HookId) -> Result<bool, HooksError> {
        Ok(hooks::exists(self.db.read(), id).await?)
    }

    async fn receive(&self, id: HookId, delivery: Delivery) -> Result<Receipt, HooksError> {
        inbox::receive(&self.db, id, &delivery).await
    }
}
