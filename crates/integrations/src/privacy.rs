use core_db::{Db, DbError};
use core_feature::{ExportError, ExportSink};
use core_kernel::{Order, Owner, PageRequest, UserId};
use serde_json::json;

use crate::store::{connections, operations};

/// Everything of a space, without what is sealed.
pub(crate) async fn export(db: &Db, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
    let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
    loop {
        let page = connections::of_space(db.read(), owner, &request).await?;
        for own in page.items {
            let row = json!({
                "id": own.id, "created_by": own.created_by, "visibility": own.visibility, "provider": own.provider, "auth": own.auth,
                "name": own.name, "account": own.account, "settings": own.settings, "status": own.status,
                "created_at": own.created_at, "updated_at": own.updated_at,
            });
            sink.row("integration_connections", row).await?;
        }
        request.after = page.next;
        if request.after.is_none() {
            break;
        }
    }
    let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
    loop {
        let page = operations::of_space(db.read(), owner, &request).await?;
        for own in page.items {
            let row = json!({
                "id": own.id, "created_by": own.created_by, "connection_id": own.connection, "kind": own.kind, "state": own.state,
                "target": own.target, "progress": own.progress, "result": own.result, "problem": own.problem,
                "created_at": own.created_at, "updated_at": own.updated_at,
            });
            sink.row("integration_operations", row).await?;
        }
        request.after = page.next;
        if request.after.is_none() {
            return Ok(());
        }
    }
}

/// Removes everything of a space.
pub(crate) async fn erase(db: &Db, owner: Owner) -> Result<(), DbError> {
    db.write(|tx| async move {
        operations::delete_all(&tx, owner).await?;
        connections::delete_all(&tx, owner).await
    })
    .await
}

/// Removes what a person left in the spaces of organisations.
pub(crate) async fn forget_member(db: &Db, user: UserId) -> Result<(), DbError> {
    db.write(|tx| async move {
        operations::forget(&tx, user).await?;
        connections::forget(&tx, user).await
    })
    .await
}
