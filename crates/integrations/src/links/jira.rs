use super::address::{Address, written};
use super::model::{Confidence, Link, LinkKind, LinkOptions, LinkProvider, Span, Target};

/// An issue, board or project of a known site.
pub(super) fn read(address: &Address, options: &LinkOptions) -> Option<Link> {
    if !address.is_web() {
        return None;
    }
    let segments: Vec<&str> = address.segments.iter().map(String::as_str).collect();
    if address.host == "api.atlassian.com" && address.port.is_none() {
        let ["ex", "jira", cloud, rest @ ..] = segments.as_slice() else { return None };
        let place = Place { site: format!("cloud:{cloud}"), authority: None, context: String::new(), underscores: false };
        return api(rest, &place).map(|target| place.link(address, LinkKind::Issue, Confidence::Low, target));
    }
    let (place, rest) = place(address, &segments, options)?;
    let (kind, target) = page(address, rest, &place)?;
    let by_api = rest.first() == Some(&"rest");
    Some(place.link(address, kind, if by_api { Confidence::Medium } else { Confidence::High }, target))
}

/// Where a Jira is.
struct Place {
    site: String,
    /// Where its pages are; none: only its API is known.
    authority: Option<String>,
    context: String,
    /// Keys may have underscores: on own hosts alone.
    underscores: bool,
}

/// The site of an address, and what follows its context path.
fn place<'s>(address: &Address, segments: &'s [&'s str], options: &LinkOptions) -> Option<(Place, &'s [&'s str])> {
    let authority = address.authority();
    let cloud = address.host.strip_suffix(".atlassian.net").is_some_and(|site| !site.is_empty() && !site.contains('.'));
    if cloud && address.port.is_none() {
        let site = format!("https://{authority}");
        return Some((Place { site, authority: Some(authority), context: String::new(), underscores: false }, segments));
    }
    options.jira_sites.iter().filter(|site| site.host.eq_ignore_ascii_case(&authority)).find_map(|site| {
        let context = site.context_path.trim_matches('/');
        let before = context.split('/').filter(|segment| !segment.is_empty()).collect::<Vec<_>>();
        let rest = segments.get(before.len()..).filter(|_| segments.iter().zip(&before).all(|(own, known)| own == known))?;
        let slash = if context.is_empty() { "" } else { "/" };
        let base = format!("https://{authority}{slash}{context}");
        Some((Place { site: base, authority: Some(authority.clone()), context: context.to_owned(), underscores: true }, rest))
    })
}

fn page(address: &Address, segments: &[&str], place: &Place) -> Option<(LinkKind, Target)> {
    let selected = || address.parameter("selectedIssue").and_then(|text| key(text, place.underscores));
    match segments {
        ["browse", text] => match key(text, place.underscores) {
            Some(found) => Some((LinkKind::Issue, issue(found, comment(address)))),
            // A key without a number is a project.
            None => Some((LinkKind::Project, project_target(project(text, place.underscores)?))),
        },
        ["issues", text] | ["projects", _, "issues", text] | ["servicedesk", "customer", "portal", _, text] => {
            Some((LinkKind::Issue, issue(key(text, place.underscores)?, comment(address))))
        }
        ["issues"] => Some((LinkKind::Issue, issue(selected()?, None))),
        ["secure", "RapidBoard.jspa"] => match selected() {
            Some(found) => Some((LinkKind::Issue, issue(found, None))),
            None => Some((LinkKind::Board, board(None, address.parameter("rapidView")?)?)),
        },
        ["jira", rest @ ..] => in_project(rest, place, selected()),
        ["rest", ..] => api(segments, place).map(|target| (LinkKind::Issue, target)),
        _ => None,
    }
}

/// `/jira/software/c/projects/KEY/boards/1`, `/jira/servicedesk/projects/KEY/queues/custom/1/KEY-1` and their relatives.
fn in_project(segments: &[&str], place: &Place, selected: Option<(String, String)>) -> Option<(LinkKind, Target)> {
    let (["software" | "core" | "servicedesk", "c", "projects", name, rest @ ..]
    | ["software" | "core" | "servicedesk", "projects", name, rest @ ..]) = segments
    else {
        return None;
    };
    let project = project(name, place.underscores)?;
    let last = rest.last().and_then(|text| key(text, place.underscores));
    if let Some(found) = selected.or(last) {
        return Some((LinkKind::Issue, issue(found, None)));
    }
    match rest {
        ["boards", number, ..] => Some((LinkKind::Board, board(Some(project), number)?)),
        _ => Some((LinkKind::Project, project_target(project))),
    }
}

fn api(segments: &[&str], place: &Place) -> Option<Target> {
    match segments {
        ["rest", "api", "2" | "3" | "latest", "issue", text, ..] => Some(issue(key(text, place.underscores)?, None)),
        _ => None,
    }
}

fn issue((project, issue_key): (String, String), anchor: Option<String>) -> Target {
    Target { project: Some(project), issue_key: Some(issue_key), anchor, ..Target::default() }
}

fn project_target(project: String) -> Target {
    Target { project: Some(project), ..Target::default() }
}

fn board(project: Option<String>, number: &str) -> Option<Target> {
    Some(Target { project, number: Some(super::github_path::number(number)?), ..Target::default() })
}

fn comment(address: &Address) -> Option<String> {
    let digits = |text: &str| super::github_path::number(text).map(|number| number.to_string());
    let focused = address.parameter("focusedCommentId").and_then(digits);
    focused.or_else(|| address.fragment.strip_prefix("comment-").and_then(digits))
}

impl Place {
    fn link(&self, address: &Address, kind: LinkKind, confidence: Confidence, target: Target) -> Link {
        let number = target.number.map(|number| number.to_string());
        let canonical = |authority: &String| {
            let rest: Vec<&str> = match (&target.issue_key, &target.project, &number) {
                (Some(key), ..) => vec!["browse", key],
                (None, Some(project), Some(number)) => vec!["jira/software/projects", project, "boards", number],
                (None, Some(project), None) => vec!["browse", project],
                _ => return None,
            };
            Some(written(authority, [self.context.as_str()].into_iter().chain(rest)))
        };
        Link {
            provider: LinkProvider::Jira,
            kind,
            confidence,
            span: Span { start: 0, end: 0 },
            canonical_url: self.authority.as_ref().and_then(canonical),
            host: Some(address.host.clone()),
            target: Target { site: Some(self.site.clone()), ..target },
        }
    }
}

/// Project and issue key. In addresses small letters are taken too: the server does.
fn key(text: &str, underscores: bool) -> Option<(String, String)> {
    let text = text.to_ascii_uppercase();
    let (name, number) = text.rsplit_once('-')?;
    let name = project(name, underscores)?;
    (!number.starts_with('0') && super::github_path::number(number).is_some()).then(|| (name, text.clone()))
}

/// `[A-Z][A-Z0-9]{1,9}`; own hosts may allow underscores.
pub(super) fn project(text: &str, underscores: bool) -> Option<String> {
    let text = text.to_ascii_uppercase();
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || (underscores && byte == b'_');
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    (begins && (2..=10).contains(&text.len()) && text.bytes().all(fits)).then_some(text)
}
