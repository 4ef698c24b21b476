use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{Alert, Block, Inline, Item, Style};

/// Lists and quotes nest so deep; what is deeper is put into the deepest one. Trees stay shallow for whoever walks them.
const MAX_DEPTH: usize = 12;

/// Reads Markdown (CommonMark with GitHub's tables, tasks, strikes and alerts, and math).
pub(crate) fn parse(markdown: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    let mut builder = Builder::default();
    for event in Parser::new_ext(markdown, options) {
        builder.take(event);
    }
    builder.finish()
}

/// A container that is open.
enum Open {
    Quote(Option<Alert>),
    List(Option<u64>, Vec<Item>),
    Item(Option<bool>),
    /// Too deep: what is in it goes to the one around it.
    Through,
}

#[derive(Default)]
struct Builder {
    /// Containers from outside in, each with the blocks before it in its own parent.
    open: Vec<(Open, Vec<Block>)>,
    blocks: Vec<Block>,
    inlines: Vec<Inline>,
    style: Style,
    strong: usize,
    em: usize,
    strike: usize,
    links: Vec<(Option<String>, String)>,
    code: Option<(String, String)>,
    /// An image that is open: how many are nested, its address, title and description.
    image: Option<(usize, String, String, String)>,
    table: Vec<Vec<Vec<Inline>>>,
    row: Vec<Vec<Inline>>,
}

/// Characters that XML has no place for are shown as such.
fn clean(text: &str) -> String {
    let one = |letter: char| match letter {
        '\n' | '\t' => letter,
        '\r' => '\n',
        _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => char::REPLACEMENT_CHARACTER,
        _ => letter,
    };
    text.chars().map(one).collect()
}

fn level(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

fn alert(kind: BlockQuoteKind) -> Alert {
    match kind {
        BlockQuoteKind::Note => Alert::Note,
        BlockQuoteKind::Tip => Alert::Tip,
        BlockQuoteKind::Important => Alert::Important,
        BlockQuoteKind::Warning => Alert::Warning,
        BlockQuoteKind::Caution => Alert::Caution,
    }
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::InlineHtml(html) if is_line_break(&html) => self.inlines.push(Inline::Break),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&clean(&text), false),
            Event::Code(text) => self.text(&clean(&text), true),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.math(&clean(&text)),
            Event::SoftBreak => self.text(" ", false),
            Event::HardBreak if self.image.is_some() => self.text(" ", false),
            Event::HardBreak => self.inlines.push(Inline::Break),
            Event::Rule => {
                self.flush();
                self.blocks.push(Block::Rule);
            }
            Event::TaskListMarker(done) => self.mark(done),
            // Footnotes are not read: their marks stay text.
            Event::FootnoteReference(name) => self.text(&format!("[^{}]", clean(&name)), false),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Heading { .. } | Tag::Table(_) => self.flush(),
            Tag::BlockQuote(kind) => self.enter(Open::Quote(kind.map(alert))),
            Tag::List(start) => self.enter(Open::List(start, Vec::new())),
            Tag::Item => self.enter(Open::Item(None)),
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = if let CodeBlockKind::Fenced(info) = &kind { clean(info) } else { String::new() };
                self.code = Some((language, String::new()));
            }
            Tag::HtmlBlock => {
                self.flush();
                self.code = Some(("html".to_owned(), String::new()));
            }
            Tag::Emphasis => self.em += 1,
            Tag::Strong => self.strong += 1,
            Tag::Strikethrough => self.strike += 1,
            Tag::Link { dest_url, title, .. } if self.image.is_none() => {
                self.links.push((self.style.link.take(), clean(&title)));
                self.style.link = Some(clean(&dest_url));
            }
            Tag::Image { dest_url, title, .. } => match &mut self.image {
                Some((depth, ..)) => *depth += 1,
                None => self.image = Some((1, clean(&dest_url), clean(&title), String::new())),
            },
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Paragraph => self.flush(),
            TagEnd::Heading(own) => {
                let inlines = std::mem::take(&mut self.inlines);
                self.blocks.push(Block::Heading(level(own), inlines));
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => self.leave(),
            TagEnd::CodeBlock | TagEnd::HtmlBlock => {
                if let Some((language, mut text)) = self.code.take() {
                    if text.ends_with('\n') {
                        text.pop();
                    }
                    self.blocks.push(Block::Code { language, text });
                }
            }
            TagEnd::TableCell => self.row.push(std::mem::take(&mut self.inlines)),
            TagEnd::TableHead | TagEnd::TableRow => self.table.push(std::mem::take(&mut self.row)),
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.table);
                self.blocks.push(Block::Table(rows));
            }
            TagEnd::Emphasis => self.em = self.em.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Strikethrough => self.strike = self.strike.saturating_sub(1),
            TagEnd::Link if self.image.is_none() => {
                if let Some((before, title)) = self.links.pop() {
                    self.style.link = before;
                    self.title(&title);
                }
            }
            TagEnd::Image => self.end_image(),
            _ => {}
        }
    }

    /// What a link or an image is titled has no place of its own elsewhere.
    fn title(&mut self, title: &str) {
        if !title.is_empty() {
            self.text(&format!(" ({title})"), false);
        }
    }

    fn end_image(&mut self) {
        match self.image.take() {
            Some((depth, url, title, alt)) if depth > 1 => self.image = Some((depth - 1, url, title, alt)),
            Some((_, url, title, alt)) => {
                self.inlines.push(Inline::Image { alt, url });
                self.title(&title);
            }
            None => {}
        }
    }

    fn text(&mut self, text: &str, code: bool) {
        if text.is_empty() {
            return;
        }
        if let Some((_, collected)) = &mut self.code {
            collected.push_str(text);
            return;
        }
        if let Some((.., alt)) = &mut self.image {
            alt.push_str(text);
            return;
        }
        let style =
            Style { strong: self.strong > 0, em: self.em > 0, strike: self.strike > 0, code, link: self.style.link.clone() };
        match self.inlines.last_mut() {
            Some(Inline::Text(before, own)) if *own == style => before.push_str(text),
            _ => self.inlines.push(Inline::Text(text.to_owned(), style)),
        }
    }

    fn math(&mut self, expression: &str) {
        if self.image.is_some() || self.style.link.is_some() {
            self.text(&format!("${expression}$"), false);
        } else if !expression.trim().is_empty() {
            self.inlines.push(Inline::Math(expression.to_owned()));
        }
    }

    /// Ends a paragraph; items of tight lists have theirs without a mark.
    fn flush(&mut self) {
        let inlines = std::mem::take(&mut self.inlines);
        match inlines.as_slice() {
            [] => {}
            [Inline::Math(expression)] => self.blocks.push(Block::Math(expression.clone())),
            _ => self.blocks.push(Block::Paragraph(inlines)),
        }
    }

    fn mark(&mut self, done: bool) {
        match self.open.last_mut() {
            Some((Open::Item(checked), _)) => *checked = Some(done),
            _ => self.text(if done { "[x] " } else { "[ ] " }, false),
        }
    }

    fn enter(&mut self, open: Open) {
        self.flush();
        let nested = self.open.iter().filter(|(open, _)| !matches!(open, Open::Through)).count();
        let inside_through = matches!(self.open.last(), Some((Open::Through, _)));
        // A list and its items go together: an item alone has no place.
        let too_deep = nested >= MAX_DEPTH && !matches!(open, Open::Item(_));
        let orphan = matches!(open, Open::Item(_)) && inside_through;
        let open = if too_deep || orphan { Open::Through } else { open };
        self.open.push((open, std::mem::take(&mut self.blocks)));
    }

    fn leave(&mut self) {
        self.flush();
        let Some((open, mut before)) = self.open.pop() else { return };
        let inner = std::mem::take(&mut self.blocks);
        match open {
            Open::Quote(kind) => before.push(Block::Quote(kind, inner)),
            Open::List(start, items) => before.push(Block::List { start, items }),
            Open::Item(checked) => {
                if let Some((Open::List(_, items), _)) = self.open.last_mut() {
                    items.push(Item { checked, blocks: inner });
                } else {
                    before.extend(inner);
                }
            }
            Open::Through => before.extend(inner),
        }
        self.blocks = before;
    }

    fn finish(mut self) -> Vec<Block> {
        while !self.open.is_empty() {
            self.leave();
        }
        self.flush();
        self.blocks
    }
}

