use crate::{Extract, Language, Limits, Lines, Symbol, SymbolKind, extract};

/// The longest section that is given whole, in characters.
const LONGEST: usize = 6000;

/// A part of a source file around a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosing {
    /// What it is.
    pub kind: SymbolKind,
    /// Its name.
    pub name: String,
    /// What it lies in, outermost first, itself last.
    pub breadcrumb: Vec<String>,
    /// Its lines.
    pub lines: Lines,
    /// Its source, cut after 6,000 characters.
    pub text: String,
}

/// The innermost function, class or other part around each line (from 1). All are none where the language is not known or the file can't be
/// read in time.
pub fn enclosing(path: &str, text: &str, lines: &[u64]) -> Vec<Option<Enclosing>> {
    let Some((language, _)) = Language::detect(Some(path), text) else { return vec![None; lines.len()] };
    let Ok(found) = extract(language, text, Limits { references: 0, ..Limits::default() }) else {
        return vec![None; lines.len()];
    };
    lines.iter().map(|line| u32::try_from(*line).ok().and_then(|line| around(&found, text, line))).collect()
}

fn around(found: &Extract, text: &str, line: u32) -> Option<Enclosing> {
    let is_part = |symbol: &&Symbol| !matches!(symbol.kind, SymbolKind::Field | SymbolKind::Variant | SymbolKind::Variable);
    let has = |symbol: &&Symbol| (symbol.lines.start..=symbol.lines.end).contains(&line);
    let inner = found.symbols.iter().filter(has).filter(is_part).min_by_key(|symbol| symbol.lines.end - symbol.lines.start)?;
    let source = text.get(inner.bytes.0 as usize..inner.bytes.1 as usize).unwrap_or_default();
    let mut breadcrumb = inner.container.clone();
    breadcrumb.push(inner.name.clone());
    let source = source.chars().take(LONGEST).collect();
    Some(Enclosing { kind: inner.kind, name: inner.name.clone(), breadcrumb, lines: inner.lines, text: source })
}
