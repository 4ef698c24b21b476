use tree_sitter::Node;

use super::{Add, Context, Found, Rules, child, text_of};
use crate::SymbolKind;

pub(super) const C: Rules = Rules {
    identifiers: &["identifier", "type_identifier", "field_identifier"],
    imports: &["preproc_include"],
    definitions: &[
        "function_definition",
        "declaration",
        "type_definition",
        "struct_specifier",
        "union_specifier",
        "enum_specifier",
        "enumerator",
        "field_declaration",
        "preproc_def",
        "preproc_function_def",
        "class_specifier",
        "namespace_definition",
        "alias_declaration",
        "concept_definition",
    ],
    define,
    import,
    ..Rules::of(|| tree_sitter_c::LANGUAGE.into())
};

#[cfg(feature = "cpp")]
pub(super) const CPP: Rules = Rules {
    identifiers: &["identifier", "type_identifier", "field_identifier", "namespace_identifier"],
    load: || tree_sitter_cpp::LANGUAGE.into(),
    ..C
};

fn is_static(node: Node<'_>, source: &str) -> bool {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).any(|child| child.kind() == "storage_class_specifier" && text_of(child, source) == "static")
}

fn define<'t>(node: Node<'t>, source: &str, context: Context) -> Vec<Found<'t>> {
    let one = |kind, name: Option<Node<'t>>, body, exported| -> Vec<Found<'t>> {
        name.map(|name| Found::Symbol { kind, name, body, exported }).into_iter().collect()
    };
    let (name, body) = (node.child_by_field_name("name"), node.child_by_field_name("body"));
    match node.kind() {
        "function_definition" => {
            let name = node.child_by_field_name("declarator").and_then(declared);
            one(SymbolKind::Function, name.map(|(name, _)| name), body, !is_static(node, source))
        }
        "declaration" if !context.local => declarations(node, source),
        "type_definition" => {
            let name = node.child_by_field_name("declarator").and_then(declared);
            one(SymbolKind::Type, name.map(|(name, _)| name), None, true)
        }
        "struct_specifier" | "union_specifier" if body.is_some() => one(SymbolKind::Struct, name, body, true),
        "class_specifier" if body.is_some() => one(SymbolKind::Class, name, body, true),
        "enum_specifier" if body.is_some() => one(SymbolKind::Enum, name, body, true),
        "namespace_definition" => one(SymbolKind::Module, name, body, true),
        "alias_declaration" | "concept_definition" => one(SymbolKind::Type, name, None, true),
        "enumerator" => one(SymbolKind::Variant, name, None, true),
        "field_declaration" => {
            let mut cursor = node.walk();
            let names = node.children_by_field_name("declarator", &mut cursor).filter_map(declared).collect::<Vec<_>>();
            let kind = |function: bool| if function { SymbolKind::Method } else { SymbolKind::Field };
            names
                .into_iter()
                .map(|(name, function)| Found::Symbol { kind: kind(function), name, body: None, exported: true })
                .collect()
        }
        // A macro without a value guards its header.
        "preproc_def" if node.child_by_field_name("value").is_some() => {
            one(SymbolKind::Macro, name, node.child_by_field_name("value"), true)
        }
        "preproc_function_def" => one(SymbolKind::Macro, name, node.child_by_field_name("value"), true),
        _ => Vec::new(),
    }
}

/// Functions that are declared, and variables of the file.
fn declarations<'t>(node: Node<'t>, source: &str) -> Vec<Found<'t>> {
    let top = |parent: Node<'_>| {
        matches!(
            parent.kind(),
            "translation_unit"
                | "preproc_ifdef"
                | "preproc_if"
                | "preproc_else"
                | "preproc_elif"
                | "linkage_specification"
                | "declaration_list"
        )
    };
    if !node.parent().is_some_and(top) {
        return Vec::new();
    }
    let exported = !is_static(node, source);
    let mut cursor = node.walk();
    let names: Vec<(Node<'t>, bool)> = node.children_by_field_name("declarator", &mut cursor).filter_map(declared).collect();
    let kind = |function: bool| if function { SymbolKind::Function } else { SymbolKind::Variable };
    names.into_iter().map(|(name, function)| Found::Symbol { kind: kind(function), name, body: None, exported }).collect()
}

/// The name within pointers, arrays and parameters; true when it is a function's.
fn declared(declarator: Node<'_>) -> Option<(Node<'_>, bool)> {
    let (mut at, mut function) = (declarator, false);
    for _ in 0..32 {
        match at.kind() {
            "identifier" | "field_identifier" | "type_identifier" | "primitive_type" | "operator_name" | "destructor_name" => {
                return Some((at, function));
            }
            "qualified_identifier" | "template_function" => at = at.child_by_field_name("name")?,
            "function_declarator" => {
                function = true;
                at = at.child_by_field_name("declarator")?;
            }
            // A pointer in parentheses is a variable that holds a function.
            "parenthesized_declarator" => {
                let inner = at.named_child(0)?;
                function = function && inner.kind() != "pointer_declarator";
                at = inner;
            }
            _ => {
                at = at
                    .child_by_field_name("declarator")
                    .or_else(|| child(at, &["identifier", "function_declarator", "pointer_declarator"]))?;
            }
        }
    }
    None
}

fn import(node: Node<'_>, source: &str, add: &mut Add<'_>) {
    if let Some(path) = node.child_by_field_name("path") {
        add(text_of(path, source).trim_matches(['"', '<', '>']));
    }
}
