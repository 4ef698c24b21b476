use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::view::EndpointView;
use crate::{EndpointId, Endpoints, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/endpoints/{id}", handle)
        .id("get_webhook_endpoint")
        .summary("A webhook endpoint")
        .requires(&permissions::READ)
        .answers::<EndpointView>(200, "The endpoint")
}

async fn handle(
    caller: Caller,
    endpoints: web::Data<dyn Endpoints>,
    Path(id): Path<Uuid>,
) -> Result<Etagged<EndpointView>, Problem> {
    let endpoint = endpoints.get(&caller, EndpointId(id)).await?;
    Ok(Etagged::new(endpoint.version, EndpointView::from(endpoint)))
}
