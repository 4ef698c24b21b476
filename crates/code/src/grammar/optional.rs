//! Languages that are cargo features of their own.

#[cfg(any(
    feature = "csharp",
    feature = "ruby",
    feature = "php",
    feature = "sql",
    feature = "html",
    feature = "css",
    feature = "yaml"
))]
use {
    super::{Context, Found, Rules, child, named, text_of},
    crate::SymbolKind,
    tree_sitter::Node,
};

#[cfg(feature = "csharp")]
pub(super) const CSHARP: Rules = Rules {
    attributes: &["attribute_list"],
    imports: &["using_directive"],
    definitions: &[
        "namespace_declaration",
        "file_scoped_namespace_declaration",
        "class_declaration",
        "struct_declaration",
        "record_declaration",
        "interface_declaration",
        "enum_declaration",
        "enum_member_declaration",
        "method_declaration",
        "constructor_declaration",
        "property_declaration",
        "field_declaration",
        "delegate_declaration",
    ],
    define: |node, source, _| {
        let mut cursor = node.walk();
        let open = node.named_children(&mut cursor).any(|child| child.kind() == "modifier" && text_of(child, source) == "public");
        let kind = match node.kind() {
            "namespace_declaration" | "file_scoped_namespace_declaration" => SymbolKind::Module,
            "class_declaration" => SymbolKind::Class,
            "struct_declaration" | "record_declaration" => SymbolKind::Struct,
            "interface_declaration" => SymbolKind::Interface,
            "enum_declaration" => SymbolKind::Enum,
            "enum_member_declaration" => SymbolKind::Variant,
            "property_declaration" => SymbolKind::Field,
            "field_declaration" => return csharp_fields(node, open),
            "delegate_declaration" => SymbolKind::Type,
            _ => SymbolKind::Method,
        };
        named(node, kind, open || kind == SymbolKind::Module)
    },
    import: |node, source, add| add(text_of(node, source).trim_start_matches("using ").trim_end_matches(';')),
    ..Rules::of(|| tree_sitter_c_sharp::LANGUAGE.into())
};

