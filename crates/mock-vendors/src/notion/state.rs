use std::collections::BTreeMap;

use core_kernel::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// A page as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct NotionPage {
    /// Its id.
    pub id: String,
    /// What it is under, as it was given.
    pub parent: Value,
    /// Its title.
    pub title: String,
    /// Its blocks, each with all of its own in `children`.
    pub blocks: Vec<Value>,
    /// The Markdown that it was made from.
    pub markdown: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) id: String,
    pub(crate) parent: Value,
    pub(crate) title: String,
    pub(crate) created: Timestamp,
    pub(crate) markdown: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) database: String,
}

/// Everything that Notion holds.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) pages: Vec<Page>,
    pub(crate) sources: Vec<Source>,
    /// Blocks by id, without their children.
    pub(crate) blocks: BTreeMap<String, Value>,
    /// The children of pages and blocks, in order.
    pub(crate) children: BTreeMap<String, Vec<String>>,
    pub(crate) tasks: BTreeMap<String, String>,
    pub(crate) later: bool,
    made: u128,
}

/// The name of the title property of every data source here.
pub(crate) const TITLE: &str = "Name";

impl World {
    pub(crate) fn next_id(&mut self) -> String {
        self.made += 1;
        Uuid::from_u128((0x2a00_0000_0000_4000_8000_u128 << 48) | self.made).to_string()
    }

    pub(crate) fn add_page(&mut self, parent: Value, title: &str, now: Timestamp) -> String {
        let id = self.next_id();
        if let Some(above) = parent.get("page_id").and_then(Value::as_str) {
            self.children.entry(above.to_owned()).or_default().push(id.clone());
        }
        self.pages.push(Page { id: id.clone(), parent, title: title.to_owned(), created: now, markdown: None });
        id
    }

    pub(crate) fn add_database(&mut self, names: &[&str]) -> (String, Vec<String>) {
        let database = self.next_id();
        let mut ids = Vec::new();
        for name in names {
            let id = self.next_id();
            self.sources.push(Source { id: id.clone(), name: (*name).to_owned(), database: database.clone() });
            ids.push(id);
        }
        (database, ids)
    }

    pub(crate) fn page(&self, id: &str) -> Option<&Page> {
        let plain = |id: &str| id.replace('-', "").to_ascii_lowercase();
        self.pages.iter().find(|page| plain(&page.id) == plain(id))
    }

    /// Hangs blocks with their children below a page or block; gives the first level as it is answered.
    pub(crate) fn hang(&mut self, parent: &str, blocks: &[Value], now: Timestamp) -> Vec<Value> {
        let mut first = Vec::new();
        for block in blocks {
            let id = self.next_id();
            let (own, below) = split(block);
            self.children.entry(parent.to_owned()).or_default().push(id.clone());
            self.hang(&id, &below, now);
            let mut stored = own;
            if let Some(members) = stored.as_object_mut() {
                members.insert("object".into(), json!("block"));
                members.insert("id".into(), json!(id));
                members.insert("created_time".into(), json!(now));
                members.insert("has_children".into(), json!(!below.is_empty()));
            }
            first.push(stored.clone());
            self.blocks.insert(id, stored);
        }
        first
    }

    /// What is below a page or block, as the list of children has it.
    pub(crate) fn listed(&self, parent: &str) -> Vec<Value> {
        let ids = self.children.get(parent).map(Vec::as_slice).unwrap_or_default();
        let one = |id: &String| match self.blocks.get(id) {
            Some(block) => block.clone(),
            None => {
                let page = self.page(id);
                let title = page.map(|page| page.title.clone()).unwrap_or_default();
                let created = page.map(|page| page.created).unwrap_or_default();
                json!({
                    "object": "block", "id": id, "type": "child_page", "child_page": {"title": title},
                    "created_time": created, "has_children": true,
                })
            }
        };
        ids.iter().map(one).collect()
    }

    fn whole(&self, id: &str) -> Option<Value> {
        let mut block = self.blocks.get(id)?.clone();
        let below: Vec<Value> = self.below(id);
        if !below.is_empty()
            && let Some(members) = block.as_object_mut()
        {
            members.insert("children".into(), Value::Array(below));
        }
        Some(block)
    }

    fn below(&self, id: &str) -> Vec<Value> {
        self.children.get(id).into_iter().flatten().filter_map(|id| self.whole(id)).collect()
    }

    pub(crate) fn view(&self, page: &Page) -> NotionPage {
        NotionPage {
            id: page.id.clone(),
            parent: page.parent.clone(),
            title: page.title.clone(),
            blocks: self.below(&page.id),
            markdown: page.markdown.clone(),
        }
    }
}

/// A block without its children, and its children.
fn split(block: &Value) -> (Value, Vec<Value>) {
    let mut own = block.clone();
    let kind = block.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let inner = own.get_mut(&kind).and_then(Value::as_object_mut).and_then(|inner| inner.remove("children"));
    let below = inner.and_then(|below| below.as_array().cloned()).unwrap_or_default();
    (own, below)
}
