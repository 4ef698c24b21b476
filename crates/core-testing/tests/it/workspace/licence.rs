//! Licence expressions (SPDX), as far as a yes or no needs them.

/// Licences that a product may take without a duty to publish its own code.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    // The licence of the Independent JPEG Group: permissive, of `jpeg-encoder`.
    "IJG",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    // Of the University of Illinois: permissive, of `libfuzzer-sys`, which `rav1e` names for fuzzing and no build of ours has.
    "NCSA",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// True when the terms can be met with allowed licences: any side of an OR, both sides of an AND.
pub(crate) fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words };
    reader.any().is_some_and(|allowed| allowed && reader.words.is_empty())
}

struct Reader<'a> {
    words: &'a [&'a str],
}

impl Reader<'_> {
    fn take(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = self.words.get(1..).unwrap_or_default();
        }
        found
    }

    /// `a OR b`: AND binds tighter.
    fn any(&mut self) -> Option<bool> {
        let mut allowed = self.all()?;
        while self.take("OR") {
            allowed |= self.all()?;
        }
        Some(allowed)
    }

    fn all(&mut self) -> Option<bool> {
        let mut allowed = self.one()?;
        while self.take("AND") {
            allowed &= self.one()?;
        }
        Some(allowed)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let inner = self.any()?;
            return self.take(")").then_some(inner);
        }
        let (name, rest) = self.words.split_first()?;
        self.words = rest;
        // An exception grants more, never less.
        if self.take("WITH") {
            self.words = self.words.get(1..)?;
        }
        Some(ALLOWED.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissive_terms_pass() {
        for expression in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "Apache-2.0 / MIT",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
            "GPL-3.0-only OR MIT AND ISC",
            "(MIT OR GPL-2.0-only) AND Unicode-3.0",
        ] {
            assert!(is_allowed(expression), "{expression}");
        }
    }

    #[test]
    fn terms_that_bind_a_product_are_refused() {
        for expression in [
            "",
            "GPL-3.0-or-later",
            "AGPL-3.0-only",
            "LGPL-2.1-or-later",
            "MIT AND GPL-3.0-only",
            "(MIT OR Apache-2.0) AND LGPL-3.0-only",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "SSPL-1.0 OR BUSL-1.1",
            "(MIT",
            "MIT OR",
            "MIT Apache-2.0",
        ] {
            assert!(!is_allowed(expression), "{expression}");
        }
    }
}
