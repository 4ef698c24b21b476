//! Where the symbols of this crate and the tags of Universal Ctags differ over trees of sources: names that only one of them finds in a file,
//! counted by language, the first of their kinds, and why. Prints a table (`docs/ctags.md` is one), and examples of each row to the
//! error stream. `cargo bench -p brickwork-code --bench disagreements -- FOLDER..`

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a measurement prints what it finds")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use code::{Language, Limits, extract};
use serde_json::Value;

/// Names of one file with the kinds that they have there.
type Names = BTreeMap<String, BTreeSet<String>>;

fn sources(root: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.to_str().is_some_and(|name| Language::of_name(name).is_some()) && path.metadata().unwrap().len() < 1 << 20
        {
            found.push(path);
        }
    }
}

fn theirs(files: &[PathBuf]) -> BTreeMap<String, Names> {
    let mut child = Command::new("ctags")
        .args(["--output-format=json", "-f", "-", "-L", "-", "--sort=no", "--fields=+K"])
        .args(["--languages=Rust,Python,JavaScript,TypeScript,Go,Java,C,JSON,Sh", "--map-C=+.h", "--map-JavaScript=+.jsx"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let list: String = files.iter().filter_map(|path| path.to_str()).flat_map(|path| [path, "\n"]).collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(list.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let mut found: BTreeMap<String, Names> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(tag) = serde_json::from_str::<Value>(line) else { continue };
        let text = |member: &str| tag.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        found.entry(text("path")).or_default().entry(text("name")).or_default().insert(text("kind"));
    }
    found
}

fn ours(path: &Path) -> Option<(Language, Names)> {
    let text = std::fs::read_to_string(path).ok()?;
    let (language, _) = Language::detect(path.to_str(), &text)?;
    let found = extract(language, &text, Limits::default()).ok()?;
    let mut names = Names::new();
    for symbol in found.symbols {
        names.entry(symbol.name).or_default().insert(symbol.kind.as_str().to_owned());
    }
    Some((language, names))
}

fn main() {
    let mut files = Vec::new();
    for folder in std::env::args().skip(1).filter(|word| !word.starts_with("--")) {
        sources(Path::new(&folder), &mut files);
    }
    let tags = theirs(&files);
    let (none, mut rows, mut both) = (Names::new(), BTreeMap::<_, (usize, Vec<String>)>::new(), BTreeMap::<_, usize>::new());
    for path in &files {
        let Some((language, ours)) = ours(path) else { continue };
        let theirs = tags.get(path.to_str().unwrap()).unwrap_or(&none);
        *both.entry(language.as_str()).or_default() += ours.keys().filter(|name| theirs.contains_key(*name)).count();
        for (side, one, other) in [("ours", &ours, theirs), ("ctags", theirs, &ours)] {
            for (name, kinds) in one.iter().filter(|(name, _)| !other.contains_key(*name)) {
                let kind = kinds.first().cloned().unwrap_or_default();
                let why = reason(language.as_str(), side, &kind, (path.to_str().unwrap(), name));
                let (count, examples) = rows.entry((language.as_str(), side, kind, why)).or_default();
                *count += 1;
                if examples.len() < 3 {
                    examples.push(format!("{}: {name}", path.display()));
                }
            }
        }
    }
    println!(
        "{} files; names in both: {both:?}\n\n| language | only in | kind | names | why |\n|---|---|---|---|---|",
        files.len()
    );
    for ((language, side, kind, why), (count, examples)) in &rows {
        println!("| {language} | {side} | {kind} | {count} | {} |", why.unwrap_or("**not classified**"));
        eprintln!("{language} {side} {kind} {}: {examples:?}", why.unwrap_or("?"));
    }
}

/// Why one of them has a name that the other has not; none: nobody has looked at such a case.
fn reason(language: &str, side: &str, kind: &str, (path, name): (&str, &str)) -> Option<&'static str> {
    let generated = ["__anon", "AnonymousFunction", "AnonymousClass", "anonFunc", "anonymousFunction"];
    if side == "ctags" && generated.iter().any(|made| name.starts_with(made)) {
        return Some("ctags invents names for what has none");
    }
    let endings: &[&str] = match language {
        "python" => &[".pyi", ".pyw"],
        "javascript" => &[".cjs", ".mjs"],
        "typescript" => &[".cts", ".mts"],
        "tsx" => &[".tsx"],
        "json" => &[".jsonc", ".geojson", ".webmanifest"],
        _ => &[],
    };
    if side == "ours" && endings.iter().any(|ending| path.ends_with(ending)) {
        return Some("ctags does not read files of this ending");
    }
    Some(match (language, side, kind) {
        ("bash", "ctags", _) => "a here-document's mark, or an assignment that it takes for a function",
        ("bash", "ours", "variable") => "ctags has no variables of shells",
        ("c", "ctags", "macro") => "guards of headers, macros within functions, and headers of C++",
        ("c", "ctags", _) | ("c", "ours", "field" | "function" | "method" | "variable")
            if Path::new(path).extension().is_some_and(|ending| ending == "h") =>
        {
            "headers of C++, which the grammar of C reads with errors, and headers whose macros stand for syntax"
        }
        ("c", "ctags", "variable" | "function" | "typedef" | "struct" | "enum" | "member" | "enumerator" | "union") => {
            "a macro in front of it that hides the form, or a name within a function, which is not kept"
        }
        ("c", "ours", _) => "ctags loses its place behind conditional lines and macros that stand for syntax",
        ("javascript", "ctags", "property") => "members of objects without a name, which are not kept",
        ("javascript", "ctags", "constant" | "variable" | "function" | "class" | "method" | "generator") => {
            "names within functions, functions that are assigned to members, private names without their #"
        }
        ("javascript", "ctags", "field" | "getter" | "setter") => "private names without their #, or fields of `this`",
        ("javascript", "ours", _) if name.starts_with('#') => "ctags leaves out the # of private names",
        ("javascript", "ours", _) => "ctags gives up on long bundles, `async` methods and lists of declarations",
        ("json", "ctags", _) => "keys below the depth that is kept, or in lists",
        ("json", "ours", _) => "keys with escapes or blanks, which ctags writes otherwise",
        ("python", "ctags", "namespace" | "unknown") => "names of imports, which are imports here",
        ("python", "ctags", _) => "names set within `if`, `for`, `with` and `try`, several at once, or lambdas",
        ("python", "ours", _) => "annotated fields without a value, and what follows a string that ctags misreads",
        ("rust", "ctags", "implementation") => "blocks of `impl` are where methods lie here, and no symbols",
        ("rust", "ctags", _) => {
            "within bodies of macros and raw strings, names with r#, and types in `extern` blocks with a visibility, which the grammar refuses"
        }
        ("rust", "ours", "constant" | "variable") => "ctags has no constants, and no statics in macros",
        ("rust", "ours", _) => "ctags loses its place behind lifetimes, raw strings, attributes and generic defaults",
        ("go" | "java" | "typescript" | "tsx", _, _) => "looked at one by one; see the examples",
        _ => return None,
    })
}
