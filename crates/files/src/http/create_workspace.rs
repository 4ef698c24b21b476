use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use core_kernel::Visibility;
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::WorkspaceView;
use crate::{Kind, NewWorkspace, Workspaces, codes, permissions};

/// A new workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateWorkspace {
    /// 1 to 100 characters.
    #[schema(example = "My project")]
    name: String,
    /// `private` (the default) or `org`.
    #[schema(value_type = Option<String>, example = "private")]
    #[serde(default)]
    visibility: Visibility,
    /// `stored` (the default), or `root` for a directory that the operator allowed; the latter asks for `files:roots`.
    #[serde(default)]
    #[schema(value_type = Option<Kind>)]
    kind: Kind,
    /// The operator's name of the directory; absent where there is only one.
    #[serde(default)]
    root: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/workspaces", handle)
        .id("create_workspace")
        .summary("Make a workspace")
        .requires(&permissions::WRITE)
        .body::<CreateWorkspace>()
        .answers::<WorkspaceView>(201, "The workspace")
        .problems(&[&codes::INVALID, &codes::NO_ROOT, &codes::WORKSPACE_FULL])
}

async fn handle(
    caller: Caller,
    workspaces: web::Data<dyn Workspaces>,
    Json(body): Json<CreateWorkspace>,
) -> Result<Created<WorkspaceView>, Problem> {
    let new = NewWorkspace { name: body.name, visibility: body.visibility, kind: body.kind, root: body.root };
    let made = workspaces.create(&caller, new).await?;
    let (location, version) = (format!("/api/v1/files/workspaces/{}", made.id), made.version);
    Ok(Created::at(location, WorkspaceView::from(made)).version(version))
}
