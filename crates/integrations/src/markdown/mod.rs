//! Markdown as a tree, and the forms in which providers take it. Nothing of a text is lost on the way: what a form has no place for becomes
//! plain text, and what changes its look is noted.

pub(crate) mod adf;
pub(crate) mod notion;
mod notion_text;
mod parse;
#[cfg(test)]
mod properties;
pub(crate) mod steps;
pub(crate) mod wiki;

pub(crate) use parse::parse;

use url::Url;

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Heading(u8, Vec<Inline>),
    Paragraph(Vec<Inline>),
    Code { language: String, text: String },
    Quote(Option<Alert>, Vec<Block>),
    List { start: Option<u64>, items: Vec<Item> },
    Table(Vec<Vec<Vec<Inline>>>),
    Rule,
    Math(String),
}

/// GitHub's five kinds of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alert {
    Note,
    Tip,
    Important,
    Warning,
    Caution,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Of a task: whether it is done.
    pub(crate) checked: Option<bool>,
    pub(crate) blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inline {
    Text(String, Style),
    Break,
    Image { alt: String, url: String },
    Math(String),
}

/// How a piece of text looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) strong: bool,
    pub(crate) em: bool,
    pub(crate) strike: bool,
    pub(crate) code: bool,
    pub(crate) link: Option<String>,
}

/// The text of the first heading of a document.
pub(crate) fn first_heading(blocks: &[Block]) -> Option<String> {
    let of = |block: &Block| if let Block::Heading(_, inlines) = block { Some(plain(inlines)) } else { None };
    blocks.iter().find_map(of).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The text without its looks.
pub(crate) fn plain(inlines: &[Inline]) -> String {
    let one = |inline: &Inline| match inline {
        Inline::Text(text, _) => text.clone(),
        Inline::Break => " ".to_owned(),
        Inline::Image { alt, url } => {
            if alt.is_empty() {
                url.clone()
            } else {
                alt.clone()
            }
        }
        Inline::Math(expression) => format!("${expression}$"),
    };
    inlines.iter().map(one).collect()
}

/// Links that providers take: addresses of the web and of mail. Everything else (`javascript:`, `data:`, `file:`, relative ones) is none.
pub(crate) fn is_link(url: &str) -> bool {
    let known = Url::parse(url).is_ok_and(|parsed| match parsed.scheme() {
        "http" | "https" => parsed.host_str().is_some(),
        "mailto" => true,
        _ => false,
    });
    let plain = ["http://", "https://", "mailto:"].iter().any(|scheme| url.starts_with(scheme));
    known && plain && url.encode_utf16().count() <= 2000
}

/// Pieces of text with the links that are none put behind them in brackets, so that they are not lost.
pub(crate) fn spelled_out(inlines: &[Inline]) -> Vec<Inline> {
    let mut spelled = Vec::with_capacity(inlines.len());
    let mut open: Option<String> = None;
    let close = |open: &mut Option<String>, spelled: &mut Vec<Inline>| {
        if let Some(url) = open.take().filter(|url| !url.is_empty()) {
            spelled.push(Inline::Text(format!(" ({url})"), Style::default()));
        }
    };
    for inline in inlines {
        let bad = match inline {
            Inline::Text(_, Style { link: Some(url), .. }) if !is_link(url) => Some(url.clone()),
            _ => None,
        };
        if open != bad {
            close(&mut open, &mut spelled);
        }
        match (inline, &bad) {
            (Inline::Text(text, style), Some(_)) => {
                spelled.push(Inline::Text(text.clone(), Style { link: None, ..style.clone() }));
            }
            (other, _) => spelled.push(other.clone()),
        }
        open = bad;
    }
    close(&mut open, &mut spelled);
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_run_something_are_none() {
        for bad in
            ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "../a", "#a", "http://", "HTTP:x", "//evil.example"]
        {
            assert!(!is_link(bad), "{bad}");
        }
        for good in ["https://a.example/x?y#z", "http://a.example", "mailto:a@b.example"] {
            assert!(is_link(good), "{good}");
        }
    }

    #[test]
    fn the_address_of_a_link_that_is_none_stays_readable() {
        let inlines = parse("see [the **file**](../a.md) and more");
        let Some(Block::Paragraph(inlines)) = inlines.first() else { panic!("no paragraph") };
        assert_eq!(plain(&spelled_out(inlines)), "see the file (../a.md) and more");
    }
}
