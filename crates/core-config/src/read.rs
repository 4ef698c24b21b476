//! Reads the typed settings out of the tree. The settings' own types say what each key is: texts from variables are parsed as
//! what is asked for, keys that no type asks for are noted, and `*_file` stands in for the key without the ending.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::de::value::{MapAccessDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use toml::Value;

use crate::file;
use crate::tree::{Node, Origin};

/// What reading finds out besides the settings.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Every value that was asked for; none for a key that nothing sets.
    pub(crate) asked: BTreeMap<String, Option<Node>>,
    pub(crate) unknown: Vec<Unknown>,
    pub(crate) broken: Vec<Broken>,
}

/// A key that no type asks for.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) key: String,
    pub(crate) siblings: &'static [&'static str],
    pub(crate) origin: Option<Arc<Origin>>,
}

/// A `*_file` key that cannot serve.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) key: String,
    pub(crate) problem: String,
    pub(crate) origin: Option<Arc<Origin>>,
}

/// Why a value does not fit its type, and which one.
#[derive(Debug)]
pub(crate) struct ReadError {
    pub(crate) key: Option<String>,
    pub(crate) message: String,
}

impl ReadError {
    /// Names the key, unless a deeper one is named already.
    fn at(mut self, key: &str) -> Self {
        self.key.get_or_insert_with(|| key.to_owned());
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}

impl serde::de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { key: None, message: message.to_string() }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    node: &'a Node,
    /// Dotted; empty at the root.
    key: &'a str,
    /// What relative `*_file` paths start from.
    folder: &'a Path,
    notes: &'a RefCell<Notes>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(root: &'a Node, folder: &'a Path, notes: &'a RefCell<Notes>) -> Self {
        Self { node: root, key: "", folder, notes }
    }

    fn child(&self, name: &str) -> String {
        if self.key.is_empty() { name.to_owned() } else { format!("{}.{name}", self.key) }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Node::Text(text, _) = self.node else { return self.deserialize_any(visitor) };
        let text = text.trim();
        if let Ok(number) = text.parse::<i64>() {
            visitor.visit_i64(number)
        } else if let Ok(number) = text.parse::<u64>() {
            visitor.visit_u64(number)
        } else {
            Err(ReadError::custom("expected a whole number"))
        }
    }

    fn fraction<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node {
            Node::Text(text, _) => match text.trim().parse() {
                Ok(number) => visitor.visit_f64(number),
                Err(_) => Err(ReadError::custom("expected a number")),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    /// The members of a table that a struct with `fields` is made of.
    fn members(&self, table: &'a BTreeMap<String, Node>, fields: &'static [&'static str]) -> Vec<(String, Cow<'a, Node>)> {
        let mut members = Vec::new();
        for name in table.keys().filter(|name| !fields.contains(&name.as_str())) {
            let stands_in = name.strip_suffix("_file").is_some_and(|stem| fields.contains(&stem));
            if !stands_in {
                let origin = table.get(name).and_then(Node::origin).cloned();
                self.notes.borrow_mut().unknown.push(Unknown { key: self.child(name), siblings: fields, origin });
            }
        }
        for field in fields {
            let by_file = format!("{field}_file");
            let file = if fields.contains(&by_file.as_str()) { None } else { table.get(&by_file) };
            match self.choose(&by_file, table.get(*field), file) {
                Some(node) => members.push(((*field).to_owned(), node)),
                None => {
                    self.notes.borrow_mut().asked.entry(self.child(field)).or_insert(None);
                }
            }
        }
        members
    }

    /// The value itself, or what the file named in its place holds, whichever is set further up.
    fn choose(&self, by_file: &str, value: Option<&'a Node>, file: Option<&'a Node>) -> Option<Cow<'a, Node>> {
        let Some(file) = file else { return value.map(Cow::Borrowed) };
        let rank = |node: &Node| node.origin().map(|origin| origin.rank);
        let (of_value, of_file) = (value.and_then(rank), rank(file));
        if of_value > of_file {
            return value.map(Cow::Borrowed);
        }
        let broken = |problem: String| {
            let origin = file.origin().cloned();
            self.notes.borrow_mut().broken.push(Broken { key: self.child(by_file), problem, origin });
            value.map(Cow::Borrowed)
        };
        if of_value == of_file {
            return broken("set together with the value itself".to_owned());
        }
        let (Node::Text(path, origin) | Node::Value(Value::String(path), origin)) = file else {
            return broken("expected the path of a file".to_owned());
        };
        match file::read_secret(self.folder, path) {
            Ok((path, text)) => {
                let origin = Origin { layer: origin.layer.clone(), rank: origin.rank, secret_file: Some(path) };
                Some(Cow::Owned(Node::Text(text, Arc::new(origin))))
            }
            Err(problem) => broken(problem),
        }
    }

    fn visit_members<'de, V: Visitor<'de>>(
        self,
        members: Vec<(String, Cow<'a, Node>)>,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_map(Members { parent: self, left: members.into_iter(), value: None })
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node {
            Node::Table(_) => self.deserialize_map(visitor),
            Node::Array(..) => self.deserialize_seq(visitor),
            Node::Text(text, _) => visitor.visit_string(text.clone()),
            Node::Value(value, _) => match value {
                Value::Boolean(value) => visitor.visit_bool(*value),
                Value::Integer(value) => visitor.visit_i64(*value),
                Value::Float(value) => visitor.visit_f64(*value),
                Value::String(value) => visitor.visit_string(value.clone()),
                other => visitor.visit_string(other.to_string()),
            },
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Node::Text(text, _) = self.node else { return self.deserialize_any(visitor) };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => visitor.visit_bool(true),
            "false" | "0" | "no" | "off" => visitor.visit_bool(false),
            _ => Err(ReadError::custom("expected true or false")),
        }
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.number(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.number(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.number(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.number(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.number(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.number(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.number(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.number(visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.fraction(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.fraction(visitor)
    }

    /// An empty variable is an absent value.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node {
            Node::Text(text, _) if text.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// A list in a variable is separated by commas; white space around items and empty items do not count.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node {
            Node::Array(items, _) => {
                let readers = items.iter().map(|node| Self { node, ..self });
                visitor.visit_seq(SeqDeserializer::new(readers))
            }
            Node::Text(text, origin) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                let nodes: Vec<Node> = items.map(|item| Node::Text(item.to_owned(), origin.clone())).collect();
                let readers = nodes.iter().map(|node| Reader { node, ..self });
                visitor.visit_seq(SeqDeserializer::new(readers))
            }
            Node::Table(_) | Node::Value(..) => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Node::Table(table) = self.node else { return self.deserialize_any(visitor) };
        let members = table.iter().map(|(name, node)| (name.clone(), Cow::Borrowed(node))).collect();
        self.visit_members(members, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let Node::Table(table) = self.node else { return self.deserialize_any(visitor) };
        self.visit_members(self.members(table, fields), visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.node {
            Node::Text(text, _) | Node::Value(Value::String(text), _) => {
                let variant: StringDeserializer<ReadError> = text.clone().into_deserializer();
                variant.deserialize_enum(name, variants, visitor)
            }
            Node::Table(table) => {
                let left: Vec<_> = table.iter().map(|(name, node)| (name.clone(), Cow::Borrowed(node))).collect();
                let members = Members { parent: self, left: left.into_iter(), value: None };
                MapAccessDeserializer::new(members).deserialize_enum(name, variants, visitor)
            }
            Node::Array(..) | Node::Value(..) => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char str string bytes byte_buf unit unit_struct identifier }
}

impl IntoDeserializer<'_, ReadError> for Reader<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Members<'a> {
    parent: Reader<'a>,
    left: std::vec::IntoIter<(String, Cow<'a, Node>)>,
    value: Option<(String, Cow<'a, Node>)>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        self.value = self.left.next();
        let Some((name, _)) = &self.value else { return Ok(None) };
        let name: StringDeserializer<ReadError> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let Some((name, node)) = self.value.take() else { return Err(ReadError::custom("a value without its key")) };
        let key = self.parent.child(&name);
        if !matches!(*node, Node::Table(_)) {
            self.parent.notes.borrow_mut().asked.insert(key.clone(), Some(node.clone().into_owned()));
        }
        let reader = Reader { node: &node, key: &key, folder: self.parent.folder, notes: self.parent.notes };
        seed.deserialize(reader).map_err(|error| error.at(&key))
    }
}
