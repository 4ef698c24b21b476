use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::Order;
use serde::Deserialize;
use utoipa::IntoParams;

use super::person::{PersonBody, Status};
use crate::{People, PeopleFilter, permissions};

/// Which people.
#[derive(Deserialize, IntoParams)]
struct Filter {
    /// Words, all of which occur in the address or the name, in any case.
    query: Option<String>,
    /// Those whose account is so.
    #[param(inline)]
    status: Option<Status>,
}

pub(super) fn operation() -> Operation {
    Operation::get("", handle)
        .id("list_users")
        .summary("Everybody")
        .describe("For administrators. Somebody who has just registered appears within moments.")
        .requires(&permissions::READ_ALL)
        .query::<Filter>()
        .paged(Order::Desc)
        .answers::<PageResponse<PersonBody>>(200, "A page of people")
}

async fn handle(
    caller: Caller,
    people: web::Data<dyn People>,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<PageResponse<PersonBody>, Problem> {
    let filter = PeopleFilter { query: filter.query, status: filter.status.map(Into::into) };
    let found = people.list(&caller, filter, &page).await?;
    Ok(page.answer(found).map(PersonBody::from))
}
