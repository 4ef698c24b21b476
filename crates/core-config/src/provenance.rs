use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::Value;

use crate::Layer;
use crate::read::Notes;
use crate::redact::{REDACTED, is_secret_key, redact_urls};
use crate::tree::Node;

/// Who set each key, and to what.
#[derive(Clone, Default)]
pub struct Provenance {
    entries: BTreeMap<String, Entry>,
}

/// One key.
#[derive(Clone)]
pub struct Entry {
    /// Dotted.
    pub key: String,
    /// Who set it.
    pub layer: Layer,
    pub(crate) kind: Kind,
    value: Option<String>,
    from_file: Option<String>,
}

/// What sort of value a key holds; decides how a new one is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unset,
    Text,
    Number,
    Truth,
    List,
}

impl Provenance {
    pub(crate) fn new(notes: &Notes, defaults: &Node) -> Self {
        // A parent whose members were asked for too is a section, not a value.
        let is_member = |other: &str, key: &str| other.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
        let is_section = |key: &str| notes.asked.keys().any(|other| is_member(other, key));
        let asked = notes.asked.iter().filter(|(key, node)| node.is_some() || !is_section(key));
        Self { entries: asked.map(|(key, node)| (key.clone(), Entry::new(key, node.as_ref(), defaults))).collect() }
    }

    /// A key that the settings know.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Every key that the settings know, in alphabetical order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Every key with its value and who set it, one a line, secrets taken out.
    pub fn show(&self) -> String {
        let lines: Vec<(String, &Entry)> =
            self.entries.values().map(|entry| (format!("{} = {}", entry.key, entry.shown()), entry)).collect();
        let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0).min(72);
        lines.iter().fold(String::new(), |mut shown, (line, entry)| {
            // Writing to a string cannot fail.
            let _ = writeln!(shown, "{line:width$}  # {}", entry.set_by());
            shown
        })
    }
}

impl std::fmt::Debug for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.entries.values().map(|entry| (&entry.key, &entry.layer))).finish()
    }
}

impl Entry {
    fn new(key: &str, node: Option<&Node>, defaults: &Node) -> Self {
        let origin = node.and_then(Node::origin);
        let kind = match (defaults.get(key), node) {
            (Some(node), _) | (None, Some(node)) => kind(node),
            (None, None) => Kind::Unset,
        };
        Self {
            key: key.to_owned(),
            layer: origin.map_or(Layer::Default, |origin| origin.layer.clone()),
            kind,
            value: node.map(|node| display(node, kind)),
            from_file: origin.and_then(|origin| origin.secret_file.as_ref()).map(|path| path.display().to_string()),
        }
    }

    /// The value as TOML writes it, with secrets taken out.
    pub fn shown(&self) -> String {
        match &self.value {
            None => "(not set)".to_owned(),
            Some(value) if value == "\"\"" => value.clone(),
            Some(_) if self.is_secret() => REDACTED.to_owned(),
            Some(value) => redact_urls(value),
        }
    }

    /// The value as TOML writes it, secrets included; for somebody who asks for this very key.
    pub fn revealed(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// True when the value is never shown: by the name of its key, or because a file holds it.
    pub fn is_secret(&self) -> bool {
        self.from_file.is_some() || is_secret_key(&self.key)
    }

    /// Who set it, in words.
    pub fn set_by(&self) -> String {
        match &self.from_file {
            Some(path) => format!("{}, from {path}", self.layer),
            None => self.layer.to_string(),
        }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key)
            .field("value", &self.shown())
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}

/// As TOML writes it, where a text from a variable takes the type of its key.
fn display(node: &Node, kind: Kind) -> String {
    let Node::Text(text, origin) = node else { return node.display() };
    match kind {
        Kind::Number | Kind::Truth => text.clone(),
        Kind::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Node::Array(items.map(|item| Node::Text(item.to_owned(), origin.clone())).collect(), origin.clone()).display()
        }
        Kind::Text | Kind::Unset => node.display(),
    }
}

fn kind(node: &Node) -> Kind {
    match node {
        Node::Array(..) => Kind::List,
        Node::Value(Value::Integer(_) | Value::Float(_), _) => Kind::Number,
        Node::Value(Value::Boolean(_), _) => Kind::Truth,
        Node::Value(..) => Kind::Text,
        // Untyped, and no default tells its type.
        Node::Text(..) | Node::Table(_) => Kind::Unset,
    }
}
