use tree_sitter::Node;

use super::{Add, Context, Found, Rules, child, named, text_of};
use crate::SymbolKind;

pub(super) const RULES: Rules = Rules {
    identifiers: &["identifier", "type_identifier"],
    comments: &["line_comment", "block_comment"],
    imports: &["import_declaration"],
    definitions: &[
        "class_declaration",
        "interface_declaration",
        "annotation_type_declaration",
        "enum_declaration",
        "record_declaration",
        "enum_constant",
        "method_declaration",
        "constructor_declaration",
        "compact_constructor_declaration",
        "field_declaration",
        "constant_declaration",
        "annotation_type_element_declaration",
    ],
    define,
    import,
    ..Rules::of(|| tree_sitter_java::LANGUAGE.into())
};

fn define<'t>(node: Node<'t>, source: &str, context: Context) -> Vec<Found<'t>> {
    let modifiers = child(node, &["modifiers"]).map(|modifiers| text_of(modifiers, source)).unwrap_or_default();
    let has = |word: &str| modifiers.split_whitespace().any(|modifier| modifier == word);
    // Members of an interface are public where nothing else is said (JLS 9.4), and so are an enumeration's constants.
    let open = has("public") || (context.exported && context.kind == Some(SymbolKind::Interface) && !has("private"));
    match node.kind() {
        "class_declaration" => named(node, SymbolKind::Class, open),
        "interface_declaration" | "annotation_type_declaration" => named(node, SymbolKind::Interface, open),
        "enum_declaration" => named(node, SymbolKind::Enum, open),
        "record_declaration" => named(node, SymbolKind::Struct, open),
        "enum_constant" => named(node, SymbolKind::Variant, context.exported),
        "method_declaration"
        | "constructor_declaration"
        | "compact_constructor_declaration"
        | "annotation_type_element_declaration" => named(node, SymbolKind::Method, open),
        "field_declaration" | "constant_declaration" => {
            let constant = node.kind() == "constant_declaration" || (has("static") && has("final"));
            let kind = if constant { SymbolKind::Constant } else { SymbolKind::Field };
            let mut cursor = node.walk();
            let declarators = node.children_by_field_name("declarator", &mut cursor);
            let names: Vec<Node<'t>> = declarators.filter_map(|declarator| declarator.child_by_field_name("name")).collect();
            names.into_iter().map(|name| Found::Symbol { kind, name, body: None, exported: open }).collect()
        }
        _ => Vec::new(),
    }
}

fn import(node: Node<'_>, source: &str, add: &mut Add<'_>) {
    let text = text_of(node, source).trim_start_matches("import").trim().trim_start_matches("static ");
    add(text.trim().trim_end_matches(';'));
}
