use serde::Serialize;
use serde_json::{Map, Number, Value};

/// Something that was mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Repair {
    /// The byte of the document at which it was.
    pub at: usize,
    /// What: `single_quotes`, `unquoted_key`, `unquoted_text`, `trailing_comma`, `missing_comma`, `missing_colon`, `comment`,
    /// `python_word`, `raw_control_character`, `unclosed_text`, `unclosed_object`, `unclosed_array`, `number`.
    pub what: &'static str,
}

/// How deep documents may nest.
const MAX_DEPTH: usize = 64;
/// The most repairs of one document; what needs more is no JSON.
const MAX_REPAIRS: usize = 500;

/// Reads the object or array at the beginning of a text although it breaks the rules. Gives the document, its length in bytes and what
/// was mended; none where it can't be told what is meant.
pub fn repair(text: &str) -> Option<(Value, usize, Vec<Repair>)> {
    let mut reader = Reader { text, at: 0, repairs: Vec::new() };
    let value = reader.value(0)?;
    let container = value.is_object() || value.is_array();
    (container && reader.repairs.len() <= MAX_REPAIRS).then_some((value, reader.at, reader.repairs))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    repairs: Vec<Repair>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn note(&mut self, what: &'static str) {
        self.repairs.push(Repair { at: self.at, what });
    }

    fn starts_with(&self, word: &str) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word))
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            while self.peek().is_some_and(|letter| letter.is_whitespace() || letter == '\u{feff}') {
                self.next();
            }
            let end = if self.starts_with("//") {
                "\n"
            } else if self.starts_with("/*") {
                "*/"
            } else {
                return;
            };
            self.note("comment");
            let rest = self.text.get(self.at..).unwrap_or_default();
            self.at += rest.find(end).map_or(rest.len(), |found| found + end.len());
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip();
        if depth > MAX_DEPTH || self.repairs.len() > MAX_REPAIRS {
            return None;
        }
        match self.peek()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            quote @ ('"' | '\'' | '“' | '”') => self.quoted(quote).map(Value::String),
            _ => self.bare(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.next();
        let mut fields = Map::new();
        loop {
            self.skip();
            match self.peek() {
                Some('}') => {
                    self.next();
                    return Some(Value::Object(fields));
                }
                // A list that ends here has left the object open.
                None | Some(']') => {
                    self.note("unclosed_object");
                    return Some(Value::Object(fields));
                }
                Some(_) => {}
            }
            let key = self.key()?;
            self.skip();
            match self.peek() {
                Some(':') => drop(self.next()),
                Some('=') => {
                    self.note("missing_colon");
                    self.next();
                }
                None => {
                    self.note("unclosed_object");
                    return Some(Value::Object(fields));
                }
                Some(_) => return None,
            }
            self.skip();
            if self.peek().is_none() {
                self.note("unclosed_object");
                return Some(Value::Object(fields));
            }
            let value = self.value(depth + 1)?;
            fields.insert(key, value);
            self.comma('}')?;
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.next();
        let mut items = Vec::new();
        loop {
            self.skip();
            match self.peek() {
                None | Some('}') => {
                    self.note("unclosed_array");
                    return Some(Value::Array(items));
                }
                Some(']') => {
                    self.next();
                    return Some(Value::Array(items));
                }
                Some(_) => items.push(self.value(depth + 1)?),
            }
            self.comma(']')?;
        }
    }

    /// What stands between two entries. None: prose.
    fn comma(&mut self, close: char) -> Option<()> {
        self.skip();
        match self.peek() {
            Some(',') => {
                self.next();
                self.skip();
                if self.peek() == Some(close) {
                    self.note("trailing_comma");
                }
            }
            Some('}' | ']') | None => {}
            Some('"' | '\'' | '{' | '[') => self.note("missing_comma"),
            Some(letter) if letter.is_ascii_digit() || letter == '-' => self.note("missing_comma"),
            Some(_) => return None,
        }
        Some(())
    }

    fn key(&mut self) -> Option<String> {
        match self.peek()? {
            quote @ ('"' | '\'' | '“' | '”') => self.quoted(quote),
            letter if letter.is_alphabetic() || matches!(letter, '_' | '$') => {
                self.note("unquoted_key");
                Some(self.word())
            }
            _ => None,
        }
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '-' | '.' | '+')) {
            self.next();
        }
        self.text.get(start..self.at).unwrap_or_default().to_owned()
    }

    fn bare(&mut self) -> Option<Value> {
        let at = self.at;
        let word = self.word();
        let value = match word.as_str() {
            "true" => return Some(Value::Bool(true)),
            "false" => return Some(Value::Bool(false)),
            "null" => return Some(Value::Null),
            "True" | "TRUE" => Value::Bool(true),
            "False" | "FALSE" => Value::Bool(false),
            "None" | "NULL" | "undefined" | "NaN" | "Infinity" | "-Infinity" => Value::Null,
            _ => return self.number_or_text(at, &word),
        };
        self.repairs.push(Repair { at, what: "python_word" });
        Some(value)
    }

    fn number_or_text(&mut self, at: usize, word: &str) -> Option<Value> {
        if let Ok(number) = serde_json::from_str::<Number>(word) {
            return Some(Value::Number(number));
        }
        let plain = word.trim_start_matches('+');
        let padded =
            if let Some(rest) = plain.strip_prefix('.') { format!("0.{rest}") } else { plain.trim_end_matches('.').to_owned() };
        if let Ok(number) = serde_json::from_str::<Number>(&padded) {
            self.repairs.push(Repair { at, what: "number" });
            return Some(Value::Number(number));
        }
        // One word is a text without quotes; more than one is prose.
        self.skip();
        let ends = self.peek().is_none_or(|letter| matches!(letter, ',' | '}' | ']'));
        if word.is_empty() || !ends {
            return None;
        }
        self.repairs.push(Repair { at, what: "unquoted_text" });
        Some(Value::String(word.to_owned()))
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        let close = if quote == '“' { '”' } else { quote };
        if quote != '"' {
            self.note("single_quotes");
        }
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                None => {
                    self.note("unclosed_text");
                    return Some(text);
                }
                Some(letter) if letter == close => return Some(text),
                Some('\\') => self.escape(&mut text),
                Some(letter) => {
                    if letter < ' ' {
                        self.note("raw_control_character");
                    }
                    text.push(letter);
                }
            }
        }
    }

    fn escape(&mut self, text: &mut String) {
        match self.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('u') => text.push(self.unicode().unwrap_or('\u{fffd}')),
            Some(letter) => text.push(letter),
            None => {}
        }
    }

    /// Four digits, or two times four where the first are half a character (RFC 8259 section 7).
    fn unicode(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) || !self.starts_with("\\u") {
            return char::from_u32(first);
        }
        self.at += 2;
        let second = self.four_digits()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mended(text: &str) -> (Value, Vec<&'static str>) {
        let (value, _, repairs) = repair(text).unwrap_or_else(|| panic!("{text}"));
        (value, repairs.into_iter().map(|repair| repair.what).collect())
    }

    #[test]
    fn each_kind_of_fault_is_mended_and_named() {
        let cases = [
            ("{'a': 1}", json!({ "a": 1 }), vec!["single_quotes"]),
            ("{a: 1}", json!({ "a": 1 }), vec!["unquoted_key"]),
            ("{\"a\": yes}", json!({ "a": "yes" }), vec!["unquoted_text"]),
            ("[1,2,]", json!([1, 2]), vec!["trailing_comma"]),
            ("[1 2]", json!([1, 2]), vec!["missing_comma"]),
            ("{\"a\" = 1}", json!({ "a": 1 }), vec!["missing_colon"]),
            ("[1 /* one */]", json!([1]), vec!["comment"]),
            ("[None]", json!([null]), vec!["python_word"]),
            ("[\"a\nb\"]", json!(["a\nb"]), vec!["raw_control_character"]),
            ("[\"a", json!(["a"]), vec!["unclosed_text", "unclosed_array"]),
            ("{\"a\": [1", json!({ "a": [1] }), vec!["unclosed_array", "unclosed_object"]),
            ("[.5, +1]", json!([0.5, 1]), vec!["number", "number"]),
        ];
        for (text, value, repairs) in cases {
            assert_eq!(mended(text), (value, repairs), "{text}");
        }
        assert_eq!(mended("[\"\\ud83e\\uddf1\"]").0, json!(["🧱"]));
    }

    #[test]
    fn prose_and_endless_nesting_are_no_json() {
        for text in ["{see above}", "[a word or two]", "{}x{", "{\"a\" \"b\"}"] {
            let found = repair(text);
            assert!(found.as_ref().is_none_or(|(value, ..)| *value == json!({})), "{text}: {found:?}");
        }
        assert!(repair(&"[".repeat(100_000)).is_none());
    }

    proptest::proptest! {
        #[test]
        fn good_json_needs_no_repair(numbers in proptest::collection::vec(-9_i64..9, 0..8), word in ".{0,20}") {
            let value = json!({ "n": numbers, "w": word });
            let text = value.to_string();
            let (read, length, repairs) = repair(&text).unwrap();
            proptest::prop_assert_eq!((read, length, repairs.len()), (value, text.len(), 0));
        }
    }
}
