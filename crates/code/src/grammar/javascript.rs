use tree_sitter::Node;

use super::{Add, Context, Found, Rules, child, named, text_of};
use crate::SymbolKind;

pub(super) const JAVASCRIPT: Rules = Rules {
    identifiers: &["identifier", "property_identifier", "shorthand_property_identifier", "type_identifier"],
    attributes: &["decorator"],
    imports: &["import_statement", "export_statement", "call_expression"],
    definitions: &[
        "function_declaration",
        "generator_function_declaration",
        "class_declaration",
        "method_definition",
        "field_definition",
        "variable_declarator",
        "assignment_expression",
        "abstract_class_declaration",
        "function_signature",
        "interface_declaration",
        "type_alias_declaration",
        "enum_declaration",
        "enum_assignment",
        "enum_body",
        "internal_module",
        "module",
        "method_signature",
        "abstract_method_signature",
        "property_signature",
        "public_field_definition",
    ],
    define,
    import,
    reexport,
    outer,
    ..Rules::of(|| tree_sitter_javascript::LANGUAGE.into())
};

pub(super) const TYPESCRIPT: Rules = Rules { load: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), ..JAVASCRIPT };
pub(super) const TSX: Rules = Rules { load: || tree_sitter_typescript::LANGUAGE_TSX.into(), ..JAVASCRIPT };

fn is_exported(node: Node<'_>) -> bool {
    let direct = |node: Node<'_>| node.parent().is_some_and(|parent| parent.kind() == "export_statement");
    direct(node) || node.parent().is_some_and(|parent| parent.kind() != "program" && direct(parent))
}

fn define<'t>(node: Node<'t>, source: &str, context: Context) -> Vec<Found<'t>> {
    let member = context.exported && !node.child_by_field_name("name").is_some_and(|name| text_of(name, source).starts_with('#'));
    match node.kind() {
        "function_declaration" | "generator_function_declaration" | "function_signature" => {
            named(node, SymbolKind::Function, is_exported(node))
        }
        "class_declaration" | "abstract_class_declaration" => named(node, SymbolKind::Class, is_exported(node)),
        "interface_declaration" => named(node, SymbolKind::Interface, is_exported(node)),
        "type_alias_declaration" => named(node, SymbolKind::Type, is_exported(node)),
        "enum_declaration" => named(node, SymbolKind::Enum, is_exported(node)),
        "internal_module" | "module" => named(node, SymbolKind::Module, is_exported(node)),
        "method_definition" | "method_signature" | "abstract_method_signature" if has_class(node) => {
            named(node, SymbolKind::Method, member)
        }
        "property_signature" | "public_field_definition" if has_class(node) => named(node, SymbolKind::Field, member),
        "field_definition" => {
            let name = node.child_by_field_name("property");
            let exported = context.exported && name.is_some_and(|name| !text_of(name, source).starts_with('#'));
            name.map(|name| Found::Symbol { kind: SymbolKind::Field, name, body: None, exported }).into_iter().collect()
        }
        "enum_assignment" => named(node, SymbolKind::Variant, context.exported),
        "enum_body" => {
            let mut cursor = node.walk();
            let names = node.children_by_field_name("name", &mut cursor);
            names.map(|name| Found::Symbol { kind: SymbolKind::Variant, name, body: None, exported: context.exported }).collect()
        }
        "variable_declarator" if !context.local => variable(node),
        "assignment_expression" if context.top => handed_out(node, source),
        _ => Vec::new(),
    }
}

/// In a class or an interface, and not in an object or a type that is written where it is used.
fn has_class(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| {
        matches!(parent.kind(), "class_body" | "interface_body" | "object_type")
            && parent.parent().is_some_and(|above| above.kind().ends_with("_declaration") || above.kind() == "class")
    })
}

