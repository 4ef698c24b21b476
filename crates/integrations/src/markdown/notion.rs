//! Blocks of Notion.

use serde_json::{Map, Value, json};

use super::notion_text::{code_text, rich_text};
use super::{Alert, Block, Inline, Item, is_link, plain};

/// How deep blocks may be nested in one request.
const LEVELS: usize = 3;
/// The most rows or other children of one block in one request.
pub(crate) const CHILDREN: usize = 100;
/// The most of an expression.
const EXPRESSION: usize = 1000;

/// A block with what is in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) kind: &'static str,
    pub(crate) inner: Map<String, Value>,
    pub(crate) children: Vec<Node>,
}

/// Blocks, and what changed its look on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Converted {
    pub(crate) nodes: Vec<Node>,
    pub(crate) notes: Vec<String>,
}

impl Node {
    fn new(kind: &'static str, inner: Value) -> Self {
        Self { kind, inner: inner.as_object().cloned().unwrap_or_default(), children: Vec::new() }
    }

    fn text(kind: &'static str, items: Vec<Value>) -> Self {
        Self::new(kind, json!({"rich_text": items}))
    }

    /// As it is sent.
    pub(crate) fn to_value(&self) -> Value {
        let mut inner = self.inner.clone();
        if !self.children.is_empty() {
            inner.insert("children".to_owned(), Value::Array(self.children.iter().map(Self::to_value).collect()));
        }
        json!({"object": "block", "type": self.kind, self.kind: inner})
    }

    pub(crate) fn count(&self) -> usize {
        1 + self.children.iter().map(Self::count).sum::<usize>()
    }

    /// About how many bytes it takes in a request.
    pub(crate) fn bytes(&self) -> usize {
        let own = Value::Object(self.inner.clone()).to_string().len() + 64;
        own + self.children.iter().map(Self::bytes).sum::<usize>()
    }
}

/// Turns a document into blocks that Notion takes.
pub(crate) fn convert(blocks: &[Block]) -> Converted {
    let mut converter = Converter::default();
    let nodes = converter.all(blocks, 1);
    let mut notes = converter.notes;
    notes.sort();
    notes.dedup();
    Converted { nodes, notes }
}

#[derive(Default)]
struct Converter {
    notes: Vec<String>,
}

/// Languages that Notion colours; of everything else it takes `plain text`.
const LANGUAGES: [&str; 46] = [
    "bash",
    "c",
    "c#",
    "c++",
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
    "protobuf",
    "python",
    "r",
    "ruby",
    "rust",
    "sass",
    "scala",
    "scss",
    "shell",
    "sql",
    "swift",
    "typescript",
    "xml",
    "yaml",
];
const ALIASES: [(&str, &str); 18] = [
    ("sh", "bash"),
    ("zsh", "bash"),
    ("console", "shell"),
    ("js", "javascript"),
    ("jsx", "javascript"),
    ("ts", "typescript"),
    ("tsx", "typescript"),
    ("py", "python"),
    ("rs", "rust"),
    ("rb", "ruby"),
    ("yml", "yaml"),
    ("cs", "c#"),
    ("csharp", "c#"),
    ("cpp", "c++"),
    ("kt", "kotlin"),
    ("md", "markdown"),
    ("dockerfile", "docker"),
    ("ps1", "powershell"),
];

fn language(info: &str) -> &'static str {
    let word = info.split([' ', ',', '{']).next().unwrap_or_default().to_ascii_lowercase();
    let word = ALIASES.iter().find(|(alias, _)| *alias == word).map_or(word.as_str(), |(_, name)| name);
    LANGUAGES.iter().find(|name| **name == word).copied().unwrap_or("plain text")
}

/// Text of one kind; more than fits one block becomes several.
fn texts(kind: &'static str, inlines: &[Inline]) -> Vec<Node> {
    rich_text(inlines).into_iter().map(|items| Node::text(kind, items)).collect()
}

impl Converter {
    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    fn all(&mut self, blocks: &[Block], level: usize) -> Vec<Node> {
        blocks.iter().flat_map(|block| self.block(block, level)).collect()
    }

