//! Text as Notion takes it: pieces of at most 2,000 characters, at most a hundred in one list.

use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Inline, Style, is_link, spelled_out};

/// The most of a piece. The limit is 2,000 of a unit that is not documented, so UTF-16 units are counted and some are left.
const PIECE: usize = 1900;
/// The most pieces in one list.
const PIECES: usize = 100;
/// The most bytes of one list, so that a block always fits a request.
const BYTES: usize = 200_000;
/// The most of an expression.
const EXPRESSION: usize = 1000;

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A text in pieces, cut between characters as people see them.
fn pieces(text: &str) -> Vec<String> {
    let (mut all, mut piece, mut length) = (Vec::new(), String::new(), 0);
    for grapheme in text.graphemes(true) {
        // A single one may be longer than a piece.
        let parts: Vec<&str> =
            if units(grapheme) <= PIECE { vec![grapheme] } else { grapheme.split_inclusive(|_| true).collect() };
        for part in parts {
            let own = units(part);
            if length + own > PIECE {
                all.push(std::mem::take(&mut piece));
                length = 0;
            }
            piece.push_str(part);
            length += own;
        }
    }
    if !piece.is_empty() {
        all.push(piece);
    }
    all
}

fn item(text: &str, style: &Style) -> Value {
    let link = style.link.as_ref().map_or(Value::Null, |url| json!({"url": url}));
    let mut item = json!({"type": "text", "text": {"content": text, "link": link}});
    let marks = [("bold", style.strong), ("italic", style.em), ("strikethrough", style.strike), ("code", style.code)];
    let own: serde_json::Map<String, Value> =
        marks.into_iter().filter(|(_, there)| *there).map(|(name, _)| (name.to_owned(), json!(true))).collect();
    if let (false, Some(members)) = (own.is_empty(), item.as_object_mut()) {
        members.insert("annotations".to_owned(), Value::Object(own));
    }
    item
}

/// Every piece of a text.
fn items(inlines: &[Inline]) -> Vec<Value> {
    let mut all = Vec::new();
    for inline in spelled_out(inlines) {
        match inline {
            Inline::Text(text, style) => all.extend(pieces(&text).iter().map(|piece| item(piece, &style))),
            Inline::Break => all.push(item("\n", &Style::default())),
            Inline::Math(expression) if units(&expression) <= EXPRESSION => {
                all.push(json!({"type": "equation", "equation": {"expression": expression}}));
            }
            Inline::Math(expression) => {
                let style = Style { code: true, ..Style::default() };
                all.extend(pieces(&format!("${expression}$")).iter().map(|piece| item(piece, &style)));
            }
            Inline::Image { alt, url } => all.extend(image_text(&alt, &url)),
        }
    }
    all
}

/// An image where only text can stand: its description, linked where that is possible.
fn image_text(alt: &str, url: &str) -> Vec<Value> {
    let text = if alt.is_empty() { url } else { alt };
    if is_link(url) {
        let style = Style { link: Some(url.to_owned()), ..Style::default() };
        return pieces(text).iter().map(|piece| item(piece, &style)).collect();
    }
    let text = if alt.is_empty() { url.to_owned() } else { format!("{alt} ({url})") };
    pieces(&text).iter().map(|piece| item(piece, &Style::default())).collect()
}

/// A text as lists that each fit one block; at least one.
pub(crate) fn rich_text(inlines: &[Inline]) -> Vec<Vec<Value>> {
    lists(items(inlines))
}

/// Code as lists that each fit one block; at least one.
pub(crate) fn code_text(text: &str) -> Vec<Vec<Value>> {
    lists(pieces(text).iter().map(|piece| item(piece, &Style::default())).collect())
}

fn lists(items: Vec<Value>) -> Vec<Vec<Value>> {
    let (mut all, mut list, mut bytes) = (Vec::new(), Vec::new(), 0);
    for item in items {
        let own = item.to_string().len();
        if list.len() >= PIECES || (bytes + own > BYTES && !list.is_empty()) {
            all.push(std::mem::take(&mut list));
            bytes = 0;
        }
        bytes += own;
        list.push(item);
    }
    if !list.is_empty() || all.is_empty() {
        all.push(list);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters_as_people_see_them() {
        let family = "👨‍👩‍👧‍👦";
        let text = family.repeat(400);
        let cut = pieces(&text);
        assert_eq!(cut.concat(), text);
        assert!(cut.iter().all(|piece| units(piece) <= PIECE && piece.starts_with("👨") && piece.ends_with('👦')));
        let monster = format!("e{}", "\u{301}".repeat(5000));
        assert_eq!(pieces(&monster).concat(), monster);
    }

    #[test]
    fn a_hundred_and_ninety_thousand_characters_of_code_fit_one_block() {
        let text = "x".repeat(190_000);
        let lists = code_text(&text);
        assert_eq!(lists.iter().map(Vec::len).collect::<Vec<_>>(), [100]);
        assert_eq!(code_text(&"x".repeat(190_001)).len(), 2);
    }
}
