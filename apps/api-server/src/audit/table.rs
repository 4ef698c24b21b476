use super::document::Document;
use super::{NOBODYS, Report, common};
use crate::caller::Caller;

/// Every operation that asks who calls refuses somebody whom it does not know, and somebody with nonsense.
pub(super) async fn anonymous(anonymous: &Caller<'_>, document: &Document, report: &mut Report) -> anyhow::Result<()> {
    for operation in document.operations().filter(super::document::Operation::is_guarded) {
        let path = operation.with(NOBODYS);
        let answer = anonymous.call(&operation.method, &path, None, &[]).await?;
        let name = format!("{} without credentials", operation.name());
        report.check(&name, answer.expect(&[401]).and_then(|()| common(&answer)));
        let challenged = answer.header("www-authenticate").map(|_| ()).ok_or_else(|| "there is no WWW-Authenticate".to_owned());
        report.check(&name, challenged);
    }
    for nonsense in ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."] {
        let header = format!("Bearer {nonsense}");
        let path = document.path("/auth/me");
        let answer = anonymous.call("GET", &path, None, &[("authorization", &header)]).await?;
        report.check(&format!("GET {path} with the token `{nonsense}`"), answer.expect(&[401]));
    }
    Ok(())
}

/// What somebody who is signed in gets is what the document says; ids of nobody are not found; pages keep to their rules.
pub(super) async fn as_somebody(owner: &Caller<'_>, document: &Document, report: &mut Report) -> anyhow::Result<()> {
    for operation in document.operations().filter(super::document::Operation::is_plain) {
        let answer = owner.get(operation.path).await?;
        let name = operation.name();
        report.check(&name, operation.documents(&answer).and_then(|()| common(&answer)));
        if answer.status >= 400 {
            report.check(&name, answer.is_problem());
        }
    }
    for operation in document.operations().filter(|operation| operation.method == "GET" && operation.takes_ids_alone()) {
        let answer = owner.get(&operation.with(NOBODYS)).await?;
        report.check(&format!("{} of nobody", operation.name()), answer.expect(&[403, 404]));
    }
    for operation in document.operations().filter(super::document::Operation::is_list) {
        let first = owner.get(&format!("{}?limit=1", operation.path)).await?;
        // What the caller may not see, or what wants more to be said, is no list for them.
        if first.status != 200 {
            continue;
        }
        let whole = first.json()["items"].is_array();
        report
            .check(&format!("{}?limit=1", operation.name()), whole.then_some(()).ok_or_else(|| "there is no `items`".to_owned()));
        for broken in ["limit=0", "limit=1000000", "limit=x", "cursor=x"] {
            let answer = owner.get(&format!("{}?{broken}", operation.path)).await?;
            report.check(&format!("{}?{broken}", operation.name()), answer.expect(&[400, 422]));
        }
    }
    Ok(())
}
