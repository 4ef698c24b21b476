use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree, TreeCursor};

use crate::grammar::{Context, Found, Grammar, Role, can_scan, grammar};
use crate::{Extract, Import, Language, Lines, Reference, Symbol, SymbolKind};

/// Limits of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long parsing and reading may take together.
    pub time: Duration,
    /// The most symbols.
    pub symbols: usize,
    /// The most references.
    pub references: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_millis(1500), symbols: 20_000, references: 200_000 }
    }
}

/// Why a file has no extract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractFault {
    /// The time was up before it was parsed.
    #[error("parsing took too long")]
    TooSlow,
    /// Over 4 GiB.
    #[error("the file is too large")]
    TooLarge,
    /// It has U+0000, which no source has and on which Bash's grammar takes seconds.
    #[error("the file is not text")]
    NotText,
    /// Brackets that are opened and not closed make recovery from errors slow beyond all measure, and some scanners can't hold what nests.
    #[error("it nests too deep")]
    TooDeep,
    /// The parser does not take the grammar; a bug.
    #[error("the grammar does not fit the parser")]
    Grammar,
}

/// How many nodes are looked at between two looks at the clock.
const STRIDE: usize = 4096;
/// The most `<` that may be open. The parser looks at the clock every hundred steps, and after an error a step takes as long as its stack
/// is deep: 25,000 of them took Java's grammar 15 seconds between two looks.
const ANGLES: usize = 500;
/// The longest signature, in characters.
const SIGNATURE: usize = 300;
/// The longest comment, in bytes.
const DOC: usize = 2000;

/// Reads a source file: parses it within a time, and walks over the tree once. Source that is not valid gives what can be told.
pub fn extract(language: Language, text: &str, limits: Limits) -> Result<Extract, ExtractFault> {
    if u32::try_from(text.len()).is_err() {
        return Err(ExtractFault::TooLarge);
    }
    if text.contains('\0') {
        return Err(ExtractFault::NotText);
    }
    if open_angles(text) > ANGLES || !can_scan(language, text) {
        return Err(ExtractFault::TooDeep);
    }
    let until = Instant::now() + limits.time;
    let grammar = grammar(language);
    let tree = parse(grammar, text, until)?;
    let mut walk = Walk {
        grammar,
        text,
        limits,
        out: Extract {
            language,
            symbols: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            names: Vec::new(),
            references: Vec::new(),
            errors: 0,
            truncated: false,
            lines: u32::try_from(text.lines().count()).unwrap_or(u32::MAX),
        },
        known: HashMap::new(),
        scopes: Vec::new(),
        comment: None,
        names_of_symbols: Vec::new(),
    };
    walk.run(tree.walk(), until);
    let mut out = walk.out;
    let own =
        out.symbols.iter().filter(|symbol| symbol.exported && symbol.container.is_empty()).map(|symbol| symbol.name.clone());
    out.exports.extend(own);
    let mut seen = std::collections::HashSet::new();
    out.exports.retain(|name| seen.insert(name.clone()));
    sort_names(&mut out);
    Ok(out)
}

/// Puts the names in their order, so that one is found quickly among many files.
fn sort_names(out: &mut Extract) {
    let mut order: Vec<(String, u32)> = std::mem::take(&mut out.names).into_iter().zip(0_u32..).collect();
    order.sort_unstable();
    let mut places = vec![0_u32; order.len()];
    for (place, (_, before)) in (0_u32..).zip(&order) {
        if let Some(slot) = places.get_mut(*before as usize) {
            *slot = place;
        }
    }
    for reference in &mut out.references {
        reference.name = places.get(reference.name as usize).copied().unwrap_or_default();
    }
    out.names = order.into_iter().map(|(name, _)| name).collect();
}

/// How many `<` are open at the same time at most; a statement's end closes all of them.
fn open_angles(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        open = match byte {
            b'<' => open + 1,
            b'>' => open.saturating_sub(1),
            b';' | b'{' | b'}' => 0,
            _ => open,
        };
        most = most.max(open);
    }
    most
}

fn parse(grammar: &Grammar, text: &str, until: Instant) -> Result<Tree, ExtractFault> {
    let mut parser = Parser::new();
    parser.set_language(&grammar.language).map_err(|_version| ExtractFault::Grammar)?;
    let mut in_time = |_: &ParseState| if Instant::now() >= until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut in_time);
    let bytes = text.as_bytes();
    let parsed = parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
    parsed.ok_or(ExtractFault::TooSlow)
}

