use std::sync::Arc;
use std::time::Duration;

use core_cluster::{Cluster, Quota};
use core_db::{Db, Tx};
use core_kernel::{Actor, ActorKind, Timestamp};
use moka::sync::Cache;
use uuid::Uuid;

use crate::catalogue::Prices;
use crate::chat::{ChatRequest, Usage};
use crate::error::LlmError;
use crate::measuring::estimate_request;
use crate::model::{Account, Generation, Policy, PolicyScope, Reservation};
use crate::routing::Target;
use crate::store::{generations, policies, spending};

/// The tokens of an answer that are set aside where the request has no limit.
const ANSWER_TOKENS: u64 = 4_096;

/// Holds callers to their policies.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    db: Db,
    cluster: Cluster,
    /// Policies as they were a moment ago, so that a call does not read them anew.
    known: Cache<Vec<(PolicyScope, Uuid)>, Arc<Vec<Policy>>>,
}

/// How long policies are remembered: so much later a change holds at other replicas, at once at the one that made it.
const REMEMBERED: Duration = Duration::from_secs(2);

/// A budget that a call has to fit into.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Budget {
    account: Account,
    micros: i64,
    resets_at: Timestamp,
}

/// A caller who may go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admitted {
    budgets: Vec<Budget>,
}

/// The policies that hold for an actor, each with whose account it fills.
async fn policies_of(limits: &Limits, actor: &Actor) -> Result<Vec<(Policy, PolicyScope, Uuid)>, LlmError> {
    let person = actor.author();
    let mut subjects = vec![(PolicyScope::Default, Uuid::nil()), (PolicyScope::User, person.get())];
    if actor.owner != actor.personal_space() {
        subjects.push((PolicyScope::Org, actor.owner.get()));
    }
    if let ActorKind::ApiKey { key } = actor.kind {
        subjects.push((PolicyScope::ApiKey, key));
    }
    let found = match limits.known.get(&subjects) {
        Some(found) => found,
        None => {
            let found = Arc::new(policies::of(limits.db.read(), &subjects).await?);
            limits.known.insert(subjects, Arc::clone(&found));
            found
        }
    };
    let found = found.as_ref().clone();
    let own = found.iter().any(|policy| policy.scope == PolicyScope::User);
    let held = found.into_iter().filter(|policy| policy.scope != PolicyScope::Default || !own);
    // The default is counted for each person by themselves.
    Ok(held
        .map(|policy| match policy.scope {
            PolicyScope::Default => (policy, PolicyScope::User, person.get()),
            scope => {
                let subject = policy.subject;
                (policy, scope, subject)
            }
        })
        .collect())
}

impl Limits {
    pub(crate) fn new(db: Db, cluster: Cluster) -> Self {
        Self { db, cluster, known: Cache::builder().max_capacity(10_000).time_to_live(REMEMBERED).build() }
    }

    /// Reads policies anew from now on.
    pub(crate) fn forget(&self) {
        self.known.invalidate_all();
    }

    /// Refuses a model that is not allowed and a caller who is too fast. Targets that are not allowed are left out, as long as the one that was
    /// asked for is.
    pub(crate) async fn admit(&self, actor: &Actor, targets: &mut Vec<Target>, tokens: u64) -> Result<Admitted, LlmError> {
        let held = policies_of(self, actor).await?;
        let mut admitted = Admitted::default();
        let now = self.db.ambient().now();
        for (policy, scope, subject) in &held {
            let allows = |target: &Target| policy.rules.allows(target.provider.provider(), &target.model);
            if let Some(refused) = targets.first().filter(|target| !allows(target)) {
                let name = format!("{}/{}", refused.provider.provider(), refused.model);
                return Err(LlmError::ModelNotAllowed { name });
            }
            targets.retain(allows);
            if let Some(micros) = policy.rules.budget_micros {
                let (since, resets_at) = policy.rules.period.around(now);
                let account = Account { scope: *scope, subject: *subject, since: since.millis() };
                admitted.budgets.push(Budget { account, micros, resets_at });
            }
        }
        for (policy, scope, subject) in &held {
            let key = |what: &str| format!("llm:{what}:{}:{}", scope.as_str(), subject.as_simple());
            if let Some(rpm) = policy.rules.rpm {
                self.charge(&key("rpm"), rpm, 1).await?;
            }
            if let Some(tpm) = policy.rules.tpm {
                // One call may take all that a minute has, but not more than that at once.
                let cost = u32::try_from(tokens).unwrap_or(u32::MAX).clamp(1, tpm);
                self.charge(&key("tpm"), tpm, cost).await?;
            }
        }
        Ok(admitted)
    }

    async fn charge(&self, key: &str, burst: u32, cost: u32) -> Result<(), LlmError> {
        let decision =
            self.cluster.limits.check(key, Quota::per_minute(burst), cost).await.map_err(|error| LlmError::Port(error.into()))?;
        if decision.allowed { Ok(()) } else { Err(LlmError::TooFast { retry_after: decision.retry_after }) }
    }
}

impl Admitted {
    /// True when nothing has to be set aside.
    pub(crate) fn is_free(&self) -> bool {
        self.budgets.is_empty()
    }

    /// Sets aside what a call may cost at most, in every budget; all of it or nothing.
    pub(crate) async fn reserve(&self, tx: &Tx, micros: i64) -> Result<Option<Reservation>, LlmError> {
        if self.budgets.is_empty() {
            return Ok(None);
        }
        for budget in &self.budgets {
            if !spending::reserve(tx, &budget.account, micros, budget.micros).await? {
                return Err(LlmError::BudgetExhausted { scope: budget.account.scope, resets_at: budget.resets_at });
            }
        }
        Ok(Some(Reservation { micros, accounts: self.budgets.iter().map(|budget| budget.account.clone()).collect() }))
    }

    /// Sets more aside for a generation that goes on, so that it holds `micros` in all; all of it or nothing.
    pub(crate) async fn raise(&self, tx: &Tx, row: &Generation, micros: i64) -> Result<(), LlmError> {
        let Some(held) = generations::reservation(tx, row.owner, row.id).await? else { return Ok(()) };
        if micros > held.micros {
            self.reserve(tx, micros - held.micros).await?;
            generations::set_reservation(tx, row.owner, row.id, &Reservation { micros, ..held }).await?;
        }
        Ok(())
    }
}

/// About the most that a request may cost at the dearest of its targets.
pub(crate) fn dearest(prices: &Prices, targets: &[Target], request: &ChatRequest) -> i64 {
    targets.iter().map(|target| at_most(prices, target, request)).max().unwrap_or(0)
}

/// About the most that a request may cost at a target: its input by estimate, its answer as long as it may be.
fn at_most(prices: &Prices, target: &Target, request: &ChatRequest) -> i64 {
    let usage = Usage {
        input: estimate_request(request),
        output: request.max_output_tokens.map_or(ANSWER_TOKENS, u64::from),
        ..Usage::default()
    };
    prices.cost(target.provider.provider(), target.provider.kind(), &target.model, &usage).micros
}
