//! Wiki markup, which Jira Data Center takes (<https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all>).

use super::{Block, Inline, Item, Style, is_link, plain, spelled_out};

/// A document in wiki markup.
pub(crate) fn markup(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        write_block(&mut text, block, "");
    }
    text.trim_end().to_owned()
}

/// Characters that mean something are told not to.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '_' | '{' | '}' | '[' | ']' | '|' | '^' | '~' | '+' | '\\' | '!' | '#') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn styled(text: &str, style: &Style) -> String {
    let mut written = if style.code { format!("{{{{{}}}}}", escape(text)) } else { escape(text) };
    for (there, mark) in [(style.strong, '*'), (style.em, '_'), (style.strike, '-')] {
        if there && !style.code && !text.trim().is_empty() {
            written = format!("{{{mark}}}{written}{{{mark}}}");
        }
    }
    match style.link.as_ref().filter(|url| is_link(url)) {
        Some(url) => format!("[{written}|{url}]"),
        None => written,
    }
}

fn line(inlines: &[Inline]) -> String {
    let one = |inline: &Inline| match inline {
        Inline::Text(text, style) => styled(text, style),
        Inline::Break => "\\\\ ".to_owned(),
        Inline::Math(expression) => format!("{{{{{}}}}}", escape(expression)),
        Inline::Image { alt, url } => {
            let shown = if alt.is_empty() { url } else { alt };
            if is_link(url) { format!("[{}|{url}]", escape(shown)) } else { format!("{} ({})", escape(shown), escape(url)) }
        }
    };
    spelled_out(inlines).iter().map(one).collect()
}

fn write_block(text: &mut String, block: &Block, marks: &str) {
    match block {
        Block::Heading(level, inlines) => text.push_str(&format!("h{level}. {}\n\n", line(inlines))),
        Block::Paragraph(inlines) => text.push_str(&format!("{}\n\n", line(inlines))),
        Block::Code { language, text: code } => {
            let word: String = language.chars().take_while(char::is_ascii_alphanumeric).collect();
            let open = if word.is_empty() { "{noformat}".to_owned() } else { format!("{{code:{word}}}") };
            let close = if word.is_empty() { "{noformat}" } else { "{code}" };
            // The end of the block must not stand in it.
            let safe = code.replace("{code}", "{ code}").replace("{noformat}", "{ noformat}");
            text.push_str(&format!("{open}\n{safe}\n{close}\n\n"));
        }
        Block::Quote(_, inner) => {
            text.push_str("{quote}\n");
            inner.iter().for_each(|block| write_block(text, block, ""));
            text.push_str("{quote}\n\n");
        }
        Block::List { start, items } => {
            let marks = format!("{marks}{}", if start.is_some() { '#' } else { '*' });
            items.iter().for_each(|item| write_item(text, item, &marks));
            if marks.len() == 1 {
                text.push('\n');
            }
        }
        Block::Table(rows) => {
            for (at, row) in rows.iter().enumerate() {
                let bar = if at == 0 { "||" } else { "|" };
                let cells: String = row.iter().map(|cell| format!("{bar}{} ", line(cell))).collect();
                text.push_str(&format!("{cells}{bar}\n"));
            }
            text.push('\n');
        }
        Block::Rule => text.push_str("----\n\n"),
        Block::Math(expression) => text.push_str(&format!("{{noformat}}\n{expression}\n{{noformat}}\n\n")),
    }
}

/// An item is one line; what is more than that follows in the form that has a place there.
fn write_item(text: &mut String, item: &Item, marks: &str) {
    let (first, rest) = match item.blocks.split_first() {
        Some((Block::Paragraph(inlines), rest)) => (line(inlines), rest),
        _ => (String::new(), item.blocks.as_slice()),
    };
    let task = item.checked.map_or("", |done| if done { "(/) " } else { "( ) " });
    text.push_str(&format!("{marks} {task}{first}\n"));
    for block in rest {
        match block {
            Block::List { .. } => write_block(text, block, marks),
            Block::Paragraph(inlines) | Block::Heading(_, inlines) => text.push_str(&format!("{}\n", line(inlines))),
            Block::Table(rows) => {
                let row = |row: &Vec<Vec<Inline>>| row.iter().map(|cell| escape(&plain(cell))).collect::<Vec<_>>().join(" / ");
                rows.iter().for_each(|own| text.push_str(&format!("{}\n", row(own))));
            }
            other => write_block(text, other, ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn what_people_write_most_has_its_form() {
        let text = markup(&parse(
            "# Title\n\nA **bold** `x*y` [link](https://a.example).\n\n- one\n  - two\n\n```rust\nfn a() {}\n```\n\n|a|b|\n|-|-|\n|1|2|",
        ));
        let expected = "h1. Title\n\nA {*}bold{*} {{x\\*y}} [link|https://a.example].\n\n* one\n** two\n\n{code:rust}\nfn a() {}\n{code}\n\n\
                        ||a ||b ||\n|1 |2 |";
        assert_eq!(text, expected);
    }
}
