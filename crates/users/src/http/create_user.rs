use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::person::PersonBody;
use crate::{NewPerson, People, codes, permissions};

/// Whom to make an account for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateUserRequest {
    #[schema(format = "email", example = "ada@example.com")]
    email: String,
    /// 1 to 100 printable characters.
    #[schema(example = "Ada")]
    #[serde(default)]
    display_name: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("", handle)
        .id("create_user")
        .summary("Make an account for somebody")
        .describe("They get a link to choose a password, valid for three days. Works whoever else may register.")
        .requires(&permissions::MANAGE)
        .dangerous()
        .body::<CreateUserRequest>()
        .answers::<PersonBody>(201, "The person")
        // Whoever keeps the accounts says so, behind a port.
        .answers_raw(409, core_http::PROBLEM_JSON, "Problem: the address belongs to an account, `auth.email_taken`")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    people: web::Data<dyn People>,
    Json(request): Json<CreateUserRequest>,
) -> Result<Created<PersonBody>, Problem> {
    let new = NewPerson { email: request.email, display_name: request.display_name };
    let person = people.create(&caller, new).await?;
    let (location, version) = (format!("/api/v1/users/{}", person.profile.id), person.profile.version);
    Ok(Created::at(location, PersonBody::from(person)).version(version))
}
