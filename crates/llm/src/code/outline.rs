use std::fmt::Write as _;

use super::guess_language;

/// The most entries of one list.
const LISTED: usize = 100;

struct Entry {
    name: String,
    from: usize,
    to: usize,
}

/// What a piece of code holds, told from its lines: language, imports, types, functions with their lines, how deep it nests, what is marked
/// as to be done. Nothing of it is a judgement, and nothing is made up.
pub fn outline(code: &str, language: Option<&str>) -> String {
    let lines: Vec<&str> = code.lines().collect();
    let language = language.or_else(|| guess_language(code));
    let mut imports: Vec<(usize, &str)> = Vec::new();
    let (mut types, mut functions) = (Vec::new(), Vec::new());
    let mut marks: Vec<(usize, &str)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let text = line.trim();
        if is_import(text) {
            imports.push((index + 1, text));
        }
        let entry = |name: String| Entry { name, from: index + 1, to: end_of(&lines, index) };
        if let Some(name) = named(text, &["struct ", "enum ", "class ", "interface ", "trait ", "type ", "record ", "protocol "])
        {
            types.push(entry(name));
        } else if let Some(name) = named(text, &["fn ", "def ", "func ", "function ", "fun ", "sub "]) {
            functions.push(entry(name));
        }
        if ["TODO", "FIXME", "XXX", "HACK"].iter().any(|mark| text.contains(mark)) {
            marks.push((index + 1, text));
        }
    }
    let mut out = String::new();
    let filled = lines.iter().filter(|line| !line.trim().is_empty()).count();
    let _ = writeln!(
        out,
        "Language: {}. Lines: {} ({filled} not empty). Deepest nesting: {}.",
        language.unwrap_or("unknown"),
        lines.len(),
        nesting(code)
    );
    list(&mut out, "Imports", imports.iter().map(|(line, text)| format!("line {line}: {text}")));
    list(&mut out, "Types", types.iter().map(described));
    list(&mut out, "Functions", functions.iter().map(described));
    list(&mut out, "Marked as to be done", marks.iter().map(|(line, text)| format!("line {line}: {text}")));
    out.trim_end().to_owned()
}

fn described(entry: &Entry) -> String {
    format!("{}, lines {} to {}", entry.name, entry.from, entry.to)
}

fn list(out: &mut String, title: &str, entries: impl ExactSizeIterator<Item = String>) {
    let count = entries.len();
    if count == 0 {
        return;
    }
    let _ = writeln!(out, "{title} ({count}):");
    for entry in entries.take(LISTED) {
        let _ = writeln!(out, "- {entry}");
    }
}

fn is_import(line: &str) -> bool {
    let openings = ["use ", "import ", "from ", "#include", "using ", "require ", "require(", "package ", "extern crate "];
    let assigned = line.contains("= require(");
    (openings.iter().any(|opening| line.starts_with(opening)) && !line.ends_with('{')) || assigned
}

/// The name after a keyword that begins a line, with the words that may stand before it.
fn named(line: &str, keywords: &[&str]) -> Option<String> {
    let modifiers = [
        "pub(crate) ",
        "pub ",
        "public ",
        "private ",
        "protected ",
        "internal ",
        "export ",
        "default ",
        "static ",
        "abstract ",
        "final ",
        "async ",
        "const ",
        "unsafe ",
        "open ",
        "data ",
        "sealed ",
        "override ",
    ];
    let mut rest = line;
    while let Some(shorter) = modifiers.iter().find_map(|modifier| rest.strip_prefix(modifier)) {
        rest = shorter;
    }
    let rest = keywords.iter().find_map(|keyword| rest.strip_prefix(keyword))?;
    let name: String = rest.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// The last line of what begins here: where its brackets close, or, without brackets, before the next line that is indented as little.
fn end_of(lines: &[&str], start: usize) -> usize {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let first = lines.get(start).copied().unwrap_or_default();
    let (mut depth, mut opened) = (0_i32, false);
    for (index, line) in lines.iter().enumerate().skip(start) {
        for letter in line.chars() {
            match letter {
                '{' => {
                    depth += 1;
                    opened = true;
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        if opened && depth <= 0 {
            return index + 1;
        }
        if !opened && line.trim_end().ends_with(';') {
            return index + 1;
        }
        if !opened && first.trim_end().ends_with(':') {
            break;
        }
    }
    if opened {
        return lines.len();
    }
    let body = lines.iter().enumerate().skip(start + 1);
    let inside = body.take_while(|(_, line)| line.trim().is_empty() || indent(line) > indent(first));
    inside.filter(|(_, line)| !line.trim().is_empty()).last().map_or(start + 1, |(index, _)| index + 1)
}

fn nesting(code: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for letter in code.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > 0 {
        return deepest;
    }
    // Without brackets, indentation tells: by the smallest step that occurs.
    let indents: Vec<usize> =
        code.lines().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len()).collect();
    let step = indents.iter().copied().filter(|indent| *indent > 0).min().unwrap_or(1);
    indents.into_iter().max().unwrap_or(0) / step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_names_what_is_there_with_its_lines() {
        let code = "use std::fmt;\n\npub struct Wall {\n    bricks: u32,\n}\n\nimpl Wall {\n    // TODO: mortar\n    pub fn grow(&mut self) {\n        self.bricks += 1;\n    }\n}\n";
        let text = outline(code, None);
        for part in [
            "Language: rust",
            "line 1: use std::fmt;",
            "Wall, lines 3 to 5",
            "grow, lines 9 to 11",
            "line 8: // TODO",
            "nesting: 2",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let text = outline("import os\n\nclass A:\n    def f(self):\n        return 1\n\nx = 2\n", None);
        for part in ["Language: python", "A, lines 3 to 5", "f, lines 4 to 5", "nesting: 2"] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_an_outline(code in "[a-z{}:;\n (]{0,300}") {
            let text = outline(&code, None);
            proptest::prop_assert!(text.starts_with("Language: "));
        }
    }
}
