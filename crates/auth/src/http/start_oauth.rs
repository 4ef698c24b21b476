use actix_web::{FromRequest as _, HttpRequest, web};
use core_http::{Json, LimitClass, Operation, Path, Problem, RecentCaller};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Oauth, OauthStart, codes};

/// How a sign-in with a provider begins.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StartOauthRequest {
    /// Where the browser comes back to at the end; one that the settings list.
    #[schema(example = "https://app.example.com/signed-in", format = "uri")]
    redirect_uri: String,
    /// The SHA-256 of a secret of the client's, in base64url without padding (RFC 7636, S256). The secret is given at the end.
    #[schema(example = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")]
    code_challenge: String,
    /// True links the identity to the caller, who signed in recently, instead of signing in.
    #[serde(default)]
    link: bool,
}

/// Where the browser has to go.
#[derive(Serialize, ToSchema)]
struct StartedOauthBody {
    #[schema(format = "uri")]
    authorize_url: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/oauth/{provider}/start", handle)
        .id("start_oauth")
        .summary("Begin to sign in with a provider")
        .describe("Send the browser to `authorize_url`. It comes back to `redirect_uri` with `?code=`, for POST /auth/oauth/exchange, or with `?error=` and a problem code, within ten minutes. `link` needs a recent login and a verified address.")
        .public()
        .limit(LimitClass::Login)
        .body::<StartOauthRequest>()
        .answers::<StartedOauthBody>(200, "Where the browser has to go")
        .secret_answer()
        .problems(&[
            &codes::UNKNOWN_PROVIDER,
            &codes::PROVIDER_UNAVAILABLE,
            &codes::PROVIDER_ANSWER_INVALID,
            &codes::PERSON_NEEDED,
        ])
}

async fn handle(
    oauth: web::Data<dyn Oauth>,
    request: HttpRequest,
    Path(provider): Path<String>,
    Json(body): Json<StartOauthRequest>,
) -> Result<Json<StartedOauthBody>, Problem> {
    let caller = if body.link { Some(RecentCaller::extract(&request).await?) } else { None };
    let start = OauthStart { redirect_uri: body.redirect_uri, code_challenge: body.code_challenge };
    let authorize_url = oauth.start(caller.as_ref().map(|caller| caller.0.as_ref()), &provider, start).await?;
    Ok(Json(StartedOauthBody { authorize_url }))
}
