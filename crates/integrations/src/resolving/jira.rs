use serde_json::Value;

use super::{Found, Provenance, cut};
use crate::IntegrationsError;
use crate::links::Link;
use crate::vendor::{Session, paths};

/// An issue with its description.
pub(super) async fn look(session: &Session, link: &Link, from: Provenance) -> Result<Found, IntegrationsError> {
    let key = link.target.issue_key.as_ref();
    let key =
        key.ok_or_else(|| IntegrationsError::TargetNotFound("Boards and projects are recognised, but not read.".to_owned()))?;
    let version = if session.connection.told("mode") == Some("data_center") { 2 } else { 3 };
    let path = format!("/rest/api/{version}/issue/{}", paths::segment(key));
    let answer = session.get(&path, &[("fields", "summary,description,status,reporter")]).await?;
    let mut description = String::new();
    read(answer.body.pointer("/fields/description").unwrap_or(&Value::Null), &mut description);
    let (text, truncated) = cut(description.trim().to_owned());
    let of = |pointer: &str| answer.text(pointer).map(str::to_owned);
    let site = session.connection.told("site").unwrap_or_default().trim_end_matches('/');
    Ok(Found {
        title: of("/fields/summary"),
        text: Some(text),
        code: None,
        state: of("/fields/status/name"),
        author: of("/fields/reporter/displayName"),
        truncated,
        provenance: Provenance { url: Some(format!("{site}/browse/{key}")), ..from },
    })
}

/// The text of a document (ADF), or of wiki markup, which is text already. Documents nest twenty levels at most, by the provider's rules;
/// the answer's own parser has bounded them before.
fn read(node: &Value, into: &mut String) {
    if let Some(text) = node.as_str() {
        into.push_str(text);
        return;
    }
    match node.get("type").and_then(Value::as_str) {
        Some("text") => into.push_str(node.get("text").and_then(Value::as_str).unwrap_or_default()),
        Some("hardBreak") => into.push('\n'),
        Some("listItem") => into.push_str("- "),
        _ => {}
    }
    for child in node.get("content").and_then(Value::as_array).into_iter().flatten() {
        read(child, into);
    }
    if matches!(node.get("type").and_then(Value::as_str), Some("paragraph" | "heading" | "codeBlock" | "tableRow")) {
        into.push('\n');
    }
}