    fn block(&mut self, block: &Block, level: usize) -> Vec<Node> {
        match block {
            Block::Heading(depth, inlines) => {
                if *depth > 4 {
                    self.note("Headings below the fourth level became the fourth.");
                }
                let kinds = ["heading_1", "heading_2", "heading_3", "heading_4"];
                texts(kinds.get(usize::from(*depth).saturating_sub(1)).copied().unwrap_or("heading_4"), inlines)
            }
            Block::Paragraph(inlines) => Self::paragraph(inlines),
            Block::Code { language: info, text } => {
                let name = language(info);
                if name == "plain text" && !info.is_empty() && !info.starts_with("text") {
                    let word: String = info.chars().take(40).collect();
                    self.note(&format!("Notion knows no language `{word}`; the code is plain text."));
                }
                let node = |items| Node::new("code", json!({"rich_text": items, "language": name}));
                code_text(text).into_iter().map(node).collect()
            }
            Block::Quote(kind, inner) => self.quote(*kind, inner, level),
            Block::List { start, items } => self.list(*start, items, level),
            Block::Table(rows) => self.table(rows, level),
            Block::Rule => vec![Node::new("divider", json!({}))],
            Block::Math(expression) if expression.encode_utf16().count() <= EXPRESSION => {
                vec![Node::new("equation", json!({"expression": expression}))]
            }
            Block::Math(expression) => {
                self.note("An expression is too long for an equation and became code.");
                let node = |items| Node::new("code", json!({"rich_text": items, "language": "latex"}));
                code_text(expression).into_iter().map(node).collect()
            }
        }
    }

    /// A paragraph, cut where images stand, which are blocks of their own.
    fn paragraph(inlines: &[Inline]) -> Vec<Node> {
        if let [Inline::Text(text, style)] = inlines
            && style.link.as_ref().is_some_and(|url| url == text && is_link(url))
        {
            return vec![Node::new("bookmark", json!({"url": text}))];
        }
        let is_picture =
            |inline: &Inline| matches!(inline, Inline::Image { url, .. } if is_link(url) && !url.starts_with("mailto:"));
        let mut nodes = Vec::new();
        let mut run: Vec<Inline> = Vec::new();
        for inline in inlines {
            match inline {
                Inline::Image { alt, url } if is_picture(inline) => {
                    Self::flush(&mut run, &mut nodes);
                    let caption = Inline::Text(alt.clone(), super::Style::default());
                    let caption =
                        if alt.is_empty() { Vec::new() } else { rich_text(&[caption]).into_iter().next().unwrap_or_default() };
                    nodes.push(Node::new("image", json!({"type": "external", "external": {"url": url}, "caption": caption})));
                }
                other => run.push(other.clone()),
            }
        }
        Self::flush(&mut run, &mut nodes);
        nodes
    }

    fn flush(run: &mut Vec<Inline>, nodes: &mut Vec<Node>) {
        let inlines = std::mem::take(run);
        let blank = plain(&inlines).trim().is_empty();
        if !blank || (nodes.is_empty() && !inlines.is_empty()) {
            nodes.extend(texts("paragraph", &inlines));
        }
    }

    fn quote(&mut self, kind: Option<Alert>, inner: &[Block], level: usize) -> Vec<Node> {
        let (name, more) = match kind {
            None => ("quote", Map::new()),
            Some(alert) => {
                let (icon, color) = match alert {
                    Alert::Note => ("ℹ️", "blue_background"),
                    Alert::Tip => ("💡", "green_background"),
                    Alert::Important => ("❗", "purple_background"),
                    Alert::Warning => ("⚠️", "yellow_background"),
                    Alert::Caution => ("🛑", "red_background"),
                };
                let more = json!({"icon": {"type": "emoji", "emoji": icon}, "color": color});
                ("callout", more.as_object().cloned().unwrap_or_default())
            }
        };
        self.headed(name, inner, level, &more)
    }

    /// A block whose text is the first paragraph of what is in it, and whose children are the rest.
    fn headed(&mut self, kind: &'static str, inner: &[Block], level: usize, more: &Map<String, Value>) -> Vec<Node> {
        let (first, rest) = match inner.split_first() {
            Some((Block::Paragraph(inlines), rest)) => (inlines.as_slice(), rest),
            _ => (&[] as &[Inline], inner),
        };
        let mut lists = rich_text(first).into_iter();
        let mut node = Node::text(kind, lists.next().unwrap_or_default());
        node.inner.extend(more.clone());
        let mut below: Vec<Node> = lists.map(|items| Node::text("paragraph", items)).collect();
        below.extend(self.all(rest, (level + 1).min(LEVELS)));
        self.hang(node, below, level)
    }

