use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use core_kernel::{Secret, Visibility};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::NewHookView;
use crate::hooks::{HookKind, Hooks, NewHook, codes};
use crate::permissions;

/// A new hook.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateHook {
    /// `github`, `notion`, `jira` (registered by an administrator, with a secret) or `jira_app` (registered by an app).
    #[schema(value_type = String, example = "github")]
    kind: HookKind,
    /// At most 100 characters.
    #[serde(default)]
    name: Option<String>,
    /// For `jira_app` alone: the client secret of the app.
    #[serde(default)]
    secret: Option<Secret>,
    /// In an organisation: `private`, the default, or `org`.
    #[schema(value_type = Option<String>, example = "private")]
    #[serde(default)]
    visibility: Option<Visibility>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/hooks", handle)
        .id("create_incoming_hook")
        .summary("Make a place that a provider sends to")
        .describe(
            "Enter `url` and `secret` at the provider. Notion makes its own secret: it sends a token to `url`, which GET shows while the status \
             is `verifying`; confirm it at Notion. What comes is proven, stored once and published as `integration.hook.received`.",
        )
        .requires(&permissions::CONNECT)
        .body::<CreateHook>()
        .answers::<NewHookView>(201, "The hook, with its secret")
        .secret_answer()
        .problems(&[&codes::INVALID, &codes::TOO_MANY])
}

async fn handle(
    caller: Caller,
    hooks: web::Data<dyn Hooks>,
    Json(body): Json<CreateHook>,
) -> Result<Created<NewHookView>, Problem> {
    let visibility = body.visibility.unwrap_or_default();
    let new = NewHook { kind: body.kind, name: body.name, secret: body.secret, visibility };
    let (hook, secret) = hooks.create(&caller, new).await?;
    let location = format!("/api/v1/integrations/hooks/{}", hook.id);
    Ok(Created::at(location, NewHookView::new(hook, secret.as_ref())))
}
