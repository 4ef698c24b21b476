use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{AttachRule, Library, VariantName, codes, permissions};

/// Any value, and where pictures go in it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AttachMedia {
    /// Any JSON, such as a plan that a model wrote.
    #[schema(value_type = Object)]
    value: Value,
    /// 1 to 20.
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// JSON pointer to an id; `*` stands for every item of an array.
    #[schema(example = "/exercises/*/media_id")]
    id_pointer: String,
    /// Where the picture goes; its `*` are those of `id_pointer`, in order.
    #[schema(example = "/exercises/*/media")]
    target: String,
    /// Sizes that get a link of their own.
    #[schema(value_type = Vec<String>, example = json!(["thumb"]))]
    #[serde(default)]
    variants: Vec<VariantName>,
}

/// The value with its pictures.
#[derive(Serialize, ToSchema)]
struct AttachedMedia {
    #[schema(value_type = Object)]
    value: Value,
    /// Ids that name no picture that the caller may see; `{"type":"missing_media","id":...}` stands in their place.
    missing: Vec<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/attach", handle)
        .id("attach_media")
        .summary("Put pictures into any JSON")
        .describe("Each id becomes an object with signed links that work for a day at least, sizes and a preview.")
        .requires(&permissions::READ)
        .body::<AttachMedia>()
        .answers::<AttachedMedia>(200, "The value with its pictures")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    library: web::Data<dyn Library>,
    Json(body): Json<AttachMedia>,
) -> Result<Json<AttachedMedia>, Problem> {
    let rule = |rule: Rule| AttachRule { id_pointer: rule.id_pointer, target: rule.target, variants: rule.variants };
    let rules: Vec<AttachRule> = body.rules.into_iter().map(rule).collect();
    let attached = library.attach(&caller, body.value, &rules).await?;
    Ok(Json(AttachedMedia { value: attached.value, missing: attached.missing }))
}
