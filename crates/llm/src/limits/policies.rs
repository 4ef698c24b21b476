use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, FieldError, Timestamp};
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::{LlmError, codes};
use crate::model::{Policy, PolicyRules, PolicyScope, UsageBy, UsageLine};
use crate::permissions;
use crate::service::Policies;
use crate::store::{policies, usage};

/// The longest report, in milliseconds.
const LONGEST: i64 = 400 * 86_400_000;

/// [`Policies`] over the tables.
#[derive(Debug)]
pub(crate) struct PolicyService {
    pub(crate) engine: Arc<Engine>,
}

const NOT_FOUND: LlmError = LlmError::Plain(&codes::POLICY_NOT_FOUND);

#[async_trait]
impl Policies for PolicyService {
    async fn get(&self, actor: &Actor, scope: PolicyScope, subject: Uuid) -> Result<Policy, LlmError> {
        actor.require(&permissions::MANAGE)?;
        policies::of(self.engine.db.read(), &[(scope, subject)]).await?.into_iter().next().ok_or(NOT_FOUND)
    }

    async fn put(
        &self,
        actor: &Actor,
        scope: PolicyScope,
        subject: Uuid,
        rules: PolicyRules,
        version: Option<i64>,
    ) -> Result<Policy, LlmError> {
        actor.require(&permissions::MANAGE)?;
        rules.check()?;
        let rules = &rules;
        let stored = self
            .engine
            .db
            .write(|tx| async move {
                let current = policies::of(&tx, &[(scope, subject)]).await?.into_iter().next();
                if version.is_some() && version != current.as_ref().map(|current| current.version) {
                    return Err(LlmError::Plain(&codes::POLICY_CHANGED));
                }
                policies::put(&tx, actor, scope, subject, rules, current.is_some()).await?;
                policies::of(&tx, &[(scope, subject)]).await?.into_iter().next().ok_or(NOT_FOUND)
            })
            .await;
        self.engine.limits.forget();
        stored
    }

    async fn delete(&self, actor: &Actor, scope: PolicyScope, subject: Uuid) -> Result<(), LlmError> {
        actor.require(&permissions::MANAGE)?;
        let gone = self.engine.db.write(|tx| async move { Ok::<_, LlmError>(policies::delete(&tx, scope, subject).await?) });
        let gone = gone.await?;
        self.engine.limits.forget();
        if gone { Ok(()) } else { Err(NOT_FOUND) }
    }

    async fn usage(&self, actor: &Actor, from: Timestamp, to: Timestamp, by: UsageBy) -> Result<Vec<UsageLine>, LlmError> {
        actor.require(&permissions::READ)?;
        if from >= to || to.millis() - from.millis() > LONGEST {
            return Err(LlmError::Invalid(vec![FieldError::new("/to", "out_of_range", "After `from`, by 400 days at most.")]));
        }
        // Others' usage is for those who manage policies.
        let person = actor.require(&permissions::MANAGE).is_err().then(|| actor.author());
        Ok(usage::report(self.engine.db.read(), usage::Span { owner: actor.owner, person, from, to }, by).await?)
    }
}
