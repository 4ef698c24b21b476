use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use core_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{BreakerState, Models, ProviderInfo, permissions};

/// The providers that are configured, and the built-in one.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmProviderList)]
struct ProviderList {
    providers: Vec<ProviderView>,
}

/// A provider.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmProvider)]
struct ProviderView {
    /// Its name in the settings, and the first part of its models' ids.
    name: String,
    /// Its protocol.
    #[schema(example = "gemini")]
    kind: String,
    /// Models that it offers by name.
    models: Vec<String>,
    /// Its models that have failed again and again; empty when all is well.
    breakers: Vec<BreakerView>,
}

/// A model that keeps failing.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmBreaker)]
struct BreakerView {
    model: String,
    /// `open`: it is left alone; `half_open`: the next call is let through to see whether it answers.
    state: BreakerState,
    /// When it is tried again.
    retry_at: Timestamp,
}

impl From<ProviderInfo> for ProviderView {
    fn from(info: ProviderInfo) -> Self {
        let breaker = |(model, state, retry_at)| BreakerView { model, state, retry_at };
        Self { name: info.name, kind: info.kind, models: info.models, breakers: info.broken.into_iter().map(breaker).collect() }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("/providers", handle)
        .id("list_providers")
        .summary("The providers that are configured now")
        .describe("`offline` is built in: it summarises without a model and generates nothing.")
        .requires(&permissions::READ)
        .answers::<ProviderList>(200, "The providers")
}

async fn handle(caller: Caller, models: web::Data<dyn Models>) -> Result<Json<ProviderList>, Problem> {
    let found = models.providers(&caller)?;
    Ok(Json(ProviderList { providers: found.into_iter().map(ProviderView::from).collect() }))
}
