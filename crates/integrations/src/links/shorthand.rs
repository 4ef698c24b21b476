//! What people write instead of addresses. Most of it may be something else.

use super::address::written;
use super::github::{is_github, owner_is_fine, repo_name};
use super::github_path::{is_sha, number as read_number};
use super::jira::project;
use super::model::{Confidence, Link, LinkKind, LinkOptions, LinkProvider, Repository, Span, Target};
use super::scan::{Hit, View};

/// What looks like the key of an issue and never is one: standards, encodings, algorithms.
fn is_standard(name: &str) -> bool {
    matches!(
        name,
        "AES"
            | "ANSI"
            | "ARM"
            | "ASCII"
            | "BASE"
            | "BLAKE"
            | "CET"
            | "COVID"
            | "CRC"
            | "CVE"
            | "CWE"
            | "DDR"
            | "ECMA"
            | "EN"
            | "ES"
            | "FIPS"
            | "GHSA"
            | "GMT"
            | "GPT"
            | "HTTP"
            | "IEEE"
            | "IPV"
            | "ISBN"
            | "ISO"
            | "ISSN"
            | "KB"
            | "MD"
            | "MP"
            | "MPEG"
            | "NIST"
            | "PEP"
            | "RFC"
            | "RSA"
            | "SHA"
            | "TLS"
            | "USB"
            | "UTC"
            | "UTF"
            | "WCAG"
            | "WIN"
    )
}

fn hit(span: Span, confidence: Confidence, provider: LinkProvider, kind: LinkKind, target: Target) -> Link {
    Link { provider, kind, confidence, span, host: None, canonical_url: None, target }
}

fn of_repository(owner: &str, name: &str) -> Target {
    Target { owner: Some(owner.to_owned()), repo: Some(name.to_owned()), ..Target::default() }
}

/// `git@github.com:owner/repo.git`.
pub(super) fn clone(view: &View<'_>, options: &LinkOptions) -> Option<Hit> {
    let user = view.before(4, |byte| byte.is_ascii_alphanumeric());
    let start = view.at.checked_sub(user.len())?;
    if user != "git" || !view.is_border(start.checked_sub(1)) {
        return None;
    }
    let host = view.after(253, |byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)).to_ascii_lowercase();
    if !is_github(&host, options) {
        return None;
    }
    let colon = view.at + 1 + host.len();
    if view.part.as_bytes().get(colon) != Some(&b':') {
        return None;
    }
    let path = view.moved_to(colon).after(160, |byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte));
    let path = path.trim_end_matches(['.', '/']);
    let (owner, name) = path.split_once('/')?;
    let name = repo_name(name)?;
    if !owner_is_fine(owner) {
        return None;
    }
    let span = Span { start, end: colon + 1 + path.len() };
    let link = Link {
        host: Some(host.clone()),
        canonical_url: Some(written(&host, [owner, name])),
        ..hit(span, Confidence::High, LinkProvider::Github, LinkKind::Clone, of_repository(owner, name))
    };
    Some(Hit { end: span.end, link: Some(link) })
}

/// `owner/repo` before the place.
fn repository<'a>(view: &View<'a>) -> Option<(&'a str, &'a str, usize)> {
    let text = view.before(141, |byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte));
    let (owner, name) = text.split_once('/')?;
    let start = view.at - text.len();
    let whole = repo_name(name) == Some(name) && owner_is_fine(owner) && view.is_border(start.checked_sub(1));
    whole.then_some((owner, name, start))
}

/// `owner/repo@0a1b2c3`.
pub(super) fn commit(view: &View<'_>) -> Option<Hit> {
    let sha = view.after(65, |byte| byte.is_ascii_hexdigit());
    let end = view.at + 1 + sha.len();
    // Only digits are a version.
    if !is_sha(sha) || !sha.bytes().any(|byte| byte.is_ascii_alphabetic()) || !ends_at(view, end) {
        return None;
    }
    let (owner, name, start) = repository(view)?;
    let target = Target { sha: Some(sha.to_ascii_lowercase()), ..of_repository(owner, name) };
    let url = written("github.com", [owner, name, "commit", sha]);
    let link = hit(Span { start, end }, Confidence::Low, LinkProvider::Github, LinkKind::Commit, target);
    Some(Hit { end, link: Some(Link { canonical_url: Some(url), ..link }) })
}

/// `owner/repo#12`, and `#12` where it is known which repository is meant.
pub(super) fn number(view: &View<'_>, options: &LinkOptions) -> Option<Hit> {
    let digits = view.after(11, |byte| byte.is_ascii_digit());
    let end = view.at + 1 + digits.len();
    let number = read_number(digits).filter(|_| !digits.starts_with('0') && ends_at(view, end))?;
    let (owner, name, start) = match repository(view) {
        Some(found) => found,
        None => {
            let Repository { owner, name } = options.default_repository.as_ref()?;
            view.is_border(view.at.checked_sub(1)).then_some((owner.as_str(), name.as_str(), view.at))?
        }
    };
    Some(numbered(Some((owner, name)), number, Span { start, end }))
}

/// An issue, or a pull request: GitHub counts both together.
fn numbered(of: Option<(&str, &str)>, number: u64, span: Span) -> Hit {
    let target = of.map(|(owner, name)| of_repository(owner, name)).unwrap_or_default();
    let canonical_url = of.map(|(owner, name)| written("github.com", [owner, name, "issues", &number.to_string()]));
    let target = Target { number: Some(number), ..target };
    let link = hit(span, Confidence::Low, LinkProvider::Github, LinkKind::Issue, target);
    Hit { end: span.end, link: Some(Link { canonical_url, ..link }) }
}

/// `PROJ-12`, and `GH-12`.
pub(super) fn key(view: &View<'_>, options: &LinkOptions) -> Option<Hit> {
    let name = view.before(11, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let digits = view.after(11, |byte| byte.is_ascii_digit());
    let (start, end) = (view.at - name.len(), view.at + 1 + digits.len());
    let number = read_number(digits).filter(|_| !digits.starts_with('0') && ends_at(view, end))?;
    if !view.is_border(start.checked_sub(1)) {
        return None;
    }
    let span = Span { start, end };
    if name == "GH" {
        let of = options.default_repository.as_ref().map(|known| (known.owner.as_str(), known.name.as_str()));
        return Some(numbered(of, number, span));
    }
    let name = project(name, false)?;
    let known = options.jira_projects.iter().any(|project| project.eq_ignore_ascii_case(&name));
    if !known && is_standard(&name) {
        return None;
    }
    let issue_key = format!("{name}-{digits}");
    let target = Target { project: Some(name), issue_key: Some(issue_key), ..Target::default() };
    let confidence = if known { Confidence::High } else { Confidence::Low };
    Some(Hit { end, link: Some(hit(span, confidence, LinkProvider::Jira, LinkKind::Issue, target)) })
}

/// True when nothing goes on at `end`; a dot may be the end of the sentence.
fn ends_at(view: &View<'_>, end: usize) -> bool {
    let next = |index: usize| view.part.as_bytes().get(index).copied();
    match next(end) {
        Some(b'.') => !next(end + 1).is_some_and(|byte| byte.is_ascii_alphanumeric()),
        _ => view.is_border(Some(end)),
    }
}
