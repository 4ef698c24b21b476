//! What Notion refuses of blocks that are sent to it.

use serde_json::Value;
use url::Url;

/// Languages of code blocks, those that people use most.
const LANGUAGES: [&str; 40] = [
    "bash",
    "c",
    "c++",
    "c#",
    "clojure",
    "css",
    "dart",
    "diff",
    "docker",
    "elixir",
    "erlang",
    "go",
    "graphql",
    "groovy",
    "haskell",
    "html",
    "java",
    "javascript",
    "json",
    "julia",
    "kotlin",
    "latex",
    "lua",
    "makefile",
    "markdown",
    "mermaid",
    "nix",
    "objective-c",
    "perl",
    "php",
    "plain text",
    "powershell",
    "python",
    "r",
    "ruby",
    "rust",
    "scala",
    "sql",
    "swift",
    "typescript",
];
const MORE_LANGUAGES: [&str; 6] = ["protobuf", "sass", "scss", "shell", "xml", "yaml"];

/// Types whose content is rich text and children.
const TEXTUAL: [&str; 13] = [
    "paragraph",
    "heading_1",
    "heading_2",
    "heading_3",
    "heading_4",
    "bulleted_list_item",
    "numbered_list_item",
    "to_do",
    "toggle",
    "quote",
    "callout",
    "code",
    "template",
];

/// What Notion finds wrong with blocks that are sent in one request; none: they are taken.
pub fn children_fault(children: &[Value]) -> Option<String> {
    let total: usize = children.iter().map(count).sum();
    if total > 1000 {
        return Some(format!("body failed validation: body.children should have at most 1000 blocks, instead had {total}."));
    }
    level_fault(children, "body.children", 1)
}

fn count(block: &Value) -> usize {
    1 + below(block).iter().map(count).sum::<usize>()
}

fn below(block: &Value) -> &[Value] {
    let inner = kind(block).and_then(|kind| block.get(kind));
    inner.and_then(|inner| inner.get("children")).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn kind(block: &Value) -> Option<&str> {
    block.get("type").and_then(Value::as_str)
}

fn level_fault(blocks: &[Value], place: &str, level: usize) -> Option<String> {
    if blocks.len() > 100 {
        return Some(format!("body failed validation: {place}.length should be <= 100, instead was {}.", blocks.len()));
    }
    blocks.iter().enumerate().find_map(|(at, block)| block_fault(block, &format!("{place}[{at}]"), level))
}

fn block_fault(block: &Value, place: &str, level: usize) -> Option<String> {
    let failed = |what: String| Some(format!("body failed validation: {place}.{what}"));
    let kind = kind(block)?;
    let Some(inner) = block.get(kind).and_then(Value::as_object) else { return failed(format!("{kind} should be defined.")) };
    let place_of_kind = format!("{place}.{kind}");
    let children = below(block);
    if level > 2 && !children.is_empty() {
        return failed(format!("{kind}.children should be not present."));
    }
    let own = match kind {
        "divider" => None,
        "equation" => inner.get("expression").and_then(|text| long(text, &format!("{place_of_kind}.expression"), 1000)),
        "table" => table_fault(inner.get("table_width"), children, &place_of_kind),
        "table_row" => inner
            .get("cells")
            .and_then(Value::as_array)
            .and_then(|cells| cells.iter().find_map(|cell| rich_text_fault(Some(cell), &format!("{place_of_kind}.cells")))),
        "image" => url_fault(inner.get("external").and_then(|external| external.get("url")), &place_of_kind),
        "bookmark" => url_fault(inner.get("url"), &place_of_kind),
        _ if TEXTUAL.contains(&kind) => rich_text_fault(inner.get("rich_text"), &format!("{place_of_kind}.rich_text")),
        _ => failed("type is not known.".to_owned()),
    };
    let language = inner.get("language").and_then(Value::as_str);
    let unknown = language.is_some_and(|language| !LANGUAGES.contains(&language) && !MORE_LANGUAGES.contains(&language));
    if kind == "code" && unknown {
        return failed("code.language should be one of a list.".to_owned());
    }
    own.or_else(|| level_fault(children, &format!("{place_of_kind}.children"), level + 1))
}

fn table_fault(width: Option<&Value>, rows: &[Value], place: &str) -> Option<String> {
    let width = width.and_then(Value::as_u64)?;
    let cells = |row: &Value| row.pointer("/table_row/cells").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    if rows.is_empty() {
        return Some(format!("body failed validation: {place}.children should be defined."));
    }
    let uneven = rows.iter().any(|row| cells(row) != width);
    uneven.then(|| format!("{place}: the number of cells in a row must match the table width."))
}

fn rich_text_fault(items: Option<&Value>, place: &str) -> Option<String> {
    let Some(items) = items.and_then(Value::as_array) else {
        return Some(format!("body failed validation: {place} should be an array."));
    };
    if items.len() > 100 {
        return Some(format!("body failed validation: {place}.length should be <= 100, instead was {}.", items.len()));
    }
    items.iter().enumerate().find_map(|(at, item)| {
        let place = format!("{place}[{at}]");
        if let Some(expression) = item.pointer("/equation/expression") {
            return long(expression, &format!("{place}.equation.expression"), 1000);
        }
        let text = item.pointer("/text/content").and_then(|text| long(text, &format!("{place}.text.content"), 2000));
        text.or_else(|| item.pointer("/text/link/url").and_then(|url| url_fault(Some(url), &place)))
    })
}

fn long(text: &Value, place: &str, most: usize) -> Option<String> {
    let length = text.as_str().map_or(usize::MAX, |text| text.encode_utf16().count());
    (length > most).then(|| format!("body failed validation: {place}.length should be <= {most}, instead was {length}."))
}

fn url_fault(url: Option<&Value>, place: &str) -> Option<String> {
    let text = url.and_then(Value::as_str).unwrap_or_default();
    let known = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"));
    let good = known && text.encode_utf16().count() <= 2000;
    (!good).then(|| format!("body failed validation: {place}: Invalid URL for link."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paragraph(text: &str) -> Value {
        json!({"type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": text}}]}})
    }

    #[test]
    fn the_limits_are_said_in_notions_words() {
        let many = vec![paragraph("a"); 101];
        let fault = children_fault(&many).unwrap();
        assert_eq!(fault, "body failed validation: body.children.length should be <= 100, instead was 101.");
        let fault = children_fault(&[paragraph(&"a".repeat(2001))]).unwrap();
        let expected = "body failed validation: body.children[0].paragraph.rich_text[0].text.content.length should be <= 2000, \
                        instead was 2001.";
        assert_eq!(fault, expected);
        assert_eq!(children_fault(&vec![paragraph(&"a".repeat(2000)); 100]), None);
    }

    #[test]
    fn nesting_ends_after_three_levels() {
        let item = |below: Vec<Value>| {
            let text = json!([{"type": "text", "text": {"content": "a"}}]);
            json!({"type": "bulleted_list_item", "bulleted_list_item": {"rich_text": text, "children": below}})
        };
        let three = item(vec![item(vec![item(vec![])])]);
        assert_eq!(children_fault(std::slice::from_ref(&three)), None);
        assert!(children_fault(&[item(vec![three])]).unwrap().contains("should be not present"));
    }
}
