use super::address::{Address, written};
use super::github_path::{self, is_sha, split_ref};
use super::model::{Confidence, Link, LinkKind, LinkOptions, LinkProvider, Span, Target};

/// First segments that are pages of the site, and no owners.
fn is_reserved(segment: &str) -> bool {
    matches!(
        segment.to_ascii_lowercase().as_str(),
        "about"
            | "account"
            | "apps"
            | "blog"
            | "business"
            | "careers"
            | "codespaces"
            | "collections"
            | "community"
            | "contact"
            | "copilot"
            | "customer-stories"
            | "dashboard"
            | "discussions"
            | "education"
            | "enterprise"
            | "events"
            | "explore"
            | "features"
            | "gist"
            | "home"
            | "images"
            | "issues"
            | "join"
            | "login"
            | "logout"
            | "marketplace"
            | "mobile"
            | "models"
            | "new"
            | "newsroom"
            | "nonprofit"
            | "notifications"
            | "organizations"
            | "orgs"
            | "pages"
            | "partners"
            | "premium-support"
            | "pricing"
            | "pulls"
            | "readme"
            | "resources"
            | "search"
            | "security"
            | "sessions"
            | "settings"
            | "signup"
            | "site"
            | "solutions"
            | "sponsors"
            | "stars"
            | "team"
            | "topics"
            | "trending"
            | "watching"
    )
}

/// What a host of GitHub serves. The text is the host of its pages.
enum Place {
    Web(String),
    /// Pages of an own server, which has raw files, gists and the API below paths.
    Own(String),
    Raw(String),
    Gist(String),
    GistRaw,
    Api(String),
    Archives,
    Editor,
}

/// Whatever GitHub shows at this address.
pub(super) fn read(address: &Address, options: &LinkOptions) -> Option<Link> {
    let place = place(&address.authority(), options)?;
    let segments: Vec<&str> = address.segments.iter().map(String::as_str).collect();
    if !address.is_web() {
        let (Place::Web(host) | Place::Own(host)) = place else { return None };
        return matches!(address.scheme.as_str(), "ssh" | "git" | "git+ssh" | "git+https")
            .then(|| clone(&host, &segments))
            .flatten();
    }
    let found = match (&place, segments.as_slice()) {
        (Place::Own(host), ["raw", rest @ ..]) | (Place::Raw(host), rest) => raw(host, rest),
        (Place::Own(host), ["gist", rest @ ..]) => gist(address, &format!("{host}/gist"), rest),
        (Place::Own(host), ["api", "v3", rest @ ..]) | (Place::Api(host), rest) => api(address, host, rest),
        (Place::Web(host) | Place::Own(host), rest) => repository_page(address, host, rest),
        (Place::Gist(host), rest) => gist(address, host, rest),
        (Place::GistRaw, rest) => gist_raw(rest),
        (Place::Archives, rest) => archive(rest),
        (Place::Editor, rest) => editor(address, rest),
    };
    found.map(|link| Link { host: Some(address.host.clone()), ..link })
}

/// True for a host whose pages are repositories.
pub(super) fn is_github(host: &str, options: &LinkOptions) -> bool {
    matches!(place(host, options), Some(Place::Web(_) | Place::Own(_)))
}

fn place(authority: &str, options: &LinkOptions) -> Option<Place> {
    let own = |host: &str| options.github_hosts.iter().any(|known| known.eq_ignore_ascii_case(host)).then(|| host.to_owned());
    Some(match authority {
        "github.com" | "www.github.com" => Place::Web("github.com".to_owned()),
        "raw.githubusercontent.com" => Place::Raw("github.com".to_owned()),
        "gist.github.com" => Place::Gist(authority.to_owned()),
        "gist.githubusercontent.com" => Place::GistRaw,
        "api.github.com" => Place::Api("github.com".to_owned()),
        "codeload.github.com" => Place::Archives,
        "github.dev" => Place::Editor,
        _ => {
            if let Some(name) = authority.strip_suffix(".ghe.com") {
                return match name.strip_prefix("api.") {
                    Some(name) if is_label(name) => Some(Place::Api(format!("{name}.ghe.com"))),
                    _ => is_label(name).then(|| Place::Web(authority.to_owned())),
                };
            }
            if let Some(host) = own(authority) {
                return Some(Place::Own(host));
            }
            let (sub, host) = authority.split_once('.')?;
            let host = own(host)?;
            return match sub {
                "raw" => Some(Place::Raw(host)),
                "gist" => Some(Place::Gist(authority.to_owned())),
                _ => None,
            };
        }
    })
}

fn is_label(name: &str) -> bool {
    !name.is_empty() && !name.contains('.')
}

/// A name of a person or organisation. It never has a dot: that would be a page or a host.
pub(super) fn owner_is_fine(owner: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=39).contains(&owner.len()) && owner.bytes().all(fits) && !owner.starts_with(['-', '_']) && !is_reserved(owner)
}

/// The name of a repository, without `.git`.
pub(super) fn repo_name(text: &str) -> Option<&str> {
    let name = text.strip_suffix(".git").unwrap_or(text);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fine = (1..=100).contains(&name.len()) && name.bytes().all(fits) && !matches!(name, "." | "..");
    fine.then_some(name)
}

/// Owner and repository, and what follows.
fn within<'a, 's>(segments: &'s [&'a str]) -> Option<(&'a str, &'a str, &'s [&'a str])> {
    let [owner, name, rest @ ..] = segments else { return None };
    let name = repo_name(name)?;
    owner_is_fine(owner).then_some((*owner, name, rest))
}

pub(super) fn link(kind: LinkKind, confidence: Confidence, url: String, target: Target) -> Link {
    Link {
        provider: LinkProvider::Github,
        kind,
        confidence,
        span: Span { start: 0, end: 0 },
        host: None,
        canonical_url: Some(url),
        target,
    }
}

