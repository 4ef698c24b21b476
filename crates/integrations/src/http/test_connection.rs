use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use uuid::Uuid;

use super::view::ConnectionView;
use crate::{ConnectionId, Connections, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/connections/{id}/test", handle)
        .id("test_connection")
        .summary("Ask the provider whether it still takes the credentials")
        .describe("`status` of the answer tells: `active`, or `reconnect_needed`.")
        .requires(&permissions::CONNECT)
        .answers::<ConnectionView>(200, "The connection as it stands now")
        .problems(&[&codes::PROVIDER_UNAVAILABLE, &codes::PROVIDER_LIMIT])
}

async fn handle(
    caller: Caller,
    connections: web::Data<dyn Connections>,
    Path(id): Path<Uuid>,
) -> Result<Json<ConnectionView>, Problem> {
    Ok(Json(ConnectionView::from(connections.test(&caller, ConnectionId(id)).await?)))
}
