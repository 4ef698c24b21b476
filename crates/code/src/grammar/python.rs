use tree_sitter::Node;

use super::{Add, Context, Found, Rules, named, text_of};
use crate::SymbolKind;

pub(super) const RULES: Rules = Rules {
    attributes: &["decorator"],
    imports: &["import_statement", "import_from_statement", "future_import_statement"],
    definitions: &["function_definition", "class_definition", "assignment", "type_alias_statement"],
    define,
    import,
    outer,
    inner_doc,
    ..Rules::of(|| tree_sitter_python::LANGUAGE.into())
};

fn is_open(name: &str) -> bool {
    !name.starts_with('_') || (name.starts_with("__") && name.ends_with("__"))
}

fn define<'t>(node: Node<'t>, source: &str, context: Context) -> Vec<Found<'t>> {
    let own = |field: &str| node.child_by_field_name(field).is_some_and(|name| is_open(text_of(name, source)));
    let open = |field: &str| context.exported && !context.local && own(field);
    match node.kind() {
        "function_definition" => named(node, SymbolKind::Function, open("name")),
        "class_definition" => named(node, SymbolKind::Class, open("name")),
        "type_alias_statement" => {
            // The grammar takes `type(x).y = z` for an alias too.
            let is_name = |name: &Node<'_>| !text_of(*name, source).contains(['.', '(']);
            let name = node.child_by_field_name("left").filter(is_name);
            name.map(|name| Found::Symbol { kind: SymbolKind::Type, name, body: None, exported: open("left") })
                .into_iter()
                .collect()
        }
        "assignment" if !context.local => assigned(node, source, context, open("left")),
        _ => Vec::new(),
    }
}

/// A name of a module or a class that gets a value; those in capitals are constants (PEP 8).
fn assigned<'t>(node: Node<'t>, source: &str, context: Context, exported: bool) -> Vec<Found<'t>> {
    let at_statement = node.parent().is_some_and(|parent| parent.kind() == "expression_statement");
    // Within `if`, `for` and `try` a name is set as it happens; what a module has stands at its top.
    let block =
        node.parent().and_then(|parent| parent.parent()).map(|block| (block.kind(), block.parent().map(|above| above.kind())));
    let direct = matches!(block, Some(("module", _) | ("block", Some("class_definition"))));
    let Some(name) = node.child_by_field_name("left").filter(|left| left.kind() == "identifier" && at_statement && direct) else {
        return Vec::new();
    };
    let text = text_of(name, source);
    let capital = text.chars().any(|c| c.is_ascii_uppercase()) && !text.chars().any(|c| c.is_ascii_lowercase());
    let kind = match context.kind {
        Some(SymbolKind::Class) if !capital => SymbolKind::Field,
        _ if capital => SymbolKind::Constant,
        _ => SymbolKind::Variable,
    };
    vec![Found::Symbol { kind, name, body: None, exported }]
}

/// With its decorators.
fn outer(node: Node<'_>) -> Node<'_> {
    node.parent().filter(|parent| parent.kind() == "decorated_definition").unwrap_or(node)
}

fn inner_doc(_: Node<'_>, body: Option<Node<'_>>, source: &str) -> Option<String> {
    let first = body?.named_child(0).filter(|first| first.kind() == "expression_statement")?;
    let text = first.named_child(0).filter(|text| text.kind() == "string")?;
    let text = text_of(text, source).trim_start_matches(['r', 'R', 'u', 'U']);
    Some(text.trim_matches(['"', '\'']).to_owned())
}

fn import(node: Node<'_>, source: &str, add: &mut Add<'_>) {
    if node.kind() == "future_import_statement" {
        return add("__future__");
    }
    if let Some(module) = node.child_by_field_name("module_name") {
        return add(text_of(module, source));
    }
    let mut cursor = node.walk();
    for name in node.children_by_field_name("name", &mut cursor) {
        let name = name.child_by_field_name("name").unwrap_or(name);
        add(text_of(name, source));
    }
}
