//! The Atlassian Document Format (<https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>).

use serde_json::{Value, json};

use super::{Alert, Block, Inline, Item, Style, is_link, plain, spelled_out};

/// Where blocks stand: what may stand there differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Document,
    Item,
    Quote,
    Panel,
}

/// A document as Jira takes it.
pub(crate) fn document(blocks: &[Block]) -> Value {
    let mut made = Maker::default();
    let mut content = made.all(blocks, Place::Document);
    if content.is_empty() {
        content.push(json!({"type": "paragraph"}));
    }
    json!({"version": 1, "type": "doc", "content": content})
}

#[derive(Default)]
struct Maker {
    /// Tasks carry ids of their own within a document.
    tasks: usize,
}

fn marks(style: &Style) -> Vec<Value> {
    let link = style.link.as_ref().filter(|url| is_link(url)).map(|url| json!({"type": "link", "attrs": {"href": url}}));
    // Code goes together with a link alone.
    let code = style.code.then(|| json!({"type": "code"}));
    let looks = [("strong", style.strong), ("em", style.em), ("strike", style.strike)];
    let looks = looks.into_iter().filter(|(_, there)| *there && !style.code).map(|(name, _)| json!({"type": name}));
    link.into_iter().chain(code).chain(looks).collect()
}

fn text(text: &str, style: &Style) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let marks = marks(style);
    Some(if marks.is_empty() {
        json!({"type": "text", "text": text})
    } else {
        json!({"type": "text", "text": text, "marks": marks})
    })
}

fn inline(inlines: &[Inline]) -> Vec<Value> {
    let mut nodes = Vec::new();
    for inline in spelled_out(inlines) {
        match inline {
            Inline::Text(own, style) => nodes.extend(text(&own, &style)),
            Inline::Break => nodes.push(json!({"type": "hardBreak"})),
            Inline::Math(expression) => nodes.extend(text(&format!("${expression}$"), &Style { code: true, ..Style::default() })),
            // Nothing can be uploaded while an issue is made.
            Inline::Image { alt, url } if is_link(&url) => {
                let shown = if alt.is_empty() { url.clone() } else { alt };
                nodes.extend(text(&shown, &Style { link: Some(url), ..Style::default() }));
            }
            Inline::Image { alt, url } => {
                let shown = if alt.is_empty() { url } else { format!("{alt} ({url})") };
                nodes.extend(text(&shown, &Style::default()));
            }
        }
    }
    nodes
}

fn with_content(kind: &str, content: Vec<Value>) -> Value {
    if content.is_empty() { json!({"type": kind}) } else { json!({"type": kind, "content": content}) }
}

fn paragraph(inlines: &[Inline]) -> Value {
    with_content("paragraph", inline(inlines))
}

fn strong(inlines: &[Inline]) -> Vec<Inline> {
    let one = |inline: &Inline| match inline {
        Inline::Text(own, style) => Inline::Text(own.clone(), Style { strong: true, ..style.clone() }),
        other => other.clone(),
    };
    inlines.iter().map(one).collect()
}

fn code_block(language: &str, own: &str) -> Value {
    let word: String = language.split([' ', ',', '{']).next().unwrap_or_default().chars().take(40).collect();
    let content: Vec<Value> = text(own, &Style::default()).into_iter().collect();
    let mut block = with_content("codeBlock", content);
    if let (false, Some(members)) = (word.is_empty(), block.as_object_mut()) {
        members.insert("attrs".to_owned(), json!({"language": word}));
    }
    block
}

impl Maker {
    fn all(&mut self, blocks: &[Block], place: Place) -> Vec<Value> {
        blocks.iter().flat_map(|block| self.block(block, place)).collect()
    }

    fn block(&mut self, block: &Block, place: Place) -> Vec<Value> {
        match block {
            Block::Heading(level, inlines) if matches!(place, Place::Document | Place::Panel) => {
                let mut heading = with_content("heading", inline(inlines));
                if let Some(members) = heading.as_object_mut() {
                    members.insert("attrs".to_owned(), json!({"level": level}));
                }
                vec![heading]
            }
            Block::Heading(_, inlines) => vec![paragraph(&strong(inlines))],
            Block::Paragraph(inlines) => vec![paragraph(inlines)],
            Block::Code { language, text } => vec![code_block(language, text)],
            Block::Quote(kind, inner) => self.quote(*kind, inner, place),
            Block::List { start, items } => self.list(*start, items, place),
            Block::Table(rows) if place == Place::Document => Self::table(rows),
            Block::Table(rows) => {
                let line = |row: &Vec<Vec<Inline>>| row.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(" | ");
                vec![code_block("", &rows.iter().map(line).collect::<Vec<_>>().join("\n"))]
            }
            Block::Rule if matches!(place, Place::Document | Place::Panel) => vec![json!({"type": "rule"})],
            Block::Rule => vec![paragraph(&[Inline::Text("———".to_owned(), Style::default())])],
            Block::Math(expression) => vec![code_block("latex", expression)],
        }
    }