/// `int a, b = 2;`
#[cfg(feature = "csharp")]
fn csharp_fields(node: Node<'_>, exported: bool) -> Vec<Found<'_>> {
    let Some(declaration) = child(node, &["variable_declaration"]) else { return Vec::new() };
    let mut cursor = declaration.walk();
    let declarators = declaration.named_children(&mut cursor).filter(|child| child.kind() == "variable_declarator");
    let names = declarators.filter_map(|one| one.child_by_field_name("name").or_else(|| child(one, &["identifier"])));
    names.map(|name| Found::Symbol { kind: SymbolKind::Field, name, body: None, exported }).collect()
}

#[cfg(feature = "ruby")]
pub(super) const RUBY: Rules = Rules {
    identifiers: &["identifier", "constant"],
    imports: &["call"],
    definitions: &["class", "module", "method", "singleton_method", "assignment"],
    define: |node, _, context| match node.kind() {
        "class" => named(node, SymbolKind::Class, true),
        "module" => named(node, SymbolKind::Module, true),
        "assignment" if !context.local => {
            let name = node.child_by_field_name("left").filter(|left| left.kind() == "constant");
            name.map(|name| Found::Symbol { kind: SymbolKind::Constant, name, body: None, exported: true }).into_iter().collect()
        }
        "method" | "singleton_method" => named(node, SymbolKind::Function, true),
        _ => Vec::new(),
    },
    import: |node, source, add| {
        let called = node.child_by_field_name("method").map(|method| text_of(method, source));
        let file = node.child_by_field_name("arguments").and_then(|arguments| child(arguments, &["string"]));
        if let (Some("require" | "require_relative" | "load"), Some(file)) = (called, file) {
            add(text_of(file, source).trim_matches(['"', '\'']));
        }
    },
    ..Rules::of(|| tree_sitter_ruby::LANGUAGE.into())
};

#[cfg(feature = "php")]
pub(super) const PHP: Rules = Rules {
    identifiers: &["name"],
    attributes: &["attribute_list"],
    imports: &["namespace_use_declaration"],
    definitions: &[
        "namespace_definition",
        "class_declaration",
        "interface_declaration",
        "trait_declaration",
        "enum_declaration",
        "function_definition",
        "method_declaration",
        "enum_case",
        "property_element",
        "const_element",
    ],
    define: |node, _, _| match node.kind() {
        "namespace_definition" => named(node, SymbolKind::Module, true),
        "class_declaration" => named(node, SymbolKind::Class, true),
        "interface_declaration" => named(node, SymbolKind::Interface, true),
        "trait_declaration" => named(node, SymbolKind::Trait, true),
        "enum_declaration" => named(node, SymbolKind::Enum, true),
        "function_definition" => named(node, SymbolKind::Function, true),
        "method_declaration" => named(node, SymbolKind::Method, true),
        "enum_case" => named(node, SymbolKind::Variant, true),
        "property_element" => {
            let name = child(node, &["variable_name"]).and_then(|variable| child(variable, &["name"]));
            name.map(|name| Found::Symbol { kind: SymbolKind::Field, name, body: None, exported: true }).into_iter().collect()
        }
        _ => {
            let name = child(node, &["name"]);
            name.map(|name| Found::Symbol { kind: SymbolKind::Constant, name, body: None, exported: true }).into_iter().collect()
        }
    },
    import: |node, source, add| add(text_of(node, source).trim_start_matches("use ").trim_end_matches(';')),
    ..Rules::of(|| tree_sitter_php::LANGUAGE_PHP.into())
};

#[cfg(feature = "sql")]
pub(super) const SQL: Rules = Rules {
    comments: &["comment", "marginalia"],
    definitions: &[
        "create_table",
        "create_view",
        "create_materialized_view",
        "create_function",
        "create_index",
        "create_type",
        "create_trigger",
    ],
    define: |node, _, _| {
        let kind = if node.kind() == "create_function" { SymbolKind::Function } else { SymbolKind::Element };
        // An index names its table too, behind its own name.
        let own = (node.kind() == "create_index").then(|| child(node, &["identifier"])).flatten();
        let name = own.or_else(|| child(node, &["object_reference"])).or_else(|| child(node, &["identifier"]));
        name.map(|name| Found::Symbol { kind, name, body: child(node, &["column_definitions", "function_body"]), exported: true })
            .into_iter()
            .collect()
    },
    ..Rules::of(|| tree_sitter_sequel::LANGUAGE.into())
};

/// Outlines of documents end at this depth.
#[cfg(any(feature = "html", feature = "yaml"))]
const DEPTH: usize = 2;

/// Elements that have an id.
#[cfg(feature = "html")]
pub(super) const HTML: Rules = Rules {
    identifiers: &[],
    definitions: &["element", "script_element", "style_element"],
    define: |node, source, context| {
        let Some(tag) = child(node, &["start_tag", "self_closing_tag"]) else { return Vec::new() };
        let mut cursor = tag.walk();
        let id = tag.named_children(&mut cursor).filter(|child| child.kind() == "attribute").find_map(|attribute| {
            let name = attribute.named_child(0).filter(|name| text_of(*name, source) == "id")?;
            name.next_named_sibling()
        });
        let headline = child(tag, &["tag_name"])
            .filter(|name| matches!(text_of(*name, source), "head" | "body" | "main" | "script" | "style"));
        let name = id.or(headline.filter(|_| context.depth <= DEPTH));
        name.map(|name| Found::Symbol { kind: SymbolKind::Element, name, body: tag.next_named_sibling(), exported: true })
            .into_iter()
            .collect()
    },
    ..Rules::of(|| tree_sitter_html::LANGUAGE.into())
};

#[cfg(feature = "css")]
pub(super) const CSS: Rules = Rules {
    identifiers: &["class_name", "id_name"],
    imports: &["import_statement"],
    definitions: &["rule_set", "keyframes_statement"],
    define: |node, _: &str, _: Context| -> Vec<Found<'_>> {
        let Some(name) = child(node, &["selectors", "keyframes_name"]) else { return Vec::new() };
        vec![Found::Symbol {
            kind: SymbolKind::Element,
            name,
            body: child(node, &["block", "keyframe_block_list"]),
            exported: true,
        }]
    },
    import: |node, source, add| {
        add(text_of(node, source).trim_start_matches("@import").trim().trim_end_matches(';').trim_matches(['"', '\'']));
    },
    ..Rules::of(|| tree_sitter_css::LANGUAGE.into())
};

#[cfg(feature = "yaml")]
pub(super) const YAML: Rules = Rules {
    identifiers: &[],
    definitions: &["block_mapping_pair"],
    define: |node, _, context| {
        let (name, body) = (node.child_by_field_name("key"), node.child_by_field_name("value"));
        let body = body.filter(|value| value.kind() == "block_node");
        name.filter(|_| context.depth < DEPTH)
            .map(|name| Found::Symbol { kind: SymbolKind::Key, name, body, exported: true })
            .into_iter()
            .collect()
    },
    ..Rules::of(|| tree_sitter_yaml::LANGUAGE.into())
};
