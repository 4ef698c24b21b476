use core_http::Problem;
use core_kernel::{FieldError, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::LlmError;
use crate::{BudgetPeriod, Policy, PolicyRules, PolicyScope};

/// What a policy says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PutPolicy {
    /// `provider/model`, `provider/*` or a model's name; empty: every model.
    #[serde(default)]
    models: Vec<String>,
    /// The most in a period, in millionths of a US dollar; absent: as much as one likes.
    #[serde(default)]
    budget_micros: Option<i64>,
    #[serde(default)]
    period: BudgetPeriod,
    /// Requests a minute.
    #[serde(default)]
    rpm: Option<u32>,
    /// Tokens a minute, by estimate.
    #[serde(default)]
    tpm: Option<u32>,
}

impl From<PutPolicy> for PolicyRules {
    fn from(body: PutPolicy) -> Self {
        Self { models: body.models, budget_micros: body.budget_micros, period: body.period, rpm: body.rpm, tpm: body.tpm }
    }
}

/// A policy.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmPolicy)]
pub(super) struct PolicyView {
    scope: PolicyScope,
    /// Who; none for the default.
    subject_id: Option<Uuid>,
    models: Vec<String>,
    budget_micros: Option<i64>,
    period: BudgetPeriod,
    rpm: Option<u32>,
    tpm: Option<u32>,
    updated_at: Timestamp,
}

impl From<Policy> for PolicyView {
    fn from(policy: Policy) -> Self {
        let rules = policy.rules;
        Self {
            scope: policy.scope,
            subject_id: Some(policy.subject).filter(|_| policy.scope != PolicyScope::Default),
            models: rules.models,
            budget_micros: rules.budget_micros,
            period: rules.period,
            rpm: rules.rpm,
            tpm: rules.tpm,
            updated_at: policy.updated_at,
        }
    }
}

/// Whom a path names.
pub(super) fn subject((scope, id): (String, Uuid)) -> Result<(PolicyScope, Uuid), Problem> {
    let scope = PolicyScope::parse(&scope).filter(|scope| *scope != PolicyScope::Default);
    let rule = "Expected `user`, `org` or `api_key`.";
    let scope = scope.ok_or_else(|| LlmError::Invalid(vec![FieldError::new("/scope", "unknown_scope", rule)]))?;
    Ok((scope, id))
}
