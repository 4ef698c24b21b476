use serde_json::Value;

use super::{Found, Provenance, cut};
use crate::IntegrationsError;
use crate::links::Link;
use crate::vendor::{Answer, Session};

/// A page with its text, or the block that the link points at with what is below it.
pub(super) async fn look(session: &Session, link: &Link, from: Provenance) -> Result<Found, IntegrationsError> {
    let target = &link.target;
    // A page that is opened over a database is what people look at.
    let page = target.peek_page_id.as_ref().or(target.page_id.as_ref());
    let page = page.ok_or_else(|| IntegrationsError::TargetNotFound("The link names no page.".to_owned()))?;
    let answer = session.get(&format!("/v1/pages/{page}"), &[]).await?;
    let (text, cut_by_notion) = match &target.block_id {
        Some(block) => block_text(&session.get(&format!("/v1/blocks/{block}/children"), &[("page_size", "100")]).await?),
        None => {
            let markdown = session.get(&format!("/v1/pages/{page}/markdown"), &[]).await?;
            let truncated = markdown.body.get("truncated").and_then(Value::as_bool).unwrap_or_default();
            (markdown.text("/markdown").unwrap_or_default().to_owned(), truncated)
        }
    };
    let (text, truncated) = cut(text);
    Ok(Found {
        title: title(&answer),
        text: Some(text),
        code: None,
        state: None,
        author: None,
        truncated: truncated || cut_by_notion,
        provenance: Provenance { url: answer.text("/url").map(str::to_owned).or(from.url), ..from },
    })
}

/// The property of type `title`, whatever its name is.
fn title(answer: &Answer) -> Option<String> {
    let properties = answer.body.get("properties")?.as_object()?;
    properties.values().find_map(|property| property.get("title")).map(plain)
}

fn plain(rich_text: &Value) -> String {
    let pieces = rich_text.as_array().into_iter().flatten();
    pieces.filter_map(|piece| piece.get("plain_text").and_then(Value::as_str)).collect()
}

/// The texts of blocks, a line each. True: there are more.
fn block_text(answer: &Answer) -> (String, bool) {
    let line = |block: &Value| {
        let kind = block.get("type").and_then(Value::as_str)?;
        Some(plain(block.get(kind)?.get("rich_text")?))
    };
    let lines: Vec<String> = answer.list("/results").iter().filter_map(line).collect();
    (lines.join("\n"), answer.body.get("has_more").and_then(Value::as_bool).unwrap_or_default())
}
