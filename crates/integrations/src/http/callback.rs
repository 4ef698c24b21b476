use actix_web::http::header;
use actix_web::{HttpResponse, web};
use core_http::{Operation, Path, Problem, Query};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::IntoParams;

use super::connection_body::provider;
use crate::{Authorizations, codes};

/// What the provider sends the browser back with.
#[derive(Deserialize, IntoParams)]
struct Back {
    /// What was agreed to.
    #[param(value_type = Option<String>)]
    code: Option<Secret>,
    /// Whose way it is.
    #[param(value_type = Option<String>)]
    state: Option<Secret>,
    /// Why not.
    error: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/connections/{provider}/callback", handle)
        .id("finish_connection")
        .summary("Where a provider sends the browser back to")
        .public()
        .query::<Back>()
        .any_query()
        .answers_empty(303, "To the address that the way began with, with `connection_code` or `error`")
        .problems(&[&codes::INVALID_STATE])
}

async fn handle(
    authorizations: web::Data<dyn Authorizations>,
    Path(name): Path<String>,
    Query(back): Query<Back>,
) -> Result<HttpResponse, Problem> {
    let provider = provider("/provider", &name).map_err(|_unknown| Problem::not_found())?;
    let state = back.state.unwrap_or_default();
    let outcome = back.code.filter(|code| !code.is_empty()).ok_or_else(|| back.error.unwrap_or_default());
    let next = authorizations.finish(provider, state.expose(), outcome).await?;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, next))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}
