use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use toml::Value;

use crate::Layer;
use crate::redact::{REDACTED, is_secret_key};

/// Where a value comes from, and over which others it goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) layer: Layer,
    pub(crate) rank: Rank,
    /// The file that held the value itself.
    pub(crate) secret_file: Option<PathBuf>,
}

/// The order of the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Default,
    DefaultFile,
    ProfileFile,
    LocalFile,
    Alias,
    Environment,
    Flag,
}

impl Origin {
    pub(crate) fn new(layer: Layer, rank: Rank) -> Arc<Self> {
        Arc::new(Self { layer, rank, secret_file: None })
    }
}

/// Settings before they are typed.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Table(BTreeMap<String, Node>),
    Array(Vec<Node>, Arc<Origin>),
    /// A scalar with a type, from a file or the defaults.
    Value(Value, Arc<Origin>),
    /// A text that takes the type it is asked for, from a variable or a flag.
    Text(String, Arc<Origin>),
}

impl Node {
    pub(crate) fn from_toml(value: Value, origin: &Arc<Origin>) -> Self {
        match value {
            Value::Table(table) => {
                Self::Table(table.into_iter().map(|(key, value)| (key, Self::from_toml(value, origin))).collect())
            }
            Value::Array(items) => {
                Self::Array(items.into_iter().map(|item| Self::from_toml(item, origin)).collect(), origin.clone())
            }
            scalar => Self::Value(scalar, origin.clone()),
        }
    }

    /// Lays `above` over this: tables are merged, everything else is replaced.
    pub(crate) fn overlay(&mut self, above: Self) {
        match (self, above) {
            (Self::Table(mine), Self::Table(theirs)) => {
                for (key, node) in theirs {
                    match mine.get_mut(&key) {
                        Some(present) => present.overlay(node),
                        None => {
                            mine.insert(key, node);
                        }
                    }
                }
            }
            (mine, theirs) => *mine = theirs,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        key.split('.').try_fold(self, |node, segment| match node {
            Self::Table(table) => table.get(segment),
            _ => None,
        })
    }

    /// Puts `node` at `key`, making tables on the way.
    pub(crate) fn insert(&mut self, key: &str, node: Self) {
        let wrapped = key.rsplit('.').fold(node, |inner, segment| Self::Table(BTreeMap::from([(segment.to_owned(), inner)])));
        self.overlay(wrapped);
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Self> {
        let Self::Table(table) = self else { return None };
        match key.split_once('.') {
            None => table.remove(key),
            Some((first, rest)) => table.get_mut(first)?.remove(rest),
        }
    }

    /// The origin of a value, or of the uppermost value in a table.
    pub(crate) fn origin(&self) -> Option<&Arc<Origin>> {
        match self {
            Self::Table(table) => table.values().filter_map(Self::origin).max_by_key(|origin| origin.rank),
            Self::Array(_, origin) | Self::Value(_, origin) | Self::Text(_, origin) => Some(origin),
        }
    }

    /// The value as TOML would write it, with secrets inside of lists of tables taken out.
    pub(crate) fn display(&self) -> String {
        match self {
            Self::Table(table) => {
                let member = |(key, node): (&String, &Self)| {
                    let value = if is_secret_key(key) { REDACTED.to_owned() } else { node.display() };
                    format!("{key} = {value}")
                };
                format!("{{ {} }}", table.iter().map(member).collect::<Vec<_>>().join(", "))
            }
            Self::Array(items, _) => format!("[{}]", items.iter().map(Self::display).collect::<Vec<_>>().join(", ")),
            Self::Value(value, _) => value.to_string(),
            Self::Text(text, _) => Value::String(text.clone()).to_string(),
        }
    }
}
