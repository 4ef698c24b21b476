//! How large things are.

use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, Item, ItemFn, ItemTrait, TraitItem, TraitItemFn, Visibility};

/// Lines of a file without what only tests build.
pub(crate) const FILE: usize = 400;
/// Lines from `fn` to its closing brace.
pub(crate) const FUNCTION: usize = 60;
/// The same, of the function `handle` of an operation.
pub(crate) const HANDLER: usize = 25;
/// Methods of a trait in `service.rs`.
pub(crate) const FACADE: usize = 10;

/// One measured thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Relative to the workspace.
    pub(crate) path: String,
    /// The function or trait; none for the file itself.
    pub(crate) item: Option<String>,
    pub(crate) found: usize,
    pub(crate) limit: usize,
    pub(crate) unit: &'static str,
}

/// Measures a source file.
pub(crate) fn measure(path: &str, source: &str) -> Result<Vec<Size>, syn::Error> {
    let file = syn::parse_file(source)?;
    let mut meter = Meter { path, sizes: Vec::new(), test_lines: 0 };
    meter.visit_file(&file);
    let lines = source.lines().count() - meter.test_lines;
    let mut sizes = meter.sizes;
    sizes.push(Size { path: path.to_owned(), item: None, found: lines, limit: FILE, unit: "lines" });
    Ok(sizes)
}

struct Meter<'a> {
    path: &'a str,
    sizes: Vec<Size>,
    test_lines: usize,
}

impl Meter<'_> {
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = block.brace_token.span.close().end().line;
        let name = signature.ident.to_string();
        let is_handler = name == "handle" && self.path.contains("/src/http/");
        let limit = if is_handler { HANDLER } else { FUNCTION };
        self.push(name, last - first + 1, limit, "lines");
    }

    fn push(&mut self, item: String, found: usize, limit: usize, unit: &'static str) {
        self.sizes.push(Size { path: self.path.to_owned(), item: Some(item), found, limit, unit });
    }
}

impl<'ast> Visit<'ast> for Meter<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = attributes_of(item);
        if attributes.iter().any(is_test_only) {
            let first = attributes.iter().map(|attribute| attribute.pound_token.span.start().line).min().unwrap_or(1);
            let last = syn::spanned::Spanned::span(item).end().line;
            self.test_lines += (last + 1).saturating_sub(first);
            return;
        }
        visit::visit_item(self, item);
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(block) = &function.default {
            self.function(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        if self.path.ends_with("/src/service.rs") && matches!(item.vis, Visibility::Public(_)) {
            let methods = item.items.iter().filter(|item| matches!(item, TraitItem::Fn(_))).count();
            self.push(item.ident.to_string(), methods, FACADE, "methods");
        }
        visit::visit_item_trait(self, item);
    }
}

fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, and `#[cfg(all(test, ..))]`.
fn is_test_only(attribute: &Attribute) -> bool {
    if !attribute.path().is_ident("cfg") {
        return false;
    }
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let condition: String = list.tokens.to_string().split_whitespace().collect();
    condition == "test" || condition.starts_with("all(test,")
}

#[cfg(test)]
mod planted {
    use super::*;

    fn of(path: &str, source: &str, item: Option<&str>) -> Size {
        let sizes = measure(path, source).unwrap();
        sizes.into_iter().find(|size| size.item.as_deref() == item).unwrap()
    }

    fn function(name: &str, lines: usize) -> String {
        format!("/// Says what it does.\n#[inline]\nasync fn {name}() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_is_as_long_as_from_its_name_to_its_brace() {
        let source = format!("impl Thing {{\n{}}}\n{}", function("inner", 61), function("outer", 12));
        assert_eq!(of("crates/a/src/lib.rs", &source, Some("inner")).found, 61);
        let outer = of("crates/a/src/lib.rs", &source, Some("outer"));
        assert_eq!((outer.found, outer.limit), (12, FUNCTION));
        let default = "trait A {\n    fn with_default(&self) {\n        step();\n    }\n}\n";
        assert_eq!(of("crates/a/src/lib.rs", default, Some("with_default")).found, 3);
    }

    #[test]
    fn a_handler_has_less_room_where_handlers_live() {
        let source = function("handle", 26);
        assert_eq!(of("crates/a/src/http/get.rs", &source, Some("handle")).limit, HANDLER);
        assert_eq!(of("crates/a/src/feed.rs", &source, Some("handle")).limit, FUNCTION);
    }

    #[test]
    fn what_only_tests_build_does_not_count() {
        let kept = "fn kept() {}\n".repeat(3);
        let tests = format!("#[cfg(test)]\n/// Checks.\nmod tests {{\n{}}}\n", function("long", 100));
        let source = format!("{kept}{tests}#[cfg(all(test, unix))]\nuse std::fs;\n");
        let file = of("crates/a/src/lib.rs", &source, None);
        assert_eq!((file.found, file.limit), (3, FILE));
        assert!(measure("crates/a/src/lib.rs", &source).unwrap().iter().all(|size| size.item.as_deref() != Some("long")));
        let not_a_test = format!("{kept}#[cfg(feature = \"testing\")]\nmod testing {{\n}}\n");
        assert_eq!(of("crates/a/src/lib.rs", &not_a_test, None).found, 6);
    }

    #[test]
    fn a_facade_is_measured_by_its_methods() {
        let methods = "    fn step(&self);\n".repeat(11);
        let source = format!("pub trait Everything {{\n    const A: u8;\n{methods}}}\ntrait Hidden {{\n{methods}}}\n");
        let facade = of("crates/a/src/service.rs", &source, Some("Everything"));
        assert_eq!((facade.found, facade.limit, facade.unit), (11, FACADE, "methods"));
        let named = |path: &str| measure(path, &source).unwrap().into_iter().filter(|size| size.item.is_some()).count();
        assert_eq!((named("crates/a/src/service.rs"), named("crates/a/src/ports.rs")), (1, 0));
    }
}
