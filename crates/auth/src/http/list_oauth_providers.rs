use actix_web::web;
use core_http::{Json, LimitClass, Operation, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::role::WholeList;
use crate::{Oauth, OauthProvider};

/// A provider that people can sign in with.
#[derive(Serialize, ToSchema)]
struct OauthProviderBody {
    /// Its name in paths.
    name: String,
    /// Its name for people.
    label: String,
}

impl From<OauthProvider> for OauthProviderBody {
    fn from(provider: OauthProvider) -> Self {
        Self { name: provider.name, label: provider.label }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("/oauth/providers", handle)
        .id("list_oauth_providers")
        .summary("Providers to sign in with")
        .public()
        .limit(LimitClass::Public)
        .answers::<WholeList<OauthProviderBody>>(200, "All of them")
}

async fn handle(oauth: web::Data<dyn Oauth>) -> Result<Json<WholeList<OauthProviderBody>>, Problem> {
    Ok(Json(WholeList::of(oauth.providers().into_iter().map(OauthProviderBody::from))))
}
