//! Whatever Markdown is given: both forms are taken by the stand-ins, which judge by the providers' rules, and no character is lost.

use std::collections::BTreeMap;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};
use serde_json::Value;

use super::{adf, notion, parse, steps, wiki};

/// The largest request that Notion takes.
const MAX_BYTES: usize = 500 * 1024;

/// Pieces of Markdown that mean something, in any order.
const PIECES: [&str; 44] = [
    "# ",
    "###### ",
    "- ",
    "  - ",
    "    - ",
    "1. ",
    "7. ",
    "- [ ] ",
    "- [x] ",
    "> ",
    "> > ",
    "> [!NOTE]\n> ",
    "> [!CAUTION]\n",
    "```\n",
    "```rust\n",
    "~~~unknown lang\n",
    "| a | b |\n|---|---|\n",
    "| 1 | 2 | 3 |\n",
    "|",
    "**",
    "*",
    "_",
    "~~",
    "`",
    "``",
    "[x](https://a.example/p \"title\")",
    "[y](javascript:z)",
    "[z](../rel)",
    "![i](https://b.example/c.png \"t\")",
    "![](data:x)",
    "![al ![nested](u) t](mailto:a@b.example)",
    "<https://c.example>",
    "<b>",
    "<br/>",
    "<!-- c -->",
    "<details>\n",
    "$x^2$",
    "$$\ny\n$$",
    "\\",
    "  \n",
    "---\n",
    "&amp;&#0;",
    "👨‍👩‍👧‍👦",
    "[^1]",
];

fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        3 => "[a-zA-Zäß ]{1,12}",
        2 => Just("\n".to_owned()),
        2 => Just("\n\n".to_owned()),
        1 => "\\PC{0,20}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn count(text: &str, counts: &mut BTreeMap<char, usize>) {
    for letter in text.chars().filter(|letter| !letter.is_whitespace() && !letter.is_control()) {
        *counts.entry(letter).or_default() += 1;
    }
}

/// Every character that the parser itself sees.
fn seen(markdown: &str) -> BTreeMap<char, usize> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    let mut counts = BTreeMap::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                count(&text, &mut counts);
            }
            Event::InlineHtml(html) if !html.contains("br") => count(&html, &mut counts),
            _ => {}
        }
    }
    counts
}

/// Every character of the texts of a value, and of addresses that stand for texts.
fn texts(value: &Value, counts: &mut BTreeMap<char, usize>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                match (name.as_str(), inner) {
                    ("content" | "text" | "expression" | "url" | "href", Value::String(text)) => count(text, counts),
                    _ => texts(inner, counts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| texts(inner, counts)),
        _ => {}
    }
}

fn lost(before: &BTreeMap<char, usize>, after: &BTreeMap<char, usize>) -> Vec<char> {
    before.iter().filter(|(letter, times)| after.get(letter).copied().unwrap_or(0) < **times).map(|(letter, _)| *letter).collect()
}

fn check_notion(markdown: &str) -> Result<(), String> {
    let requests = steps::plan(notion::convert(&parse(markdown)).nodes);
    let mut after = BTreeMap::new();
    for (at, step) in requests.iter().enumerate() {
        if let Some(fault) = mock_vendors::children_fault(&step.blocks) {
            return Err(format!("request {at}: {fault}"));
        }
        let bytes = steps::append_body(step).to_string().len();
        if bytes > MAX_BYTES {
            return Err(format!("request {at} has {bytes} bytes"));
        }
        if at == 0 && step.below == steps::Below::Last {
            return Err("the first request goes below a block".to_owned());
        }
        step.blocks.iter().for_each(|block| texts(block, &mut after));
    }
    let lost = lost(&seen(markdown), &after);
    if lost.is_empty() { Ok(()) } else { Err(format!("lost: {lost:?}")) }
}

fn check_jira(markdown: &str) -> Result<(), String> {
    let document = adf::document(&parse(markdown));
    if !mock_vendors::is_document(&document) {
        return Err(format!("refused: {document}"));
    }
    let mut after = BTreeMap::new();
    texts(&document, &mut after);
    let lost = lost(&seen(markdown), &after);
    if lost.is_empty() { Ok(()) } else { Err(format!("lost: {lost:?}")) }
}

fn depth(value: &Value) -> usize {
    let below = value.get("content").and_then(Value::as_array).into_iter().flatten().map(depth).max().unwrap_or(0);
    below + 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_markdown_becomes_blocks_that_notion_takes_with_every_character(markdown in markdown()) {
        prop_assert_eq!(check_notion(&markdown), Ok(()));
    }

    #[test]
    fn any_markdown_becomes_a_document_that_jira_takes_with_every_character(markdown in markdown()) {
        prop_assert_eq!(check_jira(&markdown), Ok(()));
        prop_assert!(depth(&adf::document(&parse(&markdown))) < 40);
    }

    #[test]
    fn any_text_at_all_is_converted(text in "\\PC{0,400}") {
        prop_assert_eq!(check_notion(&text), Ok(()));
        prop_assert_eq!(check_jira(&text), Ok(()));
        let _wiki = wiki::markup(&parse(&text));
    }
}

#[test]
fn what_is_large_in_every_direction_fits() {
    let items = |line: &str, count: usize| vec![line; count].join("\n");
    for markdown in [
        items("a paragraph\n", 2500),
        items("- item", 2500),
        format!("- top\n{}", items("  - below", 2500)),
        format!("- top\n  - second\n{}", items("    - below", 350)),
        format!("- top\n{}", items("  - below\n    - deep", 600)),
        format!("| a | b |\n|---|---|\n{}", items("| 1 | 2 |", 2500)),
        format!("> quote\n>\n{}", items("> para\n>", 1200)),
        format!("> | a | b |\n> |---|---|\n{}", items("> | 1 | 2 |", 350)),
        format!("```\n{}\n```", "語".repeat(500_000)),
        "語".repeat(400_000),
        format!("- {}\n  - {}", "語".repeat(200_000), "語".repeat(300_000)),
        format!("| {} |\n|---|\n| {} |", "a".repeat(250_000), "**b** ".repeat(400)),
        format!("{}x", "> ".repeat(3000)),
        (0..400).map(|at| format!("{}- item", " ".repeat(2 * at))).collect::<Vec<_>>().join("\n"),
    ] {
        let head: String = markdown.chars().take(40).collect();
        assert_eq!(check_notion(&markdown), Ok(()), "{head}");
        assert_eq!(check_jira(&markdown), Ok(()), "{head}");
    }
}
