use tree_sitter::Node;

use super::{Context, Found, Rules};
use crate::SymbolKind;

/// The outline of a document has its keys down to this depth.
const DEPTH: usize = 2;

pub(super) const RULES: Rules =
    Rules { identifiers: &[], definitions: &["pair"], define, ..Rules::of(|| tree_sitter_json::LANGUAGE.into()) };

fn define<'t>(node: Node<'t>, _: &str, context: Context) -> Vec<Found<'t>> {
    if context.depth >= DEPTH {
        return Vec::new();
    }
    let (name, body) = (node.child_by_field_name("key"), node.child_by_field_name("value"));
    let body = body.filter(|value| matches!(value.kind(), "object" | "array"));
    name.map(|name| Found::Symbol { kind: SymbolKind::Key, name, body, exported: true }).into_iter().collect()
}