/// A name at the top of a module; what holds a function is one.
fn variable(node: Node<'_>) -> Vec<Found<'_>> {
    let Some(declaration) =
        node.parent().filter(|parent| matches!(parent.kind(), "lexical_declaration" | "variable_declaration"))
    else {
        return Vec::new();
    };
    let at_top = declaration.parent().is_some_and(|above| match above.kind() {
        "program" | "export_statement" | "ambient_declaration" => true,
        // The block of a namespace, and not of a function without a name.
        "statement_block" => above.parent().is_some_and(|of| matches!(of.kind(), "internal_module" | "module")),
        _ => false,
    });
    let Some(name) = node.child_by_field_name("name").filter(|name| name.kind() == "identifier" && at_top) else {
        return Vec::new();
    };
    let value = node.child_by_field_name("value");
    let (kind, body) = match value.map(|value| (value.kind(), value)) {
        Some(("arrow_function" | "function_expression" | "generator_function", value)) => {
            (SymbolKind::Function, value.child_by_field_name("body"))
        }
        Some(("class", value)) => (SymbolKind::Class, value.child_by_field_name("body")),
        _ if declaration.child_by_field_name("kind").is_some_and(|kind| kind.kind() == "const") => (SymbolKind::Constant, None),
        _ => (SymbolKind::Variable, None),
    };
    vec![Found::Symbol { kind, name, body, exported: is_exported(node) || is_exported(declaration) }]
}

/// A function or class that a CommonJS module hands out: `exports.name = function ..`, `module.exports = class Name ..`.
fn handed_out<'t>(node: Node<'t>, source: &str) -> Vec<Found<'t>> {
    let at_top = node.parent().and_then(|statement| statement.parent()).is_some_and(|above| above.kind() == "program");
    let sides = node.child_by_field_name("left").zip(node.child_by_field_name("right"));
    let Some((left, right)) = sides.filter(|(left, _)| at_top && left.kind() == "member_expression") else { return Vec::new() };
    let kind = match right.kind() {
        "arrow_function" | "function_expression" | "generator_function" => SymbolKind::Function,
        "class" => SymbolKind::Class,
        _ => return Vec::new(),
    };
    let name = match text_of(left, source) {
        "module.exports" => right.child_by_field_name("name"),
        path if path.starts_with("exports.") || path.starts_with("module.exports.") => left.child_by_field_name("property"),
        _ => None,
    };
    let body = right.child_by_field_name("body");
    name.map(|name| Found::Symbol { kind, name, body, exported: true }).into_iter().collect()
}

/// The statement as it is written, with `export` and `const`.
fn outer(node: Node<'_>) -> Node<'_> {
    let declaration = match node.kind() {
        "variable_declarator" => node.parent().filter(|parent| parent.named_child_count() == 1).unwrap_or(node),
        "assignment_expression" => node.parent().unwrap_or(node),
        _ => node,
    };
    declaration.parent().filter(|parent| parent.kind() == "export_statement").unwrap_or(declaration)
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\'', '`'])
}

fn import(node: Node<'_>, source: &str, add: &mut Add<'_>) {
    if node.kind() == "call_expression" {
        let called = node.child_by_field_name("function").map(|function| text_of(function, source));
        let argument = node.child_by_field_name("arguments").and_then(|arguments| child(arguments, &["string"]));
        if let (Some("require" | "import"), Some(argument)) = (called, argument) {
            add(unquoted(text_of(argument, source)));
        }
    } else if let Some(from) = node.child_by_field_name("source") {
        add(unquoted(text_of(from, source)));
    }
}

fn reexport(node: Node<'_>, source: &str, add: &mut Add<'_>) {
    let Some(clause) = child(node, &["export_clause"]).filter(|_| node.kind() == "export_statement") else { return };
    let mut cursor = clause.walk();
    for specifier in clause.named_children(&mut cursor) {
        if let Some(name) = specifier.child_by_field_name("alias").or_else(|| specifier.child_by_field_name("name")) {
            add(unquoted(text_of(name, source)));
        }
    }
}