    fn quote(&mut self, kind: Option<Alert>, inner: &[Block], place: Place) -> Vec<Value> {
        if place != Place::Document {
            // A quote in a list, a panel or a quote has no form; its text stands where it stood.
            return self.all(inner, place);
        }
        let panel = kind.map(|alert| match alert {
            Alert::Note => "info",
            Alert::Tip => "success",
            Alert::Important => "note",
            Alert::Warning => "warning",
            Alert::Caution => "error",
        });
        let place = if panel.is_some() { Place::Panel } else { Place::Quote };
        let mut content = self.all(inner, place);
        if content.is_empty() {
            content.push(json!({"type": "paragraph"}));
        }
        vec![match panel {
            Some(panel) => json!({"type": "panel", "attrs": {"panelType": panel}, "content": content}),
            None => json!({"type": "blockquote", "content": content}),
        }]
    }

    fn list(&mut self, start: Option<u64>, items: &[Item], place: Place) -> Vec<Value> {
        if items.is_empty() {
            return Vec::new();
        }
        let only_tasks =
            items.iter().all(|item| item.checked.is_some() && matches!(item.blocks.as_slice(), [] | [Block::Paragraph(_)]));
        if only_tasks && place == Place::Document {
            return vec![self.task_list(items)];
        }
        let content: Vec<Value> = items.iter().map(|item| self.item(item)).collect();
        vec![match start {
            Some(order) => json!({"type": "orderedList", "attrs": {"order": order.min(1_000_000_000)}, "content": content}),
            None => json!({"type": "bulletList", "content": content}),
        }]
    }

    fn task_list(&mut self, items: &[Item]) -> Value {
        let mut content = Vec::new();
        for item in items {
            self.tasks += 1;
            let state = if item.checked == Some(true) { "DONE" } else { "TODO" };
            let own = match item.blocks.first() {
                Some(Block::Paragraph(inlines)) => inline(inlines),
                _ => Vec::new(),
            };
            let mut task = with_content("taskItem", own);
            if let Some(members) = task.as_object_mut() {
                members.insert("attrs".to_owned(), json!({"localId": format!("task-{}", self.tasks), "state": state}));
            }
            content.push(task);
        }
        json!({"type": "taskList", "attrs": {"localId": format!("tasks-{}", self.tasks)}, "content": content})
    }

    /// An item begins with text or code; what begins otherwise gets an empty paragraph before it.
    fn item(&mut self, item: &Item) -> Value {
        let mut content = self.all(&item.blocks, Place::Item);
        if let Some(done) = item.checked {
            let mark = Inline::Text(if done { "☑ " } else { "☐ " }.to_owned(), Style::default());
            let marked = match item.blocks.first() {
                Some(Block::Paragraph(inlines)) => {
                    content.remove(0);
                    paragraph(&std::iter::once(mark).chain(inlines.iter().cloned()).collect::<Vec<_>>())
                }
                _ => paragraph(&[mark]),
            };
            content.insert(0, marked);
        }
        let begins = content.first().and_then(|first| first.get("type")).and_then(Value::as_str);
        if !matches!(begins, Some("paragraph" | "codeBlock")) {
            content.insert(0, json!({"type": "paragraph"}));
        }
        json!({"type": "listItem", "content": content})
    }

    fn table(rows: &[Vec<Vec<Inline>>]) -> Vec<Value> {
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        if width == 0 {
            return Vec::new();
        }
        let row = |(at, cells): (usize, &Vec<Vec<Inline>>)| {
            let kind = if at == 0 { "tableHeader" } else { "tableCell" };
            let cell = |column: usize| {
                let own = cells.get(column).map_or_else(|| json!({"type": "paragraph"}), |cell| paragraph(cell));
                json!({"type": kind, "content": [own]})
            };
            json!({"type": "tableRow", "content": (0..width).map(cell).collect::<Vec<_>>()})
        };
        vec![json!({"type": "table", "content": rows.iter().enumerate().map(row).collect::<Vec<_>>()})]
    }
}

/// The text of a document, without its looks.
pub(crate) fn text_of(node: &Value) -> String {
    let own = node.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let below = node.get("content").and_then(Value::as_array).into_iter().flatten().map(text_of);
    below.fold(own, |mut all, text| {
        all.push_str(&text);
        all
    })
}
