//! Wiki markup, which Jira Data Center takes (<https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all>).

use super::{Block, Inline, Item, Style, is_link, plain, spelled_out};

/// A document in wiki markup.
pub(crate) fn markup(blocks: &[Block]) -> String {
    blocks.iter().map(|block| block_text(block, "")).collect::<String>().trim_end().to_owned()
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

fn block_text(block: &Block, marks: &str) -> String {
    match block {
        Block::Heading(level, inlines) => format!("h{level}. {}\n\n", line(inlines)),
        Block::Paragraph(inlines) => format!("{}\n\n", line(inlines)),
        Block::Code { language, text } => code_text(language, text),
        Block::Quote(_, inner) => {
            let inner: String = inner.iter().map(|block| block_text(block, "")).collect();
            format!("{{quote}}\n{inner}{{quote}}\n\n")
        }
        Block::List { start, items } => {
            let marks = format!("{marks}{}", if start.is_some() { '#' } else { '*' });
            let items: String = items.iter().map(|item| item_text(item, &marks)).collect();
            if marks.len() == 1 { items + "\n" } else { items }
        }
        Block::Table(rows) => rows.iter().enumerate().map(|(at, row)| row_text(at, row)).collect::<String>() + "\n",
        Block::Rule => "----\n\n".to_owned(),
        Block::Math(expression) => format!("{{noformat}}\n{expression}\n{{noformat}}\n\n"),
    }
}

fn code_text(language: &str, code: &str) -> String {
    let word: String = language.chars().take_while(char::is_ascii_alphanumeric).collect();
    // The end of the block must not stand in it.
    let safe = code.replace("{code}", "{ code}").replace("{noformat}", "{ noformat}");
    if word.is_empty() {
        format!("{{noformat}}\n{safe}\n{{noformat}}\n\n")
    } else {
        format!("{{code:{word}}}\n{safe}\n{{code}}\n\n")
    }
}

fn row_text(at: usize, row: &[Vec<Inline>]) -> String {
    let bar = if at == 0 { "||" } else { "|" };
    let cells: Vec<String> = row.iter().map(|cell| [bar, &line(cell), " "].concat()).collect();
    cells.concat() + bar + "\n"
}

/// An item is one line; what is more than that follows in the form that has a place there.
fn item_text(item: &Item, marks: &str) -> String {
    let (first, rest) = match item.blocks.split_first() {
        Some((Block::Paragraph(inlines), rest)) => (line(inlines), rest),
        _ => (String::new(), item.blocks.as_slice()),
    };
    let task = item.checked.map_or("", |done| if done { "(/) " } else { "( ) " });
    let rest: String = rest.iter().map(|block| below_item(block, marks)).collect();
    format!("{marks} {task}{first}\n{rest}")
}

fn below_item(block: &Block, marks: &str) -> String {
    match block {
        Block::List { .. } => block_text(block, marks),
        Block::Paragraph(inlines) | Block::Heading(_, inlines) => line(inlines) + "\n",
        Block::Table(rows) => {
            let row = |row: &Vec<Vec<Inline>>| row.iter().map(|cell| escape(&plain(cell))).collect::<Vec<_>>().join(" / ");
            rows.iter().map(row).collect::<Vec<_>>().join("\n") + "\n"
        }
        other => block_text(other, ""),
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
