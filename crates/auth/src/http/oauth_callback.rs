use actix_web::http::header;
use actix_web::{HttpResponse, web};
use core_http::{LimitClass, Operation, Path, Problem, Query};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{Oauth, OauthReturn, codes};

/// What a provider appends; it may append more.
#[derive(Deserialize, IntoParams)]
struct CallbackQuery {
    /// Which sign-in it belongs to.
    state: Option<String>,
    /// What is exchanged at the provider.
    code: Option<Secret>,
    /// Why there is no code.
    error: Option<String>,
    /// The provider (RFC 9207).
    iss: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/oauth/{provider}/callback", handle)
        .id("oauth_callback")
        .summary("Where providers send the browser back to")
        .describe(
            "Goes on to the `redirect_uri` that the sign-in began with: with `?code=`, or with `?error=` and a problem code.",
        )
        .public()
        .limit(LimitClass::Login)
        .query::<CallbackQuery>()
        .any_query()
        .answers_empty(303, "On to the client")
        .problems(&[&codes::UNKNOWN_PROVIDER, &codes::INVALID_STATE])
}

async fn handle(
    oauth: web::Data<dyn Oauth>,
    Path(provider): Path<String>,
    Query(query): Query<CallbackQuery>,
) -> Result<HttpResponse, Problem> {
    let CallbackQuery { state, code, error, iss } = query;
    let target = oauth.callback(&provider, OauthReturn { state, code, error, iss }).await?;
    let mut answer = HttpResponse::SeeOther();
    Ok(answer.insert_header((header::LOCATION, target)).insert_header((header::CACHE_CONTROL, "no-store")).finish())
}
