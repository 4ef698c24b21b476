use actix_web::http::header;
use actix_web::{HttpResponse, web};
use core_http::{LimitClass, Operation};

use crate::Sessions;

pub(super) fn operation() -> Operation {
    Operation::get("", handle)
        .id("get_jwks")
        .summary("Public keys that verify access tokens")
        .describe("A JWK set (RFC 7517).")
        .public()
        .limit(LimitClass::Unlimited)
        .answers_raw(200, "application/jwk-set+json", "The keys")
}

async fn handle(sessions: web::Data<dyn Sessions>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .content_type("application/jwk-set+json")
        .body(sessions.jwks().to_string())
}
