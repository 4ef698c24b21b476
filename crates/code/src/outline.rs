//! What can be said of source without a model: its structure, in sentences.

use std::fmt::Write as _;

use crate::map::Citation;
use crate::{Extract, Lines, Symbol, SymbolKind, sha256_of_lines};

/// A text about source, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The text.
    pub text: String,
    /// The places it speaks of.
    pub citations: Vec<Citation>,
}

/// The most symbols that an account names.
const NAMED: usize = 30;

fn plural(count: usize, one: &str) -> String {
    match (count, one.strip_suffix('s'), one.strip_suffix('y')) {
        (1, ..) => format!("1 {one}"),
        (_, Some(_), _) => format!("{count} {one}es"),
        (_, _, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {one}s"),
    }
}

/// How many of each kind.
fn counts(symbols: &[Symbol]) -> String {
    const KINDS: [SymbolKind; 12] = [
        SymbolKind::Module,
        SymbolKind::Trait,
        SymbolKind::Interface,
        SymbolKind::Class,
        SymbolKind::Struct,
        SymbolKind::Enum,
        SymbolKind::Type,
        SymbolKind::Function,
        SymbolKind::Method,
        SymbolKind::Macro,
        SymbolKind::Constant,
        SymbolKind::Key,
    ];
    let count = |kind: SymbolKind| symbols.iter().filter(|symbol| symbol.kind == kind).count();
    let parts: Vec<String> = KINDS
        .into_iter()
        .map(|kind| (kind, count(kind)))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| plural(count, kind.as_str()))
        .collect();
    match parts.split_last() {
        None => "nothing with a name".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn cite(path: Option<&str>, source: &str, lines: Lines) -> Citation {
    Citation { path: path.map(str::to_owned), lines, sha256: sha256_of_lines(source, lines) }
}

/// Notes that people left for themselves.
fn notes(source: &str) -> Vec<(u32, &str)> {
    let marked = |line: &str| ["TODO", "FIXME", "HACK", "XXX"].iter().any(|mark| line.contains(mark));
    (1..).zip(source.lines()).filter(|(_, line)| marked(line)).take(10).collect()
}

/// A rough measure of how much is decided in some lines: places where the flow may part.
fn branches(source: &str, lines: Lines) -> usize {
    const WORDS: [&str; 10] = ["if", "for", "while", "match", "case", "catch", "except", "elif", "&&", "||"];
    let from = lines.start.saturating_sub(1) as usize;
    let within = source.lines().skip(from).take((lines.end - lines.start + 1) as usize);
    within
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "(){};:".contains(c)))
        .filter(|word| WORDS.contains(word))
        .count()
}

/// A summary of a source file from its structure.
pub fn summarise(path: Option<&str>, source: &str, extract: &Extract) -> Account {
    let name = path.unwrap_or("This source");
    let mut text =
        format!("{name} is {} of {}, with {}.", plural(extract.lines as usize, "line"), title(extract), counts(&extract.symbols));
    if !extract.imports.is_empty() {
        let modules: Vec<&str> = extract.imports.iter().map(|import| import.module.as_str()).take(8).collect();
        let more = extract.imports.len().saturating_sub(modules.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _written = write!(text, " It uses {}{more}.", modules.join(", "));
    }
    let mut citations = Vec::new();
    let important = || extract.symbols.iter().filter(|symbol| symbol.container.is_empty() && symbol.kind != SymbolKind::Variable);
    let shown: Vec<&Symbol> = if important().any(|symbol| symbol.exported) {
        important().filter(|symbol| symbol.exported).take(NAMED).collect()
    } else {
        important().take(NAMED).collect()
    };
    for symbol in shown {
        let _written = write!(text, "\n- `{}` (lines {})", symbol.signature, symbol.lines);
        if let Some(first) = symbol.doc.as_deref().and_then(|doc| doc.lines().next()) {
            let _written = write!(text, ": {first}");
        }
        citations.push(cite(path, source, symbol.lines));
    }
    for (line, note) in notes(source) {
        let note: String = note.trim().chars().take(120).collect();
        let _written = write!(text, "\n- Line {line} is marked: {note}");
        citations.push(cite(path, source, Lines { start: line, end: line }));
    }
    if extract.errors > 0 {
        let _written = write!(text, "\n{} could not be read as {}.", plural(extract.errors as usize, "place"), title(extract));
    }
    Account { text, citations }
}

/// An explanation of a source file from its structure: each part in turn.
pub fn explain(path: Option<&str>, source: &str, extract: &Extract) -> Account {
    let Account { mut text, mut citations } = summarise(path, source, extract);
    text.push_str("\n\nPart by part:");
    for symbol in
        extract.symbols.iter().filter(|symbol| !matches!(symbol.kind, SymbolKind::Field | SymbolKind::Variant)).take(NAMED * 2)
    {
        let place = symbol.container.last().map(|within| format!(" of {within}")).unwrap_or_default();
        let _written = write!(text, "\n- Lines {}: the {} `{}`{place}", symbol.lines, symbol.kind.as_str(), symbol.name);
        let uses = uses(extract, symbol);
        if !uses.is_empty() {
            let _written = write!(text, ", which uses {}", uses.join(", "));
        }
        let branches = branches(source, symbol.lines);
        if branches > 3 && matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) {
            let _written = write!(text, "; its flow parts in {branches} places");
        }
        text.push('.');
        citations.push(cite(path, source, symbol.lines));
    }
    citations.sort_by_key(|citation| citation.lines);
    citations.dedup();
    Account { text, citations }
}

/// What a symbol uses of the same file.
fn uses(extract: &Extract, symbol: &Symbol) -> Vec<String> {
    let within = extract.references.iter().filter(|reference| (symbol.lines.start..=symbol.lines.end).contains(&reference.line));
    let mut names: Vec<&str> =
        within.filter_map(|reference| extract.names.get(reference.name as usize)).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let own = |name: &&str| {
        extract.symbols.iter().any(|other| other.name == **name && other.name != symbol.name && other.kind != SymbolKind::Field)
    };
    names.into_iter().filter(own).take(6).map(|name| format!("`{name}`")).collect()
}

fn title(extract: &Extract) -> &'static str {
    extract.language.as_str()
}
