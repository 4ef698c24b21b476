use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::view::ConnectionView;
use crate::{ConnectionId, Connections, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/connections/{id}", handle)
        .id("get_connection")
        .summary("A connected account")
        .requires(&permissions::READ)
        .answers::<ConnectionView>(200, "The connection")
}

async fn handle(
    caller: Caller,
    connections: web::Data<dyn Connections>,
    Path(id): Path<Uuid>,
) -> Result<Etagged<ConnectionView>, Problem> {
    let own = connections.get(&caller, ConnectionId(id)).await?;
    Ok(Etagged::new(own.version, ConnectionView::from(own)))
}
