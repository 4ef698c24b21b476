//! What the hand-written scanners of some grammars can't stand. A scanner writes its state into 1024 bytes; some count a few bytes short when
//! they look whether the state still fits, and tree-sitter then ends the process. Such sources are refused before they are parsed.

use crate::Language;

/// True where the scanner of the language's grammar holds its state in its buffer.
#[cfg(any(feature = "yaml", feature = "ruby", feature = "sql"))]
pub(crate) fn can_scan(language: Language, text: &str) -> bool {
    match language {
        #[cfg(feature = "yaml")]
        Language::Yaml => yaml_levels(text) <= 100,
        #[cfg(feature = "ruby")]
        Language::Ruby => ruby_state(text) <= 900,
        #[cfg(feature = "sql")]
        Language::Sql => sql_quotes(text),
        // The other scanners look first.
        _ => true,
    }
}

#[cfg(not(any(feature = "yaml", feature = "ruby", feature = "sql")))]
pub(crate) const fn can_scan(_: Language, _: &str) -> bool {
    true
}

/// Levels of blocks that may be open at once, from above: tree-sitter-yaml 0.7.2 keeps up to two pairs of numbers for each, and writes the 254th
/// pair over the end.
#[cfg(feature = "yaml")]
fn yaml_levels(text: &str) -> usize {
    let (mut open, mut levels, mut most) = (Vec::<(usize, usize)>::new(), 0, 0);
    for line in text.split(['\n', '\r']) {
        let rest = line.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            continue;
        }
        let column = line.len() - rest.len();
        while let Some((_, own)) = open.pop_if(|(at, _)| *at >= column) {
            levels -= own;
        }
        let bytes = rest.as_bytes();
        let blank_after = |at: usize| bytes.get(at + 1).is_none_or(|next| matches!(next, b' ' | b'\t'));
        let marks = bytes.iter().enumerate().filter(|(at, byte)| matches!(byte, b'-' | b'?' | b':') && blank_after(*at)).count();
        open.push((column, marks + 1));
        levels += marks + 1;
        most = most.max(levels);
    }
    most
}

/// Bytes of the state, from above, where there are heredocs: five for each literal within another, four for each heredoc beside its word.
/// tree-sitter-ruby 0.23.1 leaves room for two of these four.
#[cfg(feature = "ruby")]
fn ruby_state(text: &str) -> usize {
    let word = |rest: &str| {
        let rest = rest.strip_prefix(['-', '~']).unwrap_or(rest);
        let quoted = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'));
        match quoted {
            Some(quote) => rest.get(1..).and_then(|rest| rest.find(quote)).unwrap_or(rest.len()),
            None => rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()),
        }
    };
    let words = text.match_indices("<<").map(|(at, _)| word(text.get(at + 2..).unwrap_or_default()));
    let heredocs: usize = words.filter(|word| *word > 0).map(|word| word + 4).sum();
    if heredocs == 0 { 0 } else { heredocs + 5 * text.matches("#{").count() }
}

/// Whether dollar quotes are few and short. tree-sitter-sequel 0.3.11 does not give back the memory of a tag for each token between two
/// of them; PostgreSQL takes tags of at most 63 bytes.
#[cfg(feature = "sql")]
fn sql_quotes(text: &str) -> bool {
    let is_tag = |part: &&str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
    let mut tags = text.split('$').skip(1).filter(is_tag).peekable();
    tags.peek().is_none() || (text.len() <= 64 * 1024 && tags.all(|tag| tag.len() <= 63))
}

#[cfg(all(test, any(feature = "yaml", feature = "ruby", feature = "sql")))]
mod tests {
    use super::*;

    #[cfg(feature = "yaml")]
    #[test]
    fn yaml_may_be_long_and_wide_but_not_deep() {
        let long = "a:\n  - b: 1\n    c: [x, y]\n".repeat(10_000);
        assert!(can_scan(Language::Yaml, &long));
        assert!(can_scan(Language::Yaml, &format!("text: |\n{}", "  note: it - is: so\n".repeat(1000))));
        let nested: String = (0..150).flat_map(|depth| [" ".repeat(depth), "a:\n".to_owned()]).collect();
        for deep in [nested, "- ".repeat(150), "? ".repeat(150), format!("a:\r{}", "- ".repeat(150))] {
            assert!(!can_scan(Language::Yaml, &deep), "{deep}");
        }
    }

    #[cfg(feature = "ruby")]
    #[test]
    fn ruby_may_have_many_interpolations_or_some_heredocs() {
        assert!(can_scan(Language::Ruby, &"puts \"#{a}\"\n".repeat(10_000)));
        assert!(can_scan(Language::Ruby, &"class << self\nend\nlist << item\n".repeat(100)));
        assert!(can_scan(Language::Ruby, &"text = <<~SQL\n  SELECT #{a}\nSQL\n".repeat(50)));
        assert!(!can_scan(Language::Ruby, &"f(<<A, <<-B, <<~'C')\n".repeat(100)));
        assert!(!can_scan(Language::Ruby, &format!("<<{}\n", "A".repeat(1000))));
    }

    #[cfg(feature = "sql")]
    #[test]
    fn sql_may_have_functions_that_are_not_endless() {
        let function = "CREATE FUNCTION f() RETURNS int AS $body$ SELECT 1; $body$ LANGUAGE sql;\n";
        assert!(can_scan(Language::Sql, &function.repeat(100)));
        assert!(can_scan(Language::Sql, &"SELECT 1;\n".repeat(50_000)));
        assert!(!can_scan(Language::Sql, &function.repeat(5000)));
        assert!(!can_scan(Language::Sql, &format!("${}$ x", "a".repeat(1000))));
    }
}
