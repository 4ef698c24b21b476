use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Models, ProviderInfo, permissions};

/// The providers that are configured, and the built-in one.
#[derive(Serialize, ToSchema)]
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
}

impl From<ProviderInfo> for ProviderView {
    fn from(info: ProviderInfo) -> Self {
        Self { name: info.name, kind: info.kind, models: info.models }
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
