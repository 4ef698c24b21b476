//! What the nodes of each grammar mean. One pass over the tree finds definitions, imports and names; no query runs, so that nothing but
//! the number of nodes decides how long it takes.

mod bash;
mod c;
mod go;
mod java;
mod javascript;
mod json;
mod optional;
mod python;
mod rust;
mod scanners;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::{Language, SymbolKind};

pub(crate) use scanners::can_scan;

/// What a kind of node is for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    None,
    Identifier,
    Comment,
    /// An attribute or decorator, which may stand between a comment and what it is about.
    Attribute,
    Import,
    /// It may define something.
    Definition,
}

/// Where a definition stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// What it lies in directly.
    pub(crate) kind: Option<SymbolKind>,
    /// Within a function.
    pub(crate) local: bool,
    /// Within nothing.
    pub(crate) top: bool,
    /// What it lies in is open to others.
    pub(crate) exported: bool,
    /// Within how much.
    pub(crate) depth: usize,
}

/// What a node defines.
pub(crate) enum Found<'t> {
    /// A symbol.
    Symbol { kind: SymbolKind, name: Node<'t>, body: Option<Node<'t>>, exported: bool },
    /// Nothing itself, but what lies in it lies in something of this name.
    Scope(String),
}

type Add<'a> = dyn FnMut(&str) + 'a;

/// A language's rules.
pub(crate) struct Rules {
    load: fn() -> tree_sitter::Language,
    identifiers: &'static [&'static str],
    comments: &'static [&'static str],
    attributes: &'static [&'static str],
    imports: &'static [&'static str],
    definitions: &'static [&'static str],
    define: for<'t> fn(Node<'t>, &str, Context) -> Vec<Found<'t>>,
    import: fn(Node<'_>, &str, &mut Add<'_>),
    reexport: fn(Node<'_>, &str, &mut Add<'_>),
    /// The node whose lines the symbol has, such as the whole statement.
    outer: for<'t> fn(Node<'t>) -> Node<'t>,
    /// Documentation within the definition.
    inner_doc: fn(Node<'_>, Option<Node<'_>>, &str) -> Option<String>,
    /// Whether a comment above documents.
    is_doc: fn(&str) -> bool,
}

impl Rules {
    /// Rules without anything in them.
    pub(crate) const fn of(load: fn() -> tree_sitter::Language) -> Self {
        Self {
            load,
            identifiers: &["identifier"],
            comments: &["comment"],
            attributes: &[],
            imports: &[],
            definitions: &[],
            define: |_, _, _| Vec::new(),
            import: |_, _, _| {},
            reexport: |_, _, _| {},
            outer: |node| node,
            inner_doc: |_, _, _| None,
            is_doc: |_| true,
        }
    }
}

/// A language's rules with the numbers of its nodes.
pub(crate) struct Grammar {
    pub(crate) language: tree_sitter::Language,
    roles: Vec<Role>,
    pub(crate) define: for<'t> fn(Node<'t>, &str, Context) -> Vec<Found<'t>>,
    pub(crate) import: fn(Node<'_>, &str, &mut Add<'_>),
    pub(crate) reexport: fn(Node<'_>, &str, &mut Add<'_>),
    pub(crate) outer: for<'t> fn(Node<'t>) -> Node<'t>,
    pub(crate) inner_doc: fn(Node<'_>, Option<Node<'_>>, &str) -> Option<String>,
    pub(crate) is_doc: fn(&str) -> bool,
}

impl Grammar {
    fn new(rules: &Rules) -> Self {
        let language = (rules.load)();
        let role = |id: u16| {
            let Some(kind) = language.node_kind_for_id(id).filter(|_| language.node_kind_is_named(id)) else { return Role::None };
            let groups = [
                (rules.definitions, Role::Definition),
                (rules.imports, Role::Import),
                (rules.identifiers, Role::Identifier),
                (rules.comments, Role::Comment),
                (rules.attributes, Role::Attribute),
            ];
            groups.into_iter().find(|(kinds, _)| kinds.contains(&kind)).map_or(Role::None, |(_, role)| role)
        };
        let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let roles = (0..count).map(role).collect();
        let Rules { define, import, reexport, outer, inner_doc, is_doc, .. } = *rules;
        Self { roles, language, define, import, reexport, outer, inner_doc, is_doc }
    }

    pub(crate) fn role(&self, kind: u16) -> Role {
        self.roles.get(usize::from(kind)).copied().unwrap_or(Role::None)
    }
}

/// The grammar of a language, read once.
pub(crate) fn grammar(language: Language) -> &'static Grammar {
    macro_rules! once {
        ($rules:expr) => {{
            static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
            GRAMMAR.get_or_init(|| Grammar::new(&$rules))
        }};
    }
    match language {
        Language::Rust => once!(rust::RULES),
        Language::Python => once!(python::RULES),
        Language::JavaScript => once!(javascript::JAVASCRIPT),
        Language::TypeScript => once!(javascript::TYPESCRIPT),
        Language::Tsx => once!(javascript::TSX),
        Language::Go => once!(go::RULES),
        Language::Java => once!(java::RULES),
        Language::C => once!(c::C),
        Language::Json => once!(json::RULES),
        Language::Bash => once!(bash::RULES),
        #[cfg(feature = "cpp")]
        Language::Cpp => once!(c::CPP),
        #[cfg(feature = "csharp")]
        Language::CSharp => once!(optional::CSHARP),
        #[cfg(feature = "ruby")]
        Language::Ruby => once!(optional::RUBY),
        #[cfg(feature = "php")]
        Language::Php => once!(optional::PHP),
        #[cfg(feature = "sql")]
        Language::Sql => once!(optional::SQL),
        #[cfg(feature = "html")]
        Language::Html => once!(optional::HTML),
        #[cfg(feature = "css")]
        Language::Css => once!(optional::CSS),
        #[cfg(feature = "yaml")]
        Language::Yaml => once!(optional::YAML),
    }
}

/// The source of a node.
pub(crate) fn text_of<'s>(node: Node<'_>, source: &'s str) -> &'s str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// A symbol whose name and body are fields of the node.
fn named(node: Node<'_>, kind: SymbolKind, exported: bool) -> Vec<Found<'_>> {
    match node.child_by_field_name("name") {
        Some(name) => vec![Found::Symbol { kind, name, body: node.child_by_field_name("body"), exported }],
        None => Vec::new(),
    }
}

/// The first named child of one of these kinds.
fn child<'t>(node: Node<'t>, kinds: &[&str]) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| kinds.contains(&child.kind()))
}
