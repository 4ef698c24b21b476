//! What follows `OWNER/REPO/`.

use super::model::{Lines, LinkKind, RefSplit, Target};

/// How many ways to read a ref are given.
const MOST_SPLITS: usize = 8;

/// A page of a repository.
pub(super) struct Page {
    pub(super) kind: LinkKind,
    pub(super) target: Target,
    /// The segments of the shortest address of it, after the repository.
    pub(super) canonical: Vec<String>,
}

/// A page that is known. None: there is none, or not a known one.
pub(super) fn read(segments: &[&str], fragment: &str) -> Option<Page> {
    let anchor = || anchor(fragment);
    match segments {
        [word @ ("tree" | "blob" | "raw" | "blame" | "edit" | "commits"), rest @ ..] => at_ref(word, rest, fragment),
        ["issues", digits] => numbered(LinkKind::Issue, "issues", digits, anchor()),
        ["discussions", digits] => numbered(LinkKind::Discussion, "discussions", digits, anchor()),
        ["pull", digits, rest @ ..] => pull_request(digits, rest, anchor()),
        ["commit", sha, ..] if is_sha(sha) => {
            Some(page(LinkKind::Commit, ["commit", sha], Target { sha: Some(sha.to_ascii_lowercase()), ..Target::default() }))
        }
        ["compare", rest @ ..] if !rest.is_empty() => compare(&rest.join("/")),
        ["releases", "tag", rest @ ..] if !rest.is_empty() => Some(release(&rest.join("/"))),
        ["releases", "download", tag, _file] => Some(release(tag)),
        ["actions", "runs", run, rest @ ..] => {
            let job = match rest {
                ["job", job, ..] => number(job).map(|job| format!("job-{job}")),
                _ => None,
            };
            Some(Page {
                kind: LinkKind::WorkflowRun,
                canonical: ["actions", "runs", run].map(str::to_owned).to_vec(),
                target: Target { number: Some(number(run)?), id: job, ..Target::default() },
            })
        }
        ["wiki", rest @ ..] => {
            let path = Some(rest.join("/")).filter(|path| !path.is_empty());
            let canonical = ["wiki".to_owned()].into_iter().chain(path.clone()).collect();
            Some(Page { kind: LinkKind::Wiki, canonical, target: Target { path, ..Target::default() } })
        }
        ["security", "advisories", id] if is_advisory(id) => {
            let target = Target { id: Some((*id).to_owned()), ..Target::default() };
            Some(page(LinkKind::Advisory, ["security", "advisories", id], target))
        }
        ["archive", rest @ ..] if !rest.is_empty() => {
            let reference = without_namespace(rest).join("/");
            let name =
                [".zip", ".tar.gz"].iter().find_map(|ending| reference.strip_suffix(ending)).unwrap_or(&reference).to_owned();
            Some(Page {
                kind: LinkKind::Archive,
                canonical: Vec::new(),
                target: Target { reference: Some(name), ..Target::default() },
            })
        }
        _ => None,
    }
}

fn page<const N: usize>(kind: LinkKind, canonical: [&str; N], target: Target) -> Page {
    Page { kind, canonical: canonical.map(str::to_owned).to_vec(), target }
}

fn at_ref(word: &str, rest: &[&str], fragment: &str) -> Option<Page> {
    let kind = match word {
        "tree" => LinkKind::Tree,
        "blob" => LinkKind::Blob,
        "raw" => LinkKind::Raw,
        "blame" => LinkKind::Blame,
        "edit" => LinkKind::Edit,
        _ => LinkKind::History,
    };
    let target = split_ref(rest)?;
    // A file is more than a ref.
    if rest.len() < 2 && !matches!(kind, LinkKind::Tree | LinkKind::History) {
        return None;
    }
    let shown = if kind == LinkKind::Edit { "blob" } else { word };
    let canonical = [shown.to_owned()].into_iter().chain(target.ref_path.clone()).collect();
    Some(Page { kind, canonical, target: Target { lines: lines(fragment), ..target } })
}

/// The likeliest split and the others: a commit is one segment, a name of a branch may be several.
pub(super) fn split_ref(segments: &[&str]) -> Option<Target> {
    let named = without_namespace(segments);
    let first = named.first()?;
    let most = if first.len() == 40 && is_sha(first) { 1 } else { MOST_SPLITS };
    let split = |at: usize| {
        let (reference, path) = named.split_at_checked(at)?;
        Some(RefSplit { reference: reference.join("/"), path: path.join("/") })
    };
    let candidates: Vec<RefSplit> = (1..=named.len().min(most)).filter_map(split).collect();
    let likeliest = candidates.first()?.clone();
    Some(Target {
        reference: Some(likeliest.reference),
        path: Some(likeliest.path).filter(|path| !path.is_empty()),
        ref_path: Some(named.join("/")),
        candidates: if candidates.len() > 1 { candidates } else { Vec::new() },
        ..Target::default()
    })
}