fn of(owner: &str, name: &str) -> Target {
    Target { owner: Some(owner.to_owned()), repo: Some(name.to_owned()), ..Target::default() }
}

fn clone(host: &str, segments: &[&str]) -> Option<Link> {
    let (owner, name, []) = within(segments)? else { return None };
    Some(link(LinkKind::Clone, Confidence::High, written(host, [owner, name]), of(owner, name)))
}

fn repository_page(address: &Address, host: &str, segments: &[&str]) -> Option<Link> {
    let (owner, name, rest) = within(segments)?;
    let page = github_path::read(rest, &address.fragment);
    let (kind, confidence, target, canonical) = match page {
        Some(page) => (page.kind, Confidence::High, page.target, page.canonical),
        None if rest.is_empty() => (LinkKind::Repository, Confidence::High, Target::default(), Vec::new()),
        // A page of the repository that nothing here knows: the repository it is.
        None => (LinkKind::Repository, Confidence::Medium, Target::default(), Vec::new()),
    };
    let pieces = [owner, name].into_iter().chain(canonical.iter().map(String::as_str));
    let anchor = || target.anchor.as_ref().map(|anchor| format!("#{anchor}"));
    let fragment = target.lines.map(github_path::fragment).or_else(anchor).unwrap_or_default();
    let url = written(host, pieces) + &fragment;
    let target = Target { owner: Some(owner.to_owned()), repo: Some(name.to_owned()), ..target };
    Some(link(kind, confidence, url, target))
}

/// `OWNER/REPO/REF/PATH`, or with `refs/heads/` before the ref.
fn raw(host: &str, segments: &[&str]) -> Option<Link> {
    let (owner, name, rest) = within(segments)?;
    let target = split_ref(rest)?;
    let ref_path = target.ref_path.clone().unwrap_or_default();
    let url = written(host, [owner, name, "raw", ref_path.as_str()]);
    let target = Target { owner: Some(owner.to_owned()), repo: Some(name.to_owned()), ..target };
    Some(link(LinkKind::Raw, Confidence::High, url, target))
}

fn is_gist(id: &str) -> bool {
    let hex = (20..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex || ((1..=10).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `[USER/]ID[/SHA][#file-name-ext]`.
fn gist(address: &Address, authority: &str, segments: &[&str]) -> Option<Link> {
    let (owner, id, rest) = match segments {
        [id, rest @ ..] if is_gist(id) => (None, *id, rest),
        [owner, id, rest @ ..] if is_gist(id) && owner_is_fine(owner) => (Some(*owner), *id, rest),
        _ => return None,
    };
    let sha = rest.first().filter(|text| is_sha(text));
    let target = Target {
        owner: owner.map(str::to_owned),
        id: Some(id.to_owned()),
        sha: sha.map(|sha| (*sha).to_owned()),
        path: address.fragment.strip_prefix("file-").filter(|name| !name.is_empty()).map(str::to_owned),
        ..Target::default()
    };
    let (host, prefix) = authority.split_once('/').unwrap_or((authority, ""));
    let pieces = [prefix, owner.unwrap_or_default(), id, sha.copied().unwrap_or_default()];
    Some(link(LinkKind::Gist, Confidence::High, written(host, pieces), target))
}

/// `USER/ID/raw/[SHA/]FILE`.
fn gist_raw(segments: &[&str]) -> Option<Link> {
    let [owner, id, "raw", rest @ ..] = segments else { return None };
    if !owner_is_fine(owner) || !is_gist(id) {
        return None;
    }
    let (sha, file) = match rest {
        [sha, file] if is_sha(sha) => (Some((*sha).to_owned()), Some((*file).to_owned())),
        [sha] if is_sha(sha) => (Some((*sha).to_owned()), None),
        [file] => (None, Some((*file).to_owned())),
        _ => (None, None),
    };
    let url = written("gist.github.com", [*owner, *id]);
    let target = Target { owner: Some((*owner).to_owned()), id: Some((*id).to_owned()), sha, path: file, ..Target::default() };
    Some(link(LinkKind::Gist, Confidence::High, url, target))
}

/// `repos/OWNER/REPO/..` of the REST API.
fn api(address: &Address, host: &str, segments: &[&str]) -> Option<Link> {
    let ["repos", segments @ ..] = segments else { return None };
    let (owner, name, rest) = within(segments)?;
    let found = match rest {
        ["issues" | "pulls", digits, ..] => Target { number: github_path::number(digits), ..Target::default() },
        ["commits", sha, ..] if is_sha(sha) => Target { sha: Some((*sha).to_owned()), ..Target::default() },
        ["contents", path @ ..] => {
            let reference = address.parameter("ref").map(str::to_owned);
            Target { path: Some(path.join("/")), reference, ..Target::default() }
        }
        _ => Target::default(),
    };
    let target = Target { owner: Some(owner.to_owned()), repo: Some(name.to_owned()), ..found };
    Some(link(LinkKind::Api, Confidence::High, written(host, [owner, name]), target))
}

/// `OWNER/REPO/zip/refs/heads/B`.
fn archive(segments: &[&str]) -> Option<Link> {
    let (owner, name, [_form, rest @ ..]) = within(segments)? else { return None };
    let reference = github_path::without_namespace(rest).join("/");
    let target = Target { reference: Some(reference).filter(|text| !text.is_empty()), ..of(owner, name) };
    Some(link(LinkKind::Archive, Confidence::High, written("github.com", [owner, name]), target))
}

/// The same paths as at github.com.
fn editor(address: &Address, segments: &[&str]) -> Option<Link> {
    let page = repository_page(address, "github.com", segments)?;
    Some(Link { kind: LinkKind::Editor, ..page })
}
