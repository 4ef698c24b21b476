use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Excerpt, Found, Provenance, cut};
use crate::IntegrationsError;
use crate::links::{Lines, Link, LinkKind, RefSplit};
use crate::vendor::{Answer, Session, paths};

pub(super) async fn look(session: &Session, link: &Link, from: Provenance) -> Result<Found, IntegrationsError> {
    let target = &link.target;
    let (Some(owner), Some(repo)) = (&target.owner, &target.repo) else { return gist(session, link, from).await };
    let base = format!("/repos/{}/{}", paths::segment(owner), paths::segment(repo));
    let sha = target.sha.as_ref().map(|sha| format!("{base}/commits/{}", paths::segment(sha)));
    let tag = target.tag.as_ref().map(|tag| format!("{base}/releases/tags/{}", paths::segment(tag)));
    let numbered = |kind: &str| target.number.map(|number| format!("{base}/{kind}/{number}"));
    let issue = || match comment(target.anchor.as_deref()) {
        Some(id) => Some(format!("{base}/issues/comments/{id}")),
        None => numbered("issues"),
    };
    let (read, path): (fn(&Answer, Provenance) -> Found, _) = match link.kind {
        LinkKind::Commit | LinkKind::PullRequest | LinkKind::Api if sha.is_some() => (commit, sha),
        LinkKind::PullRequest => (told, numbered("pulls")),
        LinkKind::Issue => (told, issue()),
        LinkKind::Api if target.number.is_some() => (told, issue()),
        LinkKind::Release => (told, tag),
        LinkKind::Repository | LinkKind::Clone | LinkKind::Archive => (about, Some(base)),
        _ if target.ref_path.is_some() || target.path.is_some() && link.kind == LinkKind::Api => {
            return content(session, &base, link, from).await;
        }
        LinkKind::Api | LinkKind::Editor => (about, Some(base)),
        _ => (about, None),
    };
    let path = path.ok_or_else(|| unreadable("Links of this kind are recognised, but not read."))?;
    Ok(read(&session.get(&path, &[]).await?, from))
}

fn unreadable(text: &str) -> IntegrationsError {
    IntegrationsError::TargetNotFound(text.to_owned())
}

fn comment(anchor: Option<&str>) -> Option<&str> {
    anchor?.strip_prefix("issuecomment-").filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
}

fn text(answer: &Answer, pointer: &str) -> Option<String> {
    answer.text(pointer).map(str::to_owned)
}

/// An issue, pull request, release or comment.
fn told(answer: &Answer, from: Provenance) -> Found {
    let (body, truncated) = cut(text(answer, "/body").unwrap_or_default());
    let merged = answer.body.pointer("/merged").and_then(Value::as_bool).unwrap_or_default();
    Found {
        title: text(answer, "/title").or_else(|| text(answer, "/name")),
        text: Some(body),
        code: None,
        state: if merged { Some("merged".to_owned()) } else { text(answer, "/state") },
        author: text(answer, "/user/login").or_else(|| text(answer, "/author/login")),
        truncated,
        provenance: Provenance { url: text(answer, "/html_url").or(from.url), ..from },
    }
}

fn about(answer: &Answer, from: Provenance) -> Found {
    let reference = text(answer, "/default_branch");
    Found {
        title: text(answer, "/full_name"),
        text: text(answer, "/description"),
        code: None,
        state: answer
            .body
            .pointer("/archived")
            .and_then(Value::as_bool)
            .filter(|archived| *archived)
            .map(|_| "archived".to_owned()),
        author: text(answer, "/owner/login"),
        truncated: false,
        provenance: Provenance { url: text(answer, "/html_url").or(from.url), reference, ..from },
    }
}

/// A commit: what it says, and its changes.
fn commit(answer: &Answer, from: Provenance) -> Found {
    let message = text(answer, "/commit/message").unwrap_or_default();
    let (title, _) = message.split_once('\n').unwrap_or((&message, ""));
    let change = |file: &Value| {
        let of = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default();
        format!("--- {}\n{}\n", of("filename"), of("patch"))
    };
    let changes: String = answer.list("/files").iter().map(change).collect();
    let (body, truncated) = cut(format!("{message}\n\n{changes}"));
    Found {
        title: Some(title.to_owned()),
        text: Some(body),
        code: None,
        state: None,
        author: text(answer, "/author/login").or_else(|| text(answer, "/commit/author/name")),
        truncated,
        provenance: Provenance { url: text(answer, "/html_url").or(from.url), sha: text(answer, "/sha"), ..from },
    }
}