    fn list(&mut self, start: Option<u64>, items: &[Item], level: usize) -> Vec<Node> {
        if start.is_some_and(|start| start != 1) {
            self.note("A numbered list begins at 1.");
        }
        let mut nodes = Vec::new();
        for item in items {
            let (kind, more) = match (item.checked, start) {
                (Some(done), _) => ("to_do", json!({"checked": done})),
                (None, Some(_)) => ("numbered_list_item", json!({})),
                (None, None) => ("bulleted_list_item", json!({})),
            };
            nodes.extend(self.headed(kind, &item.blocks, level, &more.as_object().cloned().unwrap_or_default()));
        }
        nodes
    }

    /// Puts blocks below one where there is room; deeper, and beyond what a block of the second level may hold, they follow it.
    fn hang(&mut self, mut node: Node, below: Vec<Node>, level: usize) -> Vec<Node> {
        if level >= LEVELS {
            if !below.is_empty() {
                self.note("What was nested deeper than three levels follows on the third.");
            }
            return std::iter::once(node).chain(below).collect();
        }
        if level == 1 {
            node.children = below;
            return vec![node];
        }
        let (mut after, mut bytes) = (Vec::new(), 0);
        for child in below {
            bytes += child.bytes();
            if after.is_empty() && node.children.len() < CHILDREN && bytes < super::steps::MOST_BYTES / 2 {
                node.children.push(child);
            } else {
                after.push(child);
            }
        }
        std::iter::once(node).chain(after).collect()
    }

    fn table(&mut self, rows: &[Vec<Vec<Inline>>], level: usize) -> Vec<Node> {
        let width = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let words = |cell: &Vec<Inline>| [Inline::Text(plain(cell), super::Style::default())];
        let is_long = rows.iter().flatten().any(|cell| rich_text(&words(cell)).len() > 1);
        if level >= LEVELS || is_long {
            self.note("A table that is too deep, or has too long a cell, became plain text.");
            let line = |row: &Vec<Vec<Inline>>| row.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(" | ");
            let text = rows.iter().map(line).collect::<Vec<_>>().join("\n");
            let node = |items| Node::new("code", json!({"rich_text": items, "language": "plain text"}));
            return code_text(&text).into_iter().map(node).collect();
        }
        let mut all: Vec<Node> = rows.iter().map(|row| self.row(row, width)).collect();
        // Only tables of the first level can grow after they were made.
        let most = if level == 1 { usize::MAX } else { CHILDREN };
        let mut tables = Vec::new();
        while !all.is_empty() {
            let rest = all.split_off(all.len().min(most));
            let header = tables.is_empty();
            let mut table =
                Node::new("table", json!({"table_width": width, "has_column_header": header, "has_row_header": false}));
            table.children = std::mem::replace(&mut all, rest);
            tables.push(table);
        }
        tables
    }

    /// A row of exactly `width` cells; what does not fit a cell is in the last one that follows.
    fn row(&mut self, cells: &[Vec<Inline>], width: usize) -> Node {
        let mut own: Vec<Vec<Value>> = Vec::with_capacity(width);
        for cell in cells {
            let mut lists = rich_text(cell).into_iter();
            own.push(lists.next().unwrap_or_default());
            if let Some(more) = lists.next() {
                // A cell holds a hundred pieces; a longer one loses its looks, not its text.
                self.note("A cell of a table is too long and lost its styles.");
                let text: String = plain(cell);
                let kept = rich_text(&[Inline::Text(text, super::Style::default())]).into_iter().next().unwrap_or(more);
                if let Some(last) = own.last_mut() {
                    *last = kept;
                }
            }
        }
        own.resize(width, Vec::new());
        Node::new("table_row", json!({"cells": own}))
    }
}

/// A title, which is one list of pieces.
pub(crate) fn title(inlines: &[Inline]) -> Vec<Value> {
    rich_text(inlines).into_iter().next().unwrap_or_default()
}
