use tree_sitter::Node;

use super::{Add, Context, Found, Rules, child, named, text_of};
use crate::SymbolKind;

pub(super) const RULES: Rules = Rules {
    identifiers: &["identifier", "type_identifier", "field_identifier", "shorthand_field_identifier"],
    comments: &["line_comment", "block_comment"],
    attributes: &["attribute_item"],
    imports: &["use_declaration", "extern_crate_declaration"],
    definitions: &[
        "function_item",
        "function_signature_item",
        "struct_item",
        "union_item",
        "enum_item",
        "enum_variant",
        "trait_item",
        "impl_item",
        "mod_item",
        "type_item",
        "associated_type",
        "const_item",
        "static_item",
        "macro_definition",
        "field_declaration",
    ],
    define,
    import,
    reexport,
    is_doc: |text| text.starts_with("///") || text.starts_with("/**"),
    ..Rules::of(|| tree_sitter_rust::LANGUAGE.into())
};

fn define<'t>(node: Node<'t>, source: &str, context: Context) -> Vec<Found<'t>> {
    let visible = child(node, &["visibility_modifier"]).is_some_and(|modifier| text_of(modifier, source).starts_with("pub"));
    // What a trait has is as open as the trait, and so are the values of an enumeration.
    let inherits = matches!(context.kind, Some(SymbolKind::Trait | SymbolKind::Enum));
    let exported = if inherits { context.exported } else { visible };
    let kind = match node.kind() {
        "function_item" | "function_signature_item" => SymbolKind::Function,
        "struct_item" | "union_item" => SymbolKind::Struct,
        "enum_item" => SymbolKind::Enum,
        "enum_variant" => SymbolKind::Variant,
        "trait_item" => SymbolKind::Trait,
        "mod_item" => SymbolKind::Module,
        "type_item" | "associated_type" => SymbolKind::Type,
        "const_item" if !context.local => SymbolKind::Constant,
        "static_item" if !context.local => SymbolKind::Variable,
        "macro_definition" => return macro_of(node),
        "field_declaration" => SymbolKind::Field,
        "impl_item" => {
            let of = node.child_by_field_name("type").map(|of| text_of(of, source)).unwrap_or_default();
            let name = of.split(['<', ' ', '\n']).next().unwrap_or(of).rsplit("::").next().unwrap_or(of);
            return vec![Found::Scope(name.to_owned())];
        }
        _ => return Vec::new(),
    };
    named(node, kind, exported)
}

fn macro_of(node: Node<'_>) -> Vec<Found<'_>> {
    let rule = child(node, &["macro_rule"]);
    let name = node.child_by_field_name("name");
    name.map(|name| Found::Symbol { kind: SymbolKind::Macro, name, body: rule, exported: false }).into_iter().collect()
}

fn import(node: Node<'_>, source: &str, add: &mut Add<'_>) {
    let field = if node.kind() == "use_declaration" { "argument" } else { "name" };
    if let Some(argument) = node.child_by_field_name(field) {
        add(text_of(argument, source));
    }
}

fn reexport(node: Node<'_>, source: &str, add: &mut Add<'_>) {
    let open = child(node, &["visibility_modifier"]).is_some_and(|modifier| text_of(modifier, source) == "pub");
    let Some(argument) = node.child_by_field_name("argument").filter(|_| open) else { return };
    let mut waiting = vec![argument];
    while let Some(node) = waiting.pop() {
        match node.kind() {
            "use_as_clause" => waiting.extend(node.child_by_field_name("alias")),
            "scoped_identifier" => waiting.extend(node.child_by_field_name("name")),
            "scoped_use_list" => waiting.extend(node.child_by_field_name("list")),
            "use_list" => {
                let mut cursor = node.walk();
                waiting.extend(node.named_children(&mut cursor));
            }
            "identifier" => add(text_of(node, source)),
            _ => {}
        }
    }
}
