use std::time::{Duration, Instant};

use code::{Language, Limits, extract, redact};
use proptest::prelude::*;

/// What brings parsers to their knees: depth, floods, endless tokens, half of everything.
fn hostile() -> Vec<(&'static str, String)> {
    let n = 50_000;
    vec![
        ("parentheses", "(".repeat(n)),
        ("brackets", "[".repeat(n)),
        ("braces", "{".repeat(n)),
        ("pairs", "(){}[]".repeat(n / 6)),
        ("generics", "a<".repeat(n / 2)),
        ("operators", "1+".repeat(n / 2)),
        ("minus", "-".repeat(n)),
        ("quotes", "\"'`".repeat(n / 3)),
        ("backslashes", "\\".repeat(n)),
        ("one name", "a".repeat(n * 4)),
        ("a line of 1 MB", "f(x, [1, \"a\"], { b: 2 }); ".repeat(n)),
        ("10,000 nested", ["([{".repeat(3_333), "}])".repeat(3_333)].concat()),
        ("nested blocks", ["if (a) { ".repeat(10_000), "}".repeat(10_000)].concat()),
        ("includes itself", "#include \"a.h\"\nimport a\nfrom a import *\nuse self::a;\n".repeat(n / 50)),
        ("one comment", format!("/*{}", "*/*".repeat(n / 3))),
        ("functions", "fn f(){} def g(): function h(){} ".repeat(n / 30)),
        ("nested keys", "{\"a\":".repeat(n / 5)),
        ("definitions", "fn a(){}\n".repeat(n / 9)),
        ("zeros", "\0".repeat(n)),
        ("unicode", "\u{202e}\u{1f600}é".repeat(n / 10)),
        ("interpolation", "${`".repeat(n / 3)),
        ("heredocs", "cat <<A <<B <<C\n".repeat(n / 16)),
        ("indentation", (0..800).flat_map(|depth| [" ".repeat(depth), "if x:\n".to_owned()]).collect()),
        ("sequences", "- ".repeat(n / 2)),
        ("questions", (0..400).flat_map(|depth| [" ".repeat(depth), "? - a:\n".to_owned()]).collect()),
        // Together as long as the state of Ruby's scanner just does not hold.
        (
            "heredocs of every length",
            (1..120).flat_map(|long| ["f(<<".to_owned(), "A".repeat(long), ", \"#{<<B}\")\n".to_owned()]).collect(),
        ),
        ("dollar quotes", format!("${}$ {}", "a".repeat(60), "x ".repeat(n))),
        ("preprocessor", "#if A\n#define B(x) x\n".repeat(n / 20)),
    ]
}

#[test]
fn hostile_sources_end_in_time_in_every_language() {
    let limits = Limits { time: Duration::from_millis(500), ..Limits::default() };
    for language in Language::ALL {
        for (name, text) in hostile() {
            let begun = Instant::now();
            let outcome = extract(*language, &text, limits);
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(6), "{} of {name} took {took:?}: {:?}", language.as_str(), outcome.is_ok());
            if let Ok(found) = outcome {
                assert!(found.symbols.len() <= limits.symbols && found.references.len() <= limits.references);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_read_as_source_has_its_symbols_within_it(text in "(\\PC|\n|fn |class |def |\\{|\\}|\\(|\\)|;|\"|=){0,60}") {
        for language in Language::ALL {
            let Ok(found) = extract(*language, &text, Limits::default()) else { continue };
            for symbol in found.symbols {
                prop_assert!(text.get(symbol.bytes.0 as usize..symbol.bytes.1 as usize).is_some());
                prop_assert!(symbol.lines.start >= 1 && symbol.lines.start <= symbol.lines.end);
            }
        }
    }

    #[test]
    fn what_is_removed_keeps_the_lines(text in "(\\PC|\n|password = \"|AKIA[A-Z0-9]{16}|-----BEGIN PRIVATE KEY-----|\"){0,20}") {
        let (clean, _) = redact(&text);
        prop_assert_eq!(clean.matches('\n').count(), text.matches('\n').count());
    }
}
