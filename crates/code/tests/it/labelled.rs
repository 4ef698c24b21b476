use std::collections::BTreeMap;
use std::path::Path;

use code::{Language, Limits, extract};

/// `kind line name`, as often as it is there.
type Bag = BTreeMap<String, usize>;

fn bag<'a>(lines: impl Iterator<Item = &'a str>) -> Bag {
    let mut bag = Bag::new();
    lines.filter(|line| !line.is_empty()).for_each(|line| *bag.entry(line.to_owned()).or_default() += 1);
    bag
}

fn minus(left: &Bag, right: &Bag) -> Vec<String> {
    let missing = |(line, count): (&String, &usize)| (*count > right.get(line).copied().unwrap_or(0)).then(|| line.clone());
    left.iter().filter_map(missing).collect()
}

/// Of a language: files, labels, labels that were missed, symbols that have no label.
type Counts = (usize, usize, usize, usize);

/// Extracts the files of a folder that have labels and holds them against those, each language on its own.
fn compare(folder: &str) -> (BTreeMap<Language, Counts>, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut languages: BTreeMap<Language, Counts> = BTreeMap::new();
    let mut differences = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Ok(labels) = std::fs::read_to_string(folder.join(format!("{name}.labels"))) else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        // A grammar that is not in this build.
        let Some((language, _)) = Language::detect(Some(name), &text) else { continue };
        let found = extract(language, &text, Limits::default()).unwrap();
        assert_eq!(found.errors, 0, "{name} is not valid");
        let lines: Vec<String> = found
            .symbols
            .iter()
            .map(|symbol| format!("{} {} {}", symbol.kind.as_str(), symbol.lines.start, symbol.name))
            .collect();
        let (wanted, found) = (bag(labels.lines()), bag(lines.iter().map(String::as_str)));
        let (missed, extra) = (minus(&wanted, &found), minus(&found, &wanted));
        // TSX is a second grammar of one language.
        let language = if language == Language::Tsx { Language::TypeScript } else { language };
        let entry = languages.entry(language).or_default();
        *entry = (entry.0 + 1, entry.1 + wanted.values().sum::<usize>(), entry.2 + missed.len(), entry.3 + extra.len());
        differences.extend(missed.iter().map(|line| format!("{name}: missed {line}")));
        differences.extend(extra.iter().map(|line| format!("{name}: extra {line}")));
    }
    (languages, differences.join("\n"))
}

/// The labels were written by hand, from the languages' own definitions, before anything was extracted.
#[test]
fn labelled_files_of_every_default_language_are_found_as_they_were_labelled() {
    let (languages, told) = compare("labelled");
    assert_eq!(languages.len(), 9, "{languages:?}");
    for (language, (files, labels, missed, extra)) in languages {
        assert_eq!(files, 3, "{}", language.as_str());
        let found = labels - missed;
        let (recall, precision) = (found * 1000 / labels, found * 1000 / (found + extra).max(1));
        assert!(
            recall >= 980 && precision >= 980,
            "{}: recall {recall}, precision {precision} (of 1000)\n{told}",
            language.as_str()
        );
    }
}

#[test]
fn a_labelled_file_of_every_grammar_that_was_chosen_is_found_as_it_was_labelled() {
    let (languages, told) = compare("optional");
    let chosen = Language::ALL.iter().filter(|language| languages.contains_key(language)).count();
    assert_eq!((told.as_str(), chosen), ("", Language::ALL.len() - DEFAULT), "{languages:?}");
}

/// Languages that every build has: nine, and TSX.
const DEFAULT: usize = 10;

#[test]
fn what_a_commonjs_module_hands_out_is_found_and_a_call_of_type_is_no_alias() {
    let text = "exports.read = function () {};\nmodule.exports.write = () => 1;\nexports.count = 3;\nmodule.exports = class Store {};\n\
        function f() { exports.late = () => 2; }\n";
    let found = extract(Language::JavaScript, text, Limits::default()).unwrap();
    let names: Vec<(&str, &str, bool)> =
        found.symbols.iter().map(|symbol| (symbol.kind.as_str(), symbol.name.as_str(), symbol.exported)).collect();
    assert_eq!(
        names,
        [("function", "read", true), ("function", "write", true), ("class", "Store", true), ("function", "f", false)]
    );
    let found = extract(Language::Python, "type(self).total = 1\ntype Pair = tuple[int, int]\n", Limits::default()).unwrap();
    assert_eq!(found.symbols.iter().map(|symbol| symbol.name.as_str()).collect::<Vec<_>>(), ["Pair"]);
}
