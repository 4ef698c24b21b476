use serde::{Deserialize, Serialize};

macro_rules! languages {
    ($($(#[cfg($cfg:meta)])? $name:ident = $word:literal, $title:literal, [$($ending:literal),*], [$($file:literal),*], [$($shebang:literal),*];)*) => {
        /// A language with a grammar in this build.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "http", schema(as = CodeLanguage))]
        #[serde(rename_all = "lowercase")]
        pub enum Language {
            $($(#[cfg($cfg)])? #[doc = $title] $name,)*
        }

        impl Language {
            /// All of this build.
            pub const ALL: &'static [Self] = &[$($(#[cfg($cfg)])? Self::$name),*];

            /// The word that the API uses.
            pub const fn as_str(self) -> &'static str {
                match self { $($(#[cfg($cfg)])? Self::$name => $word,)* }
            }

            /// Endings of file names, without the dot.
            pub const fn endings(self) -> &'static [&'static str] {
                match self { $($(#[cfg($cfg)])? Self::$name => &[$($ending),*],)* }
            }

            const fn files(self) -> &'static [&'static str] {
                match self { $($(#[cfg($cfg)])? Self::$name => &[$($file),*],)* }
            }

            const fn shebangs(self) -> &'static [&'static str] {
                match self { $($(#[cfg($cfg)])? Self::$name => &[$($shebang),*],)* }
            }
        }
    };
}

languages! {
    Rust = "rust", "Rust", ["rs"], [], ["rust-script"];
    Python = "python", "Python", ["py", "pyi", "pyw"], ["SConstruct", "wscript"], ["python", "python2", "python3", "pypy"];
    JavaScript = "javascript", "JavaScript", ["js", "mjs", "cjs", "jsx"], ["Jakefile"], ["node", "nodejs", "bun"];
    TypeScript = "typescript", "TypeScript", ["ts", "mts", "cts"], [], ["deno", "ts-node", "tsx"];
    Tsx = "tsx", "TypeScript with JSX", ["tsx"], [], [];
    Go = "go", "Go", ["go"], [], [];
    Java = "java", "Java", ["java"], [], [];
    C = "c", "C", ["c", "h"], [], ["tcc"];
    Json = "json", "JSON", ["json", "jsonl", "webmanifest", "geojson"], [".prettierrc", ".eslintrc", "composer.lock"], [];
    Bash = "bash", "Bash", ["sh", "bash", "zsh", "ksh"], [".bashrc", ".bash_profile", ".profile", "PKGBUILD"], ["sh", "bash", "zsh", "dash", "ksh"];
    #[cfg(feature = "cpp")] Cpp = "cpp", "C++", ["cpp", "cc", "cxx", "hpp", "hh", "hxx"], [], [];
    #[cfg(feature = "csharp")] CSharp = "csharp", "C#", ["cs"], [], [];
    #[cfg(feature = "ruby")] Ruby = "ruby", "Ruby", ["rb", "rake", "gemspec"], ["Gemfile", "Rakefile"], ["ruby"];
    #[cfg(feature = "php")] Php = "php", "PHP", ["php", "phtml"], [], ["php"];
    #[cfg(feature = "sql")] Sql = "sql", "SQL", ["sql"], [], [];
    #[cfg(feature = "html")] Html = "html", "HTML", ["html", "htm", "xhtml"], [], [];
    #[cfg(feature = "css")] Css = "css", "CSS", ["css"], [], [];
    #[cfg(feature = "yaml")] Yaml = "yaml", "YAML", ["yaml", "yml"], [".clang-format"], [];
}

/// How a language was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DetectedBy {
    /// The request said so.
    Given,
    /// The file's whole name.
    Name,
    /// The first line names an interpreter.
    Shebang,
    /// The ending of the file's name.
    Extension,
    /// Words that the language uses.
    Content,
}

impl Language {
    /// Reads the word of the API, and other words that people use.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase();
        let word = match word.as_str() {
            "rs" => "rust",
            "py" | "python3" => "python",
            "js" | "jsx" | "node" => "javascript",
            "ts" => "typescript",
            "golang" => "go",
            "sh" | "shell" | "zsh" => "bash",
            "c++" | "cxx" => "cpp",
            "c#" | "cs" => "csharp",
            "rb" => "ruby",
            "yml" => "yaml",
            other => other,
        };
        Self::ALL.iter().copied().find(|language| language.as_str() == word)
    }

    /// Tells the language of a file by its name, its first line, or what is in it.
    pub fn detect(path: Option<&str>, text: &str) -> Option<(Self, DetectedBy)> {
        let name = path.map(|path| path.rsplit_once('/').map_or(path, |(_, name)| name));
        if let Some(found) = name.and_then(|name| Self::ALL.iter().copied().find(|language| language.files().contains(&name))) {
            return Some((found, DetectedBy::Name));
        }
        let by_ending = name.and_then(Self::of_name);
        if by_ending.is_none()
            && let Some(found) = of_shebang(text)
        {
            return Some((found, DetectedBy::Shebang));
        }
        if let Some(found) = by_ending {
            return Some((of_header(found, name, text), DetectedBy::Extension));
        }
        // A name with an ending that is not known says that it is something else.
        if name.is_some_and(|name| name.trim_start_matches('.').contains('.')) {
            return None;
        }
        of_content(text).map(|found| (found, DetectedBy::Content))
    }

    /// Tells the language by the ending of a name alone.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        if let Some(found) = Self::ALL.iter().copied().find(|language| language.files().contains(&name)) {
            return Some(found);
        }
        let (_, ending) = name.rsplit_once('.')?;
        let ending = ending.to_lowercase();
        Self::ALL.iter().copied().find(|language| language.endings().contains(&ending.as_str()))
    }
}

/// A header may be C or C++.
#[cfg(feature = "cpp")]
fn of_header(found: Language, name: Option<&str>, text: &str) -> Language {
    let header = name.is_some_and(|name| name.rsplit('.').next() == Some("h"));
    let marks = ["class ", "namespace ", "template<", "template <", "public:", "std::", "virtual "];
    if header
        && text
            .lines()
            .take(2000)
            .any(|line| marks.iter().any(|mark| line.trim_start().starts_with(mark) || line.contains("std::")))
    {
        return Language::Cpp;
    }
    found
}

#[cfg(not(feature = "cpp"))]
const fn of_header(found: Language, _: Option<&str>, _: &str) -> Language {
    found
}

/// `#!/usr/bin/env -S python3 -u` names `python3`.
fn of_shebang(text: &str) -> Option<Language> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_whitespace().map(|word| word.rsplit_once('/').map_or(word, |(_, name)| name));
    let mut word = words.next()?;
    while word == "env" || word.starts_with('-') || word.contains('=') {
        word = words.next()?;
    }
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Language::ALL.iter().copied().find(|language| language.shebangs().contains(&word))
}

/// Words that a language uses and others seldom do, with how much each says.
const WORDS: &[(Language, &[(&str, u32)])] = &[
    (
        Language::Rust,
        &[
            ("fn ", 3),
            ("let mut ", 4),
            ("impl ", 4),
            ("pub fn ", 4),
            ("use std::", 5),
            ("-> ", 1),
            ("match ", 1),
            ("&self", 4),
            ("#[derive", 5),
            ("println!", 5),
        ],
    ),
    (
        Language::Python,
        &[
            ("def ", 3),
            ("elif ", 4),
            ("import ", 1),
            ("from ", 1),
            ("self.", 2),
            ("__init__", 5),
            ("print(", 1),
            ("None", 1),
            ("lambda ", 1),
            ("    return ", 1),
        ],
    ),
    (
        Language::JavaScript,
        &[
            ("function ", 2),
            ("const ", 1),
            ("=> ", 2),
            ("require(", 3),
            ("console.log", 5),
            ("===", 3),
            ("var ", 1),
            ("module.exports", 5),
            ("async ", 1),
        ],
    ),
    (
        Language::TypeScript,
        &[
            ("interface ", 2),
            (": string", 4),
            (": number", 4),
            (": boolean", 4),
            ("export type ", 4),
            ("readonly ", 2),
            ("=> ", 1),
            ("import type", 5),
        ],
    ),
    (
        Language::Go,
        &[
            ("func ", 4),
            ("package ", 3),
            (":= ", 4),
            ("import (", 4),
            ("chan ", 3),
            ("defer ", 4),
            ("err != nil", 5),
            ("fmt.", 3),
        ],
    ),
    (
        Language::Java,
        &[
            ("public class ", 5),
            ("private ", 1),
            ("import java", 5),
            ("System.out", 5),
            ("@Override", 5),
            ("public static void main", 5),
            ("package ", 1),
            ("new ", 1),
        ],
    ),
    (
        Language::C,
        &[
            ("#include", 5),
            ("int main(", 4),
            ("#define ", 4),
            ("printf(", 2),
            ("struct ", 1),
            ("->", 1),
            ("malloc(", 3),
            ("typedef ", 4),
            ("NULL", 2),
        ],
    ),
    (
        Language::Bash,
        &[
            ("echo ", 2),
            ("fi\n", 3),
            ("then\n", 3),
            ("done\n", 3),
            ("$(", 2),
            ("esac", 4),
            ("if [ ", 4),
            ("local ", 1),
            ("export ", 1),
        ],
    ),
];

fn of_content(text: &str) -> Option<Language> {
    let begun = text.trim_start();
    if begun.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return Some(Language::Json);
    }
    let looked_at = text.get(..text.floor_char_boundary(32 << 10)).unwrap_or(text);
    let score = |words: &[(&str, u32)]| {
        let points = |(word, points): &(&str, u32)| u32::try_from(looked_at.matches(word).take(3).count()).unwrap_or(0) * points;
        words.iter().map(points).sum::<u32>()
    };
    let best = WORDS.iter().map(|(language, words)| (score(words), *language)).max_by_key(|(score, _)| *score);
    best.filter(|(score, _)| *score >= 4).map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_told_by_name_then_first_line_then_ending_then_content() {
        let cases = [
            (Some("src/main.rs"), "", Some((Language::Rust, DetectedBy::Extension))),
            (Some("a/B.TSX"), "", Some((Language::Tsx, DetectedBy::Extension))),
            (Some("PKGBUILD"), "", Some((Language::Bash, DetectedBy::Name))),
            (Some("run"), "#!/usr/bin/env -S python3.12 -u\n", Some((Language::Python, DetectedBy::Shebang))),
            (Some("run"), "#!/bin/sh\n", Some((Language::Bash, DetectedBy::Shebang))),
            (None, "fn main() {\n    let mut x = 1;\n}", Some((Language::Rust, DetectedBy::Content))),
            (None, "def f(self):\n    return self.x\n", Some((Language::Python, DetectedBy::Content))),
            (None, "package main\n\nfunc main() {\n\tx := 1\n}\n", Some((Language::Go, DetectedBy::Content))),
            (None, "#include <stdio.h>\nint main(void) { printf(\"\"); }", Some((Language::C, DetectedBy::Content))),
            (None, " {\"a\": [1]}", Some((Language::Json, DetectedBy::Content))),
            (None, "Dear Ada, how are you?", None),
            (Some("photo.jpeg"), "fn main() { let mut x; }", None),
        ];
        for (path, text, expected) in cases {
            assert_eq!(Language::detect(path, text), expected, "{path:?} {text}");
        }
        assert_eq!(
            (Language::parse("TS"), Language::parse("golang"), Language::parse("cobol")),
            (Some(Language::TypeScript), Some(Language::Go), None)
        );
    }
}