/// Something that is being walked through.
struct Scope {
    /// The depth of its node.
    depth: u32,
    /// What the symbols in it are told to lie in.
    name: String,
    kind: Option<SymbolKind>,
    exported: bool,
}

/// Comments that follow each other line by line.
struct Block {
    from: usize,
    to: usize,
    /// The line after it, or after the attributes that follow it.
    next_row: usize,
}

struct Walk<'w> {
    grammar: &'w Grammar,
    text: &'w str,
    limits: Limits,
    out: Extract,
    known: HashMap<&'w str, u32>,
    scopes: Vec<Scope>,
    comment: Option<Block>,
    /// Where the names of symbols stand, which are no references.
    names_of_symbols: Vec<usize>,
}

impl Walk<'_> {
    fn run(&mut self, mut cursor: TreeCursor<'_>, until: Instant) {
        // Counted here: the cursor counts its whole stack each time it is asked.
        let (mut visited, mut depth) = (0_usize, 0_u32);
        loop {
            visited += 1;
            if visited.is_multiple_of(STRIDE) && Instant::now() >= until {
                self.out.truncated = true;
                return;
            }
            self.visit(cursor.node(), depth);
            if cursor.goto_first_child() {
                depth += 1;
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                depth = depth.saturating_sub(1);
            }
            // A sibling begins where a scope of the same depth, or a deeper one, has ended.
            while self.scopes.last().is_some_and(|scope| scope.depth >= depth) {
                self.scopes.pop();
            }
        }
    }

    fn visit(&mut self, node: Node<'_>, depth: u32) {
        if node.is_error() || node.is_missing() {
            self.out.errors = self.out.errors.saturating_add(1);
        }
        match self.grammar.role(node.kind_id()) {
            Role::None => {}
            Role::Identifier => self.refer(node),
            Role::Comment => self.remark(node),
            Role::Attribute => self.attribute(node),
            Role::Import => self.import(node),
            Role::Definition => self.define(node, depth),
        }
    }

    fn refer(&mut self, node: Node<'_>) {
        if self.out.references.len() >= self.limits.references {
            self.out.truncated = true;
            return;
        }
        if self.names_of_symbols.iter().rev().any(|start| *start == node.start_byte()) {
            return;
        }
        let Some(name) = self.text.get(node.byte_range()).filter(|name| name.len() > 1 && name.len() <= 100) else { return };
        let fresh = u32::try_from(self.out.names.len()).unwrap_or(u32::MAX);
        let index = *self.known.entry(name).or_insert(fresh);
        if index == fresh {
            self.out.names.push(name.to_owned());
        }
        self.out.references.push(Reference { name: index, line: row(node.start_position().row) });
    }

    /// Takes in a comment, with those right above it.
    fn remark(&mut self, node: Node<'_>) {
        let (start, end) = (node.start_byte(), node.end_byte());
        let line_start = self.text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        if !self.text.get(line_start..start).is_some_and(|before| before.trim().is_empty()) {
            // It stands behind code and is about that.
            return;
        }
        // Line comments of some grammars end with the line's end.
        let end_position = node.end_position();
        let last = if end_position.column == 0 { end_position.row.saturating_sub(1) } else { end_position.row };
        let follows = self.comment.as_ref().is_some_and(|block| block.next_row == node.start_position().row);
        match &mut self.comment {
            Some(block) if follows => {
                block.to = end;
                block.next_row = last + 1;
            }
            _ => self.comment = Some(Block { from: start, to: end, next_row: last + 1 }),
        }
    }

    /// An attribute or decorator between a comment and what it is about does not part them.
    fn attribute(&mut self, node: Node<'_>) {
        if let Some(block) = &mut self.comment
            && block.next_row == node.start_position().row
        {
            block.next_row = node.end_position().row + 1;
        }
    }

    fn import(&mut self, node: Node<'_>) {
        let line = row(node.start_position().row);
        let mut add = |module: &str| {
            let module: String = module.split_whitespace().collect::<Vec<_>>().join(" ");
            if !module.is_empty() && module.len() <= 1000 {
                self.out.imports.push(Import { module, line });
            }
        };
        (self.grammar.import)(node, self.text, &mut add);
        (self.grammar.reexport)(node, self.text, &mut |name| self.out.exports.push(name.to_owned()));
    }

    fn define(&mut self, node: Node<'_>, depth: u32) {
        let within = self.scopes.last();
        let context = Context {
            kind: within.and_then(|scope| scope.kind),
            local: self.scopes.iter().any(|scope| scope.kind.is_some_and(SymbolKind::has_locals)),
            top: self.scopes.is_empty(),
            exported: within.is_none_or(|scope| scope.exported),
            depth: self.scopes.len(),
        };
        for found in (self.grammar.define)(node, self.text, context) {
            match found {
                Found::Scope(name) => {
                    let exported = context.exported;
                    self.scopes.push(Scope { depth, name, kind: Some(SymbolKind::Struct), exported });
                }
                Found::Symbol { kind, name, body, exported } => self.symbol(node, depth, (kind, name, body), exported),
            }
        }
    }

    fn symbol(
        &mut self,
        node: Node<'_>,
        depth: u32,
        (kind, name, body): (SymbolKind, Node<'_>, Option<Node<'_>>),
        exported: bool,
    ) {
        let Some(text) = self.text.get(name.byte_range()) else { return };
        // A name of several lines, such as a list of selectors, is one line.
        let text = text.trim_matches(['"', '\'', '`']).split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() || text.len() > 300 {
            return;
        }
        if self.out.symbols.len() >= self.limits.symbols {
            self.out.truncated = true;
            return;
        }
        let methods = self.scopes.last().and_then(|scope| scope.kind).is_some_and(SymbolKind::has_methods);
        let kind = if kind == SymbolKind::Function && methods { SymbolKind::Method } else { kind };
        let outer = (self.grammar.outer)(node);
        let range = (u32::try_from(outer.start_byte()).unwrap_or(u32::MAX), u32::try_from(outer.end_byte()).unwrap_or(u32::MAX));
        let doc = self.doc(node, outer, body);
        self.names_of_symbols.push(name.start_byte());
        // Only the nearest can still come; a long list would be searched for every name.
        let old = self.names_of_symbols.len().saturating_sub(16);
        self.names_of_symbols.drain(..old);
        let end = outer.end_position();
        let last = if end.column == 0 && end.row > outer.start_position().row { end.row - 1 } else { end.row };
        let mut container: Vec<String> = self.scopes.iter().map(|scope| scope.name.clone()).collect();
        container.truncate(16);
        self.out.symbols.push(Symbol {
            name: text.clone(),
            kind,
            signature: self.signature(outer, body),
            doc,
            lines: Lines { start: row(outer.start_position().row), end: row(last) },
            container,
            exported,
            bytes: range,
        });
        if body.is_some() || kind.has_methods() || kind == SymbolKind::Module || kind == SymbolKind::Key {
            self.scopes.push(Scope { depth, name: text, kind: Some(kind), exported });
        }
    }

    fn signature(&self, node: Node<'_>, body: Option<Node<'_>>) -> String {
        let end = body.map_or(node.end_byte(), |body| body.start_byte());
        let source = self.text.get(node.start_byte()..end).unwrap_or_default();
        let head = source.get(..source.floor_char_boundary(2000)).unwrap_or(source);
        let mut line = String::new();
        for word in head.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            if line.len() > SIGNATURE * 4 {
                break;
            }
        }
        let cut: String = line.chars().take(SIGNATURE).collect();
        cut.trim_end_matches(['{', ';', ',', ' ']).trim_end_matches(" =").trim_end_matches(':').trim_end().to_owned()
    }

    fn doc(&mut self, node: Node<'_>, outer: Node<'_>, body: Option<Node<'_>>) -> Option<String> {
        if let Some(text) = (self.grammar.inner_doc)(node, body, self.text) {
            return cleaned(&text);
        }
        let (row, inner) = (outer.start_position().row, node.start_position().row);
        let block = self.comment.take_if(|block| block.next_row == row || block.next_row == inner)?;
        let text = self.text.get(block.from..block.to)?;
        (self.grammar.is_doc)(text).then(|| cleaned(text)).flatten()
    }
}

/// A comment without its marks.
fn cleaned(text: &str) -> Option<String> {
    let text = text.get(..text.floor_char_boundary(DOC)).unwrap_or(text);
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut line = line.trim();
        for mark in ["/**", "/*!", "/*", "///", "//!", "//", "\"\"\"", "'''", "--", "<!--"] {
            if let Some(rest) = line.strip_prefix(mark) {
                line = rest;
                break;
            }
        }
        for mark in ["*/", "\"\"\"", "'''", "-->"] {
            line = line.strip_suffix(mark).unwrap_or(line);
        }
        let line = line.trim().trim_start_matches("* ").trim_start_matches("# ").trim_matches(|c| c == '*' || c == '#');
        lines.push(line.trim().to_owned());
    }
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Rows are counted from 0, lines from 1.
fn row(row: usize) -> u32 {
    u32::try_from(row + 1).unwrap_or(u32::MAX)
}
