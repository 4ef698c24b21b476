//! Finds links to GitHub, Notion and Jira in any text. Pure: no network, no panic, time linear in the length of the text.

mod address;
mod code;
mod github;
mod github_path;
mod jira;
mod model;
mod notion;
mod scan;
mod shorthand;
#[cfg(test)]
mod tests;

pub use model::{Confidence, JiraSite, Lines, Link, LinkKind, LinkOptions, LinkProvider, RefSplit, Repository, Span, Target};

/// The most links that are found in one text.
pub const MOST_LINKS: usize = 1000;

/// The links of a text, in order and without overlaps, at most [`MOST_LINKS`].
pub fn parse_links(text: &str, options: &LinkOptions) -> Vec<Link> {
    scan::links(text, options)
}

/// The first link of a text that is surely one: what somebody pasted.
pub fn parse_link(text: &str) -> Option<Link> {
    let found = parse_links(text, &LinkOptions::default());
    found.into_iter().max_by_key(|link| (link.confidence, std::cmp::Reverse(link.span.start)))
}

/// The body of a fuzz target: what is found lies in the text, in order and without overlaps, and its canonical address is found again as
/// the same thing.
///
/// # Panics
///
/// When it does not hold.
#[cfg(any(test, feature = "testing"))]
pub fn fuzz(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let repository = Repository { owner: "o".to_owned(), name: "r".to_owned() };
    let options = LinkOptions { default_repository: Some(repository), ..LinkOptions::default() };
    let mut end = 0;
    for link in parse_links(&text, &options) {
        assert!(link.span.start >= end && link.span.start < link.span.end, "{text:?}: {link:?}");
        assert!(text.get(link.span.start..link.span.end).is_some(), "{text:?}: {link:?}");
        end = link.span.end;
        let Some(url) = &link.canonical_url else { continue };
        let again = parse_links(url, &options);
        assert!(
            again.len() == 1 && again.iter().all(|again| is_same(&link, again)),
            "{text:?}: {url} is {again:?}, not {link:?}"
        );
    }
}

#[cfg(any(test, feature = "testing"))]
fn is_same(link: &Link, again: &Link) -> bool {
    let (one, other) = (&link.target, &again.target);
    let names = |of: &Target| {
        [&of.owner, &of.repo, &of.sha, &of.page_id, &of.view_id, &of.block_id, &of.project, &of.issue_key].map(Clone::clone)
    };
    // A clone, an archive or a resource of the API leads to its repository; a gist's address may leave its owner out.
    let narrower =
        matches!(link.kind, LinkKind::Archive | LinkKind::Api | LinkKind::Editor | LinkKind::Gist | LinkKind::PullRequest);
    link.provider == again.provider && (narrower || names(one) == names(other))
}
