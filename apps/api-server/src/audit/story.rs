use core_kernel::{Ambient, Secret};
use serde_json::{Value, json};

use super::Report;
use super::document::Document;
use crate::caller::{Answer, Caller};

/// Registers two people. None: this deployment lets nobody in without more; a note says so.
pub(super) async fn register(
    anonymous: &Caller<'_>,
    document: &Document,
    report: &mut Report,
) -> anyhow::Result<Option<(Secret, Secret)>> {
    let ambient = Ambient::system();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let id = ambient.ids.next().simple().to_string();
        let body = json!({"email": format!("audit-{id}@example.com"), "password": format!("an audit of {id}")});
        let answer = anonymous.post(&document.path("/auth/register"), &body).await?;
        match answer.json()["tokens"]["access_token"].as_str() {
            Some(token) => tokens.push(Secret::new(token.to_owned())),
            None => {
                report.note(format!(
                    "registration answered {} without tokens; give --owner-token-file and --stranger-token-file to look further",
                    answer.status
                ));
                return Ok(None);
            }
        }
    }
    Ok(tokens.pop().zip(tokens.pop()))
}

/// Broken requests get the right problem.
pub(super) async fn broken_requests(owner: &Caller<'_>, document: &Document, report: &mut Report) -> anyhow::Result<()> {
    let (me, login) = (document.path("/users/me"), document.path("/auth/login"));
    let json = [("content-type", "application/json")];
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let mut ask = async |what: &str, answer: anyhow::Result<Answer>, statuses: &[u16]| {
        report.check(what, answer?.expect(statuses));
        Ok::<_, anyhow::Error>(())
    };
    ask("a path that is none", owner.get("/api/nothing/here").await, &[404]).await?;
    ask("a method that is none", owner.call("TRACE", &me, None, &[]).await, &[405]).await?;
    ask("a body that is no JSON", owner.call("POST", &login, Some("{".into()), &json).await, &[400]).await?;
    ask("a body that is too deep", owner.call("POST", &login, Some(deep.into()), &json).await, &[400, 413, 422]).await?;
    ask("a body of another type", owner.call("POST", &login, Some("a=b".into()), &[("content-type", "text/csv")]).await, &[415])
        .await?;
    ask("a body without its members", owner.call("POST", &login, Some("{}".into()), &json).await, &[400, 422]).await?;
    ask("a query that is not known", owner.get(&format!("{me}?utterly=unknown")).await, &[400, 422]).await?;
    let foreign = owner.call("GET", &me, None, &[("origin", "https://evil.example")]).await?;
    let shared = foreign.header("access-control-allow-origin");
    report.check("a foreign page reads nothing", shared.map_or(Ok(()), |origin| Err(format!("it is let in as `{origin}`"))));
    Ok(())
}

/// A repeated request is carried out once.
pub(super) async fn idempotency(owner: &Caller<'_>, document: &Document, report: &mut Report) -> anyhow::Result<()> {
    if !document.has("/llm/conversations", "post") {
        return Ok(());
    }
    let path = document.path("/llm/conversations");
    let key = Ambient::system().ids.next().to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
    let send = async |title: &str| owner.call("POST", &path, Some(json!({"title": title}).to_string().into()), &headers).await;
    let (first, second, other) = (send("Once").await?, send("Once").await?, send("Another").await?);
    let id = |answer: &Answer| -> Value { answer.json()["id"].clone() };
    let same = first.status == 201 && id(&first) == id(&second) && second.header("idempotency-replayed") == Some("true");
    report.check("a repeated request", same.then_some(()).ok_or_else(|| "it was not replayed".to_owned()));
    report.check("another request with the same key", other.expect(&[422]));
    if let Some(id) = id(&first).as_str() {
        report
            .check("deleting what was made once", owner.call("DELETE", &format!("{path}/{id}"), None, &[]).await?.expect(&[204]));
    }
    Ok(())
}
