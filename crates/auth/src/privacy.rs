use core_db::{Db, DbError};
use core_feature::{ExportError, ExportSink};
use core_kernel::{Order, Owner, PageRequest, UserId};

use crate::core::Core;
use crate::store::{accounts, api_keys, codes, email_changes, identities, passkeys, second_factors, sessions};

/// Everything that is held of a space.
pub(crate) async fn export(db: &Db, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
    let user = UserId(owner.get());
    if let Some(account) = accounts::find(db.read(), user).await? {
        let row = serde_json::json!({
            "id": account.id, "email": account.email.as_str(), "display_name": account.display_name,
            "created_at": account.created_at, "email_verified_at": account.email_verified_at, "roles": account.roles,
        });
        sink.row("account", row).await?;
    }
    if let Some(since) = second_factors::in_use_since(db.read(), user).await? {
        sink.row("totp", serde_json::json!({"in_use_since": since})).await?;
    }
    export_passkeys(db, user, sink).await?;
    for identity in identities::list(db.read(), user).await? {
        let row = serde_json::json!({
            "id": identity.id, "provider": identity.provider, "subject": identity.subject, "email": identity.email,
            "created_at": identity.created_at, "last_used_at": identity.last_used_at,
        });
        sink.row("identities", row).await?;
    }
    export_sessions(db, user, sink).await?;
    export_keys(db, owner, sink).await
}

async fn export_passkeys(db: &Db, user: UserId, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
    // There are never more than fit on a page.
    let request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
    for passkey in passkeys::list(db.read(), user, &request).await?.items {
        let row = serde_json::json!({
            "id": passkey.id, "name": passkey.name, "synced": passkey.synced, "created_at": passkey.created_at,
            "last_used_at": passkey.last_used_at, "flagged_at": passkey.flagged_at,
        });
        sink.row("passkeys", row).await?;
    }
    Ok(())
}

async fn export_sessions(db: &Db, user: UserId, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
    let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
    loop {
        let page = sessions::list(db.read(), user, db.ambient().now(), &request).await?;
        for session in page.items {
            let row = serde_json::json!({
                "id": session.id, "device": session.device, "created_at": session.created_at,
                "last_used_at": session.last_used_at,
            });
            sink.row("sessions", row).await?;
        }
        let Some(next) = page.next else { return Ok(()) };
        request.after = Some(next);
    }
}

async fn export_keys(db: &Db, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
    let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
    loop {
        let page = api_keys::list(db.read(), owner, &request).await?;
        for key in page.items {
            let row = serde_json::json!({
                "id": key.id, "prefix": key.prefix, "name": key.name, "scopes": key.scopes, "created_at": key.created_at,
                "expires_at": key.expires_at, "last_used_at": key.last_used_at,
            });
            sink.row("api_keys", row).await?;
        }
        let Some(next) = page.next else { return Ok(()) };
        request.after = Some(next);
    }
}

/// Removes all of it.
pub(crate) async fn erase(core: &Core, owner: Owner) -> Result<(), DbError> {
    let user = UserId(owner.get());
    core.db
        .write(|tx| async move {
            let ended = sessions::end_all(&tx, user, None, "erased").await?;
            sessions::delete_of(&tx, user).await?;
            codes::delete_of(&tx, user).await?;
            email_changes::delete_of(&tx, user).await?;
            api_keys::delete_of(&tx, owner).await?;
            second_factors::delete_of(&tx, user).await?;
            passkeys::delete_of(&tx, user).await?;
            identities::delete_of(&tx, user).await?;
            accounts::delete(&tx, user).await?;
            core_db::erase_audit_subject(&tx, user).await?;
            core.forget_after_commit(&tx, ended);
            Ok(())
        })
        .await
}

/// Removes the keys that somebody made in organisations.
pub(crate) async fn forget_member(db: &Db, user: UserId) -> Result<(), DbError> {
    db.write(|tx| async move { api_keys::delete_made_by(&tx, user).await }).await
}