/// Without `refs/heads/` or `refs/tags/`.
pub(super) fn without_namespace<'a, 's>(segments: &'s [&'a str]) -> &'s [&'a str] {
    match segments {
        ["refs", "heads" | "tags", rest @ ..] if !rest.is_empty() => rest,
        _ => segments,
    }
}

fn numbered(kind: LinkKind, word: &str, digits: &str, anchor: Option<String>) -> Option<Page> {
    let number = number(digits)?;
    Some(page(kind, [word, &number.to_string()], Target { number: Some(number), anchor, ..Target::default() }))
}

fn pull_request(digits: &str, rest: &[&str], anchor: Option<String>) -> Option<Page> {
    let sha = match rest {
        ["commits" | "changes", sha, ..] if is_sha(sha) => Some(sha.to_ascii_lowercase()),
        _ => None,
    };
    let found = numbered(LinkKind::PullRequest, "pull", digits, anchor)?;
    Some(Page { target: Target { sha, ..found.target }, ..found })
}

/// `A...B`, `A..B`; either may be `user:branch`. What is compared with is left out where it is the default branch.
fn compare(text: &str) -> Option<Page> {
    let parts = text.split_once("...").or_else(|| text.split_once(".."));
    let (base, head) = parts.map_or((None, text), |(base, head)| (Some(base.to_owned()), head));
    if head.is_empty() || base.as_ref().is_some_and(String::is_empty) {
        return None;
    }
    Some(page(LinkKind::Compare, ["compare", text], Target { base, head: Some(head.to_owned()), ..Target::default() }))
}

fn release(tag: &str) -> Page {
    page(LinkKind::Release, ["releases", "tag", tag], Target { tag: Some(tag.to_owned()), ..Target::default() })
}

/// 1 to 18 digits that are not zero.
pub(super) fn number(digits: &str) -> Option<u64> {
    let fine = (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fine.then(|| digits.parse().ok()).flatten().filter(|number| *number > 0)
}

/// 7 to 40 hexadecimal digits, or 64.
pub(super) fn is_sha(text: &str) -> bool {
    ((7..=40).contains(&text.len()) || text.len() == 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `GHSA-` and three groups of four.
fn is_advisory(id: &str) -> bool {
    let groups: Vec<&str> = id.split('-').collect();
    let is_group = |group: &&str| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_alphanumeric());
    groups.len() == 4 && groups.first() == Some(&"GHSA") && groups.iter().all(is_group)
}

/// What a fragment points at within an issue, pull request or discussion.
fn anchor(fragment: &str) -> Option<String> {
    let kinds = ["issuecomment-", "discussion_r", "pullrequestreview-", "discussioncomment-", "issue-", "event-"];
    let digits = kinds.iter().find_map(|kind| fragment.strip_prefix(kind))?;
    number(digits).map(|_| fragment.to_owned())
}

/// `L10`, `L10-L20`, `L10C2-L20C5`.
fn lines(fragment: &str) -> Option<Lines> {
    let (first, last) = fragment.split_once('-').map_or((fragment, None), |(first, last)| (first, Some(last)));
    let (start, start_column) = place(first)?;
    let (end, end_column) = match last {
        Some(text) => place(text)?,
        None => (start, None),
    };
    // The page takes them either way round.
    let ordered = Lines { start, end, start_column, end_column };
    let turned = Lines { start: end, end: start, start_column: end_column, end_column: start_column };
    Some(if start <= end { ordered } else { turned })
}

fn place(text: &str) -> Option<(u32, Option<u32>)> {
    let text = text.strip_prefix('L')?;
    let (line, column) = text.split_once('C').map_or((text, None), |(line, column)| (line, Some(column)));
    let small = |digits: &str| u32::try_from(number(digits)?).ok();
    match column {
        Some(column) => Some((small(line)?, Some(small(column)?))),
        None => Some((small(line)?, None)),
    }
}

/// The fragment of these lines.
pub(super) fn fragment(lines: Lines) -> String {
    let place = |line: u32, column: Option<u32>| match column {
        Some(column) => format!("L{line}C{column}"),
        None => format!("L{line}"),
    };
    let start = place(lines.start, lines.start_column);
    if lines.start == lines.end && lines.end_column.is_none() {
        return format!("#{start}");
    }
    format!("#{start}-{}", place(lines.end, lines.end_column))
}
