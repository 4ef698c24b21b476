use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use core_kernel::Actor;
use uuid::Uuid;

use super::cookie;
use crate::context::RequestContext;
use crate::guard::require_recent_login;
use crate::{Api, Credential, Freshness, Problem, codes};

/// The caller, signed in. Dereferences to [`Actor`].
#[derive(Clone, Debug)]
pub struct Caller(pub Arc<Actor>);

impl Deref for Caller {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.0
    }
}

/// The caller of a public operation, when they are signed in. A credential that is not valid is 401 all the same.
#[derive(Clone, Debug)]
pub struct MaybeCaller(pub Option<Arc<Actor>>);

/// The caller as [`Operation::dangerous`](crate::Operation::dangerous) asks for them: read from the database, with a recent login.
/// For operations that ask for it now and then; take it with `RecentCaller::extract`.
#[derive(Clone, Debug)]
pub struct RecentCaller(pub Arc<Actor>);

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let actor = actor_of(request.clone());
        Box::pin(async move { actor.await?.map(Caller).ok_or_else(missing) })
    }
}

impl FromRequest for MaybeCaller {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let actor = actor_of(request.clone());
        Box::pin(async move { actor.await.map(MaybeCaller) })
    }
}

impl FromRequest for RecentCaller {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let context = RequestContext::of(&request)?;
            let actor = authenticate(&context.api, &request, Freshness::Authoritative).await?.ok_or_else(missing)?;
            require_recent_login(&context.api, &actor)?;
            Ok(Self(actor))
        })
    }
}

/// The actor that the guard found, or, on public operations, the one behind the credential.
async fn actor_of(request: HttpRequest) -> Result<Option<Arc<Actor>>, Problem> {
    let context = RequestContext::of(&request)?;
    if let Some(actor) = context.actor.borrow().clone() {
        return Ok(Some(actor));
    }
    let actor = authenticate(&context.api, &request, Freshness::Recent).await?;
    context.actor.borrow_mut().clone_from(&actor);
    Ok(actor)
}

fn missing() -> Problem {
    Problem::new(&codes::UNAUTHENTICATED, "The request carries no credential.")
}

/// Who the request says it comes from; none when it carries no credential.
pub(crate) async fn authenticate(api: &Api, request: &HttpRequest, freshness: Freshness) -> Result<Option<Arc<Actor>>, Problem> {
    let Some(credential) = credential(api, request)? else { return Ok(None) };
    let org = organisation(request)?;
    api.resolver().resolve(credential, org, freshness).await.map(Some)
}

fn credential<'a>(api: &Api, request: &'a HttpRequest) -> Result<Option<Credential<'a>>, Problem> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let text = value.to_str().ok();
        let token = text.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = token else {
            return Err(Problem::new(&codes::UNAUTHENTICATED, "The Authorization header is not of the Bearer scheme."));
        };
        return Ok(Some(Credential::Bearer(token.trim())));
    }
    let headers = request.headers();
    let Some(session) = cookie::value(headers, &api.settings().session_cookie) else { return Ok(None) };
    let csrf = headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
    let writes = cookie::writes(request.method());
    if writes {
        cookie::refuse_foreign_page(api, headers)?;
    }
    Ok(Some(Credential::Cookie { session, csrf, writes }))
}

fn organisation(request: &HttpRequest) -> Result<Option<Uuid>, Problem> {
    let Some(value) = request.headers().get("x-org-id") else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| Problem::new(&codes::MALFORMED, "X-Org-Id is not a UUID."))
}