/// A file or directory. Where ref and path can't be told apart, each way to read them is asked for, the likeliest first.
async fn content(session: &Session, base: &str, link: &Link, from: Provenance) -> Result<Found, IntegrationsError> {
    let target = &link.target;
    let single =
        || RefSplit { reference: target.reference.clone().unwrap_or_default(), path: target.path.clone().unwrap_or_default() };
    let splits = if target.candidates.is_empty() { vec![single()] } else { target.candidates.clone() };
    for split in splits {
        let path = format!("{base}/contents/{}", paths::path(&split.path));
        let query = [("ref", split.reference.as_str())];
        let answer = match session.get(path.trim_end_matches('/'), if split.reference.is_empty() { &[] } else { &query }).await {
            Ok(answer) => answer,
            Err(error) if error.status() == Some(404) => continue,
            Err(error) => return Err(error.into()),
        };
        let from = Provenance { reference: Some(split.reference).filter(|text| !text.is_empty()), ..from };
        return if answer.body.is_array() {
            Ok(directory(&answer, &split.path, from))
        } else {
            file(&answer, &split.path, target.lines, from)
        };
    }
    Err(unreadable("GitHub shows no such file at any ref that the link may mean."))
}

fn directory(answer: &Answer, path: &str, from: Provenance) -> Found {
    let name = |entry: &Value| {
        let of = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if of("type") == "dir" { format!("{}/", of("name")) } else { of("name") }
    };
    let (body, truncated) = cut(answer.list("").iter().map(name).collect::<Vec<_>>().join("\n"));
    let title = if path.is_empty() { "/" } else { path };
    Found { title: Some(title.to_owned()), text: Some(body), code: None, state: None, author: None, truncated, provenance: from }
}

fn file(answer: &Answer, path: &str, lines: Option<Lines>, from: Provenance) -> Result<Found, IntegrationsError> {
    if answer.text("/type") != Some("file") {
        return Err(IntegrationsError::NotAFile(answer.text("/type").unwrap_or("thing").to_owned()));
    }
    if answer.text("/encoding") != Some("base64") {
        return Err(unreadable("The file is larger than what GitHub gives in one answer."));
    }
    let encoded: String = answer.text("/content").unwrap_or_default().split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(encoded).map_err(|_odd| IntegrationsError::Unavailable("a file that is no base64".to_owned()))?;
    let whole = String::from_utf8(bytes).map_err(|_binary| IntegrationsError::NotAFile("binary file".to_owned()))?;
    let (lines, chosen) = match lines {
        None => (None, whole),
        Some(lines) => excerpt(&whole, lines)?,
    };
    let (code, truncated) = cut(chosen);
    Ok(Found {
        title: Some(path.to_owned()),
        text: None,
        code: Some(Excerpt { path: path.to_owned(), lines, text: code }),
        state: None,
        author: None,
        truncated,
        provenance: Provenance { url: text(answer, "/html_url").or(from.url), sha: text(answer, "/sha"), ..from },
    })
}

/// The lines of the link, as far as the file has them.
fn excerpt(whole: &str, lines: Lines) -> Result<(Option<Lines>, String), IntegrationsError> {
    let count = u32::try_from(whole.lines().count()).unwrap_or(u32::MAX);
    if lines.start > count {
        return Err(unreadable("The file has fewer lines than the link says."));
    }
    let end = lines.end.min(count);
    let number = |line: u32| usize::try_from(line).unwrap_or(usize::MAX);
    let chosen: Vec<&str> = whole.lines().skip(number(lines.start) - 1).take(number(end - lines.start) + 1).collect();
    Ok((Some(Lines { end, ..lines }), chosen.join("\n")))
}

async fn gist(session: &Session, link: &Link, from: Provenance) -> Result<Found, IntegrationsError> {
    let Some(id) = link.target.id.as_ref().filter(|_| link.kind == LinkKind::Gist) else {
        return Err(unreadable("The link does not say which repository it is about."));
    };
    let answer = session.get(&format!("/gists/{}", paths::segment(id)), &[]).await?;
    let files = answer.body.get("files").and_then(Value::as_object).into_iter().flatten();
    let slug = |name: &str| name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let wanted = link.target.path.as_deref();
    let mut files = files.filter(|(name, _)| wanted.is_none_or(|wanted| wanted == name.as_str() || wanted == slug(name)));
    let (name, file) = files.next().ok_or_else(|| unreadable("The gist has no such file."))?;
    let (code, truncated) = cut(file.get("content").and_then(Value::as_str).unwrap_or_default().to_owned());
    Ok(Found {
        title: text(&answer, "/description").filter(|title| !title.is_empty()).or_else(|| Some(name.clone())),
        text: None,
        code: Some(Excerpt { path: name.clone(), lines: None, text: code }),
        state: None,
        author: text(&answer, "/owner/login"),
        truncated,
        provenance: Provenance { url: text(&answer, "/html_url").or(from.url), ..from },
    })
}