fn is_line_break(html: &str) -> bool {
    let inner = html.trim().trim_start_matches('<').trim_end_matches('>').trim_end_matches('/').trim();
    inner.eq_ignore_ascii_case("br")
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    #[test]
    fn a_tight_list_has_its_items_and_tasks() {
        let blocks = parse("- [x] done\n- [ ] open\n  1. inner\n");
        let Some(Block::List { start: None, items }) = blocks.first() else { panic!("{blocks:?}") };
        assert_eq!(items.iter().map(|item| item.checked).collect::<Vec<_>>(), [Some(true), Some(false)]);
        assert!(matches!(items[1].blocks.as_slice(), [Block::Paragraph(_), Block::List { start: Some(1), .. }]));
    }

    #[test]
    fn depth_is_bounded_and_the_text_stays() {
        let deep = format!("{}end", "> ".repeat(500));
        let mut blocks = &parse(&deep);
        let mut depth = 0;
        while let Some(Block::Quote(_, inner)) = blocks.first() {
            (blocks, depth) = (inner, depth + 1);
        }
        assert_eq!(depth, MAX_DEPTH);
        let Some(Block::Paragraph(inlines)) = blocks.first() else { panic!("{blocks:?}") };
        assert_eq!(plain(inlines), "end");
        let list = (0..100).map(|at| format!("{}- item {at}", "  ".repeat(at))).collect::<Vec<_>>().join("\n");
        let text = format!("{:?}", parse(&list));
        assert!((0..100).all(|at| text.contains(&format!("item {at}\""))), "{text}");
    }

    #[test]
    fn html_titles_and_control_characters_stay_readable() {
        let blocks =
            parse("a<br>b <kbd>x</kbd> \u{1}\n\n<!-- hidden -->\n\n[l](https://a.example \"t\") ![i](https://b.example \"u\")");
        let text: Vec<String> = blocks
            .iter()
            .map(|block| match block {
                Block::Paragraph(inlines) => plain(inlines),
                Block::Code { language, text } => format!("{language}: {text}"),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(text, ["a b <kbd>x</kbd> \u{fffd}", "html: <!-- hidden -->", "l (t) i (u)"]);
    }
}
