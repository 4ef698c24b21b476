use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::Order;
use serde::Deserialize;
use utoipa::IntoParams;

use super::connection_body::provider;
use super::view::ConnectionView;
use crate::{Connections, codes, permissions};

/// Which connections.
#[derive(Deserialize, IntoParams)]
struct Filter {
    /// To this provider only.
    provider: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/connections", handle)
        .id("list_connections")
        .summary("Connected accounts")
        .requires(&permissions::READ)
        .query::<Filter>()
        .paged(Order::Desc)
        .answers::<PageResponse<ConnectionView>>(200, "A page of connections")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    connections: web::Data<dyn Connections>,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<PageResponse<ConnectionView>, Problem> {
    let provider = filter.provider.map(|name| provider("/provider", &name)).transpose()?;
    Ok(page.answer(connections.list(&caller, provider, &page).await?).map(ConnectionView::from))
}
