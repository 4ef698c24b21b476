use super::address::{Address, written};
use super::model::{Confidence, Link, LinkKind, LinkOptions, LinkProvider, Span, Target};

const HOSTS: [&str; 6] = ["notion.so", "www.notion.so", "app.notion.so", "notion.com", "www.notion.com", "app.notion.com"];

/// A page, database or block. Pages of the vendor's own site have no id and are none.
pub(super) fn read(address: &Address, options: &LinkOptions) -> Option<Link> {
    let vendors = HOSTS.contains(&address.host.as_str());
    let authority = address.authority();
    let known = if vendors || is_site(&address.host) {
        address.port.is_none()
    } else {
        options.notion_hosts.iter().any(|host| host.eq_ignore_ascii_case(&authority))
    };
    if !known || !(address.is_web() || address.scheme == "notion") {
        return None;
    }
    let page = trailing_id(address.segments.last()?)?;
    let id_of = |name: &str| address.parameter(name).and_then(whole_id);
    let anchor = address.fragment.strip_prefix("block-").unwrap_or(&address.fragment);
    let target = Target {
        page_id: Some(page.clone()),
        view_id: id_of("v"),
        peek_page_id: id_of("p"),
        block_id: whole_id(anchor),
        ..Target::default()
    };
    Some(Link {
        provider: LinkProvider::Notion,
        kind: if target.view_id.is_some() { LinkKind::Database } else { LinkKind::Page },
        confidence: Confidence::High,
        span: Span { start: 0, end: 0 },
        canonical_url: Some(canonical(if vendors { "www.notion.so" } else { &authority }, &page, &target)),
        host: Some(address.host.clone()),
        target,
    })
}

fn is_site(host: &str) -> bool {
    host.strip_suffix(".notion.site").is_some_and(|name| !name.is_empty() && !name.contains('.'))
}

/// Identity is the id: titles change, and so do hosts.
fn canonical(authority: &str, page: &str, target: &Target) -> String {
    let short = |id: &str| id.replace('-', "");
    let parameter = |name: &str, id: &Option<String>| id.as_ref().map(|id| format!("{name}={}", short(id)));
    let query = [parameter("v", &target.view_id), parameter("p", &target.peek_page_id)];
    let query = query.into_iter().flatten().collect::<Vec<_>>().join("&");
    let block = target.block_id.as_ref().map(|id| format!("#{}", short(id))).unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    [written(authority, [short(page).as_str()]).as_str(), mark, &query, &block].concat()
}

/// The id at the end of `Title-<id>`. A title may have letters that look like digits, so it is looked for from the end.
fn trailing_id(segment: &str) -> Option<String> {
    [36, 32].into_iter().find_map(|length| {
        let at = segment.len().checked_sub(length)?;
        let (title, id) = (segment.get(..at)?, segment.get(at..)?);
        (title.is_empty() || title.ends_with('-')).then(|| whole_id(id)).flatten()
    })
}

/// 32 hexadecimal digits, or the same as 8-4-4-4-12.
fn whole_id(text: &str) -> Option<String> {
    let dashed =
        text.len() == 36 && text.bytes().enumerate().all(|(index, byte)| (byte == b'-') == [8, 13, 18, 23].contains(&index));
    let digits = if dashed { text.replace('-', "") } else { text.to_owned() };
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    Some(parts.join("-"))
}
