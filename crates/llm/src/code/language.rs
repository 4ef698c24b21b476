/// What gives a language away: its name, words that stand in requests, and beginnings of lines or pieces of code, with their weight.
struct Signs {
    name: &'static str,
    words: &'static [&'static str],
    code: &'static [(&'static str, u32)],
}

const LANGUAGES: &[Signs] = &[
    Signs {
        name: "rust",
        words: &["rust"],
        code: &[
            ("fn ", 2),
            ("let mut ", 4),
            ("impl ", 3),
            ("pub fn", 4),
            ("use std::", 5),
            ("->", 1),
            ("::", 1),
            ("match ", 1),
            ("#[derive", 5),
            ("println!", 4),
        ],
    },
    Signs {
        name: "python",
        words: &["python", "django", "pandas"],
        code: &[
            ("def ", 3),
            ("import ", 1),
            ("from ", 1),
            ("self.", 2),
            ("elif ", 4),
            ("print(", 2),
            ("__init__", 5),
            ("    return", 1),
            ("None", 2),
            ("#!/usr/bin/env python", 9),
        ],
    },
    Signs {
        name: "typescript",
        words: &["typescript"],
        code: &[
            ("interface ", 3),
            (": string", 3),
            (": number", 3),
            ("import {", 1),
            ("export ", 1),
            ("=> ", 1),
            ("const ", 1),
            (" as const", 4),
            ("type ", 1),
        ],
    },
    Signs {
        name: "javascript",
        words: &["javascript", "node.js", "nodejs"],
        code: &[
            ("function ", 2),
            ("const ", 2),
            ("console.log", 5),
            ("=> ", 2),
            ("require(", 4),
            ("module.exports", 5),
            ("var ", 1),
            ("===", 3),
            ("document.", 3),
        ],
    },
    Signs {
        name: "go",
        words: &["golang"],
        code: &[("package ", 2), ("func ", 4), (":=", 4), ("import (", 4), ("fmt.", 4), ("err != nil", 6), ("defer ", 4)],
    },
    Signs {
        name: "java",
        words: &["java"],
        code: &[
            ("public class", 5),
            ("private ", 1),
            ("public static void", 5),
            ("System.out", 6),
            ("import java", 6),
            ("@Override", 5),
            ("new ", 1),
        ],
    },
    Signs {
        name: "csharp",
        words: &["c#", "csharp", ".net"],
        code: &[
            ("using System", 6),
            ("namespace ", 3),
            ("public class", 2),
            ("Console.Write", 6),
            ("string ", 1),
            ("var ", 1),
            ("get; set;", 6),
        ],
    },
    Signs {
        name: "cpp",
        words: &["c++", "cpp"],
        code: &[("#include <", 3), ("std::", 3), ("cout", 3), ("template<", 5), ("class ", 1), ("nullptr", 5), ("public:", 4)],
    },
    Signs {
        name: "c",
        words: &["in c,", "in c."],
        code: &[
            ("#include <", 3),
            ("printf(", 3),
            ("int main(", 3),
            ("malloc(", 4),
            ("struct ", 1),
            ("->", 1),
            ("NULL", 2),
            ("char *", 3),
        ],
    },
    Signs {
        name: "ruby",
        words: &["ruby", "rails"],
        code: &[("def ", 1), ("end", 1), ("puts ", 4), ("require '", 4), (".each do", 6), ("@", 1), ("attr_accessor", 6)],
    },
    Signs {
        name: "php",
        words: &["php", "laravel"],
        code: &[("<?php", 9), ("$this->", 5), ("function ", 1), ("echo ", 2), ("$", 1)],
    },
    Signs {
        name: "kotlin",
        words: &["kotlin"],
        code: &[("fun ", 5), ("val ", 3), ("println(", 1), ("data class", 6), ("?.", 2), ("when (", 3)],
    },
    Signs {
        name: "swift",
        words: &["swift"],
        code: &[("func ", 2), ("let ", 1), ("var ", 1), ("import Foundation", 7), ("guard let", 6), ("-> ", 1), ("struct ", 1)],
    },
    Signs {
        name: "sql",
        words: &["sql", "postgres", "sqlite"],
        code: &[
            ("SELECT ", 4),
            ("select ", 3),
            (" FROM ", 3),
            ("WHERE ", 2),
            ("INSERT INTO", 5),
            ("CREATE TABLE", 6),
            ("JOIN ", 3),
        ],
    },
    Signs {
        name: "shell",
        words: &["bash", "shell script"],
        code: &[("#!/bin/", 9), ("echo ", 1), ("fi\n", 3), ("then\n", 3), ("$(", 3), ("done", 1), ("export ", 1)],
    },
    Signs { name: "html", words: &["html"], code: &[("<!doctype html", 9), ("<html", 6), ("<div", 4), ("</", 2)] },
    Signs { name: "css", words: &["css"], code: &[("px;", 4), ("color:", 4), ("margin", 2), ("display:", 4), ("@media", 5)] },
];

/// The language of code, by what is typical of each; none where nothing speaks clearly enough.
pub fn guess_language(code: &str) -> Option<&'static str> {
    let weight = |signs: &Signs| -> u32 {
        signs.code.iter().map(|(piece, weight)| u32::try_from(code.matches(piece).take(5).count()).unwrap_or(0) * weight).sum()
    };
    let (name, best) = LANGUAGES.iter().map(|signs| (signs.name, weight(signs))).max_by_key(|(_, weight)| *weight)?;
    (best >= 4).then_some(name)
}

/// The language that a request names.
pub(super) fn named_language(text: &str) -> Option<&'static str> {
    let text = format!(" {} ", text.to_lowercase());
    let stands_alone = |word: &str| {
        text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(char::is_alphanumeric)
                && !after.is_some_and(|letter| letter.is_alphanumeric() || letter == '#' || letter == '+')
        })
    };
    LANGUAGES.iter().find(|signs| signs.words.iter().any(|word| stands_alone(word))).map(|signs| signs.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_by_their_code() {
        let cases = [
            ("pub fn add(a: i32) -> i32 { let mut b = a; b }", "rust"),
            ("def add(self, a):\n    return self.b + a\n", "python"),
            ("func main() {\n  x := 1\n  if err != nil {}\n}", "go"),
            ("const f = (x) => x === 1; console.log(f)", "javascript"),
            ("SELECT a FROM b WHERE c = 1", "sql"),
        ];
        for (code, language) in cases {
            assert_eq!(guess_language(code), Some(language), "{code}");
        }
        assert_eq!(guess_language("Just a sentence."), None);
    }

    #[test]
    fn languages_are_told_by_their_names_and_not_by_parts_of_words() {
        assert_eq!(named_language("Write it in C++, please"), Some("cpp"));
        assert_eq!(named_language("explain this JavaScript function"), Some("javascript"));
        assert_eq!(named_language("I trust you"), None);
    }
}
