use tree_sitter::Node;

use super::{Add, Context, Found, Rules, named, text_of};
use crate::SymbolKind;

pub(super) const RULES: Rules = Rules {
    identifiers: &["variable_name", "command_name"],
    imports: &["command"],
    definitions: &["function_definition", "variable_assignment"],
    define,
    import,
    ..Rules::of(|| tree_sitter_bash::LANGUAGE.into())
};

fn define<'t>(node: Node<'t>, source: &str, context: Context) -> Vec<Found<'t>> {
    if node.kind() == "function_definition" {
        return named(node, SymbolKind::Function, true);
    }
    // A variable of the script; those before a command are the command's.
    let parent = node.parent().map(|parent| parent.kind());
    let of_script = matches!(parent, Some("program" | "declaration_command" | "list")) && !context.local && context.top;
    let Some(name) = node.child_by_field_name("name").filter(|name| of_script && name.kind() == "variable_name") else {
        return Vec::new();
    };
    let declared = node.parent().map(|parent| text_of(parent, source)).unwrap_or_default();
    let constant = declared.starts_with("readonly") || declared.starts_with("declare -r");
    let kind = if constant { SymbolKind::Constant } else { SymbolKind::Variable };
    vec![Found::Symbol { kind, name, body: None, exported: declared.starts_with("export") }]
}

fn import(node: Node<'_>, source: &str, add: &mut Add<'_>) {
    let called = node.child_by_field_name("name").map(|name| text_of(name, source));
    if let (Some("source" | "."), Some(file)) = (called, node.child_by_field_name("argument")) {
        add(text_of(file, source).trim_matches(['"', '\'']));
    }
}
