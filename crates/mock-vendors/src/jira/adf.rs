//! Which documents Jira takes: the structure of the Atlassian Document Format as its documentation gives it
//! (<https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>), for the nodes that issues are made of.

use serde_json::Value;

/// Nodes below the document itself.
const TOP: [&str; 13] = [
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "taskList",
    "codeBlock",
    "blockquote",
    "panel",
    "rule",
    "table",
    "expand",
    "mediaSingle",
    "blockCard",
];
const IN_CELL: [&str; 9] =
    ["paragraph", "heading", "bulletList", "orderedList", "taskList", "codeBlock", "blockquote", "panel", "rule"];
const IN_ITEM: [&str; 5] = ["paragraph", "bulletList", "orderedList", "taskList", "codeBlock"];
const IN_QUOTE: [&str; 4] = ["paragraph", "bulletList", "orderedList", "codeBlock"];
const IN_PANEL: [&str; 7] = ["paragraph", "heading", "bulletList", "orderedList", "taskList", "codeBlock", "rule"];
const INLINE: [&str; 5] = ["text", "hardBreak", "inlineCard", "mention", "emoji"];
const PANELS: [&str; 6] = ["info", "note", "tip", "success", "warning", "error"];

/// True for a document of the Atlassian Document Format that Jira takes.
pub fn is_document(value: &Value) -> bool {
    let root = kind(value) == "doc" && value.get("version").and_then(Value::as_u64) == Some(1);
    root && value.get("content").is_some_and(Value::is_array) && all(value, &TOP, 0)
}

fn kind(node: &Value) -> &str {
    node.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn content(node: &Value) -> &[Value] {
    node.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn attribute<'a>(node: &'a Value, name: &str) -> Option<&'a Value> {
    node.get("attrs")?.get(name)
}

fn text<'a>(node: &'a Value, name: &str) -> &'a str {
    attribute(node, name).and_then(Value::as_str).unwrap_or_default()
}

fn all(parent: &Value, allowed: &[&str], depth: usize) -> bool {
    depth < 40 && content(parent).iter().all(|node| allowed.contains(&kind(node)) && is_node(node, depth + 1))
}

fn some(parent: &Value, allowed: &[&str], depth: usize) -> bool {
    !content(parent).is_empty() && all(parent, allowed, depth)
}

fn is_node(node: &Value, depth: usize) -> bool {
    match kind(node) {
        "paragraph" => all(node, &INLINE, depth),
        "heading" => {
            attribute(node, "level").and_then(Value::as_u64).is_some_and(|level| (1..=6).contains(&level))
                && all(node, &INLINE, depth)
        }
        "bulletList" => some(node, &["listItem"], depth),
        "orderedList" => {
            attribute(node, "order").is_none_or(|order| order.as_u64().is_some()) && some(node, &["listItem"], depth)
        }
        // Its first block is text: lists and code come after it.
        "listItem" => {
            content(node).first().is_some_and(|first| matches!(kind(first), "paragraph" | "codeBlock"))
                && all(node, &IN_ITEM, depth)
        }
        "taskList" => {
            let first = content(node).first().is_some_and(|first| kind(first) == "taskItem");
            !text(node, "localId").is_empty() && first && all(node, &["taskItem", "taskList"], depth)
        }
        "taskItem" => {
            let state = matches!(text(node, "state"), "TODO" | "DONE");
            !text(node, "localId").is_empty() && state && all(node, &INLINE, depth)
        }
        "codeBlock" => {
            content(node).iter().all(|inner| kind(inner) == "text" && inner.get("marks").is_none() && is_node(inner, depth))
        }
        "blockquote" => some(node, &IN_QUOTE, depth),
        "panel" => PANELS.contains(&text(node, "panelType")) && some(node, &IN_PANEL, depth),
        "expand" => some(node, &TOP, depth) && content(node).iter().all(|inner| kind(inner) != "expand"),
        "rule" | "hardBreak" => content(node).is_empty(),
        "table" => some(node, &["tableRow"], depth),
        "tableRow" => some(node, &["tableHeader", "tableCell"], depth),
        "tableHeader" | "tableCell" => some(node, &IN_CELL, depth),
        "text" => node.get("text").and_then(Value::as_str).is_some_and(|text| !text.is_empty()) && marks_fit(node),
        "inlineCard" | "blockCard" => text(node, "url").starts_with("http"),
        _ => false,
    }
}

fn marks_fit(node: &Value) -> bool {
    let Some(marks) = node.get("marks") else { return true };
    let Some(marks) = marks.as_array() else { return false };
    let has_code = marks.iter().any(|mark| kind(mark) == "code");
    let mut seen = Vec::new();
    marks.iter().all(|mark| {
        let name = kind(mark);
        let fresh = !seen.contains(&name);
        seen.push(name);
        let href = text(mark, "href");
        let link = ["http://", "https://", "mailto:"].iter().any(|scheme| href.starts_with(scheme));
        fresh
            && match name {
                "link" => link,
                "code" => true,
                "strong" | "em" | "strike" | "underline" => !has_code,
                _ => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn doc(content: Value) -> Value {
        json!({"version": 1, "type": "doc", "content": content})
    }

    #[test]
    fn what_is_known_to_be_refused_is_refused() {
        let text = json!({"type": "text", "text": "a"});
        let paragraph = json!({"type": "paragraph", "content": [text]});
        let item = json!({"type": "listItem", "content": [paragraph]});
        assert!(is_document(&doc(json!([paragraph, {"type": "paragraph"}, {"type": "bulletList", "content": [item]}]))));
        for bad in [
            json!([{"type": "paragraph", "content": [{"type": "text", "text": ""}]}]),
            json!([{"type": "bulletList", "content": [{"type": "listItem", "content": [text]}]}]),
            json!([{"type": "bulletList", "content": []}]),
            json!([text]),
            json!([{"type": "heading", "attrs": {"level": 7}, "content": [text]}]),
            json!([{"type": "blockquote", "content": [{"type": "heading", "attrs": {"level": 1}}]}]),
            json!([{"type": "table", "content": [{"type": "tableRow", "content": [{"type": "tableCell", "content": [text]}]}]}]),
        ] {
            assert!(!is_document(&doc(bad.clone())), "{bad}");
        }
    }
}
