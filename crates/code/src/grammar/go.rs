use tree_sitter::Node;

use super::{Add, Context, Found, Rules, named, text_of};
use crate::SymbolKind;

pub(super) const RULES: Rules = Rules {
    identifiers: &["identifier", "type_identifier", "field_identifier", "package_identifier"],
    imports: &["import_spec"],
    definitions: &[
        "function_declaration",
        "method_declaration",
        "method_elem",
        "type_spec",
        "type_alias",
        "const_spec",
        "var_spec",
        "field_declaration",
    ],
    define,
    import,
    outer,
    ..Rules::of(|| tree_sitter_go::LANGUAGE.into())
};

/// A name is open when it begins with a capital (specification, "Exported identifiers").
fn is_open(name: Node<'_>, source: &str) -> bool {
    text_of(name, source).chars().next().is_some_and(char::is_uppercase)
}

fn define<'t>(node: Node<'t>, source: &str, context: Context) -> Vec<Found<'t>> {
    let open = node.child_by_field_name("name").is_some_and(|name| is_open(name, source));
    match node.kind() {
        "function_declaration" => named(node, SymbolKind::Function, open),
        "method_elem" => named(node, SymbolKind::Method, open && context.exported),
        "method_declaration" => {
            let receiver = node.child_by_field_name("receiver").map(|receiver| type_name(text_of(receiver, source)));
            let mut found: Vec<Found<'t>> = receiver.map(Found::Scope).into_iter().collect();
            found.extend(named(node, SymbolKind::Method, open));
            found
        }
        "type_alias" => named(node, SymbolKind::Type, open),
        "type_spec" => {
            let of = node.child_by_field_name("type");
            let kind = match of.map(|of| of.kind()) {
                Some("struct_type") => SymbolKind::Struct,
                Some("interface_type") => SymbolKind::Interface,
                _ => SymbolKind::Type,
            };
            let body = of
                .filter(|_| kind != SymbolKind::Type)
                .and_then(|of| super::child(of, &["field_declaration_list", "method_elem"]));
            let name = node.child_by_field_name("name");
            name.map(|name| Found::Symbol { kind, name, body, exported: open }).into_iter().collect()
        }
        "const_spec" if !context.local => each_name(node, SymbolKind::Constant, source, true),
        "var_spec" if !context.local => each_name(node, SymbolKind::Variable, source, true),
        "field_declaration" if context.kind == Some(SymbolKind::Struct) => {
            each_name(node, SymbolKind::Field, source, context.exported)
        }
        _ => Vec::new(),
    }
}

/// `(s *Stack[T])` is about `Stack`.
fn type_name(receiver: &str) -> String {
    let inner = receiver.trim_matches(['(', ')', ' ']);
    let of = inner.split_whitespace().last().unwrap_or(inner);
    let of = inner.split_once(' ').map_or(of, |(_, of)| of.trim());
    of.trim_start_matches('*').split('[').next().unwrap_or(of).trim().to_owned()
}

fn each_name<'t>(node: Node<'t>, kind: SymbolKind, source: &str, outside: bool) -> Vec<Found<'t>> {
    let mut cursor = node.walk();
    let names: Vec<Node<'t>> = node.children_by_field_name("name", &mut cursor).filter(Node::is_named).collect();
    let symbol = |name: Node<'t>| Found::Symbol { kind, name, body: None, exported: outside && is_open(name, source) };
    names.into_iter().filter(|name| text_of(*name, source) != "_").map(symbol).collect()
}

/// `type`, `const` and `var` stand before the specification.
fn outer(node: Node<'_>) -> Node<'_> {
    let single = |parent: &Node<'_>| {
        matches!(parent.kind(), "type_declaration" | "const_declaration" | "var_declaration") && parent.named_child_count() == 1
    };
    node.parent().filter(single).unwrap_or(node)
}

fn import(node: Node<'_>, source: &str, add: &mut Add<'_>) {
    if let Some(path) = node.child_by_field_name("path") {
        add(text_of(path, source).trim_matches(['"', '`']));
    }
}
