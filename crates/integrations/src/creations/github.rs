use std::time::Duration;

use async_trait::async_trait;
use core_cluster::{Cluster, LockGuard};
use core_egress::Method;
use serde_json::{Value, json};

use super::github_target::FileTarget;
use super::{Failure, Finding, Ledger, Look, Maker, Outcome, Plan};
use crate::vendor::{Answer, Call, CallError, Session, paths};
use crate::{IntegrationsError, OnConflict, Operation, OperationId};

/// How often a file is read and written when others write it too.
const ROUNDS: usize = 2;
/// GitHub wants writes to one branch one after the other.
const BRANCH_LOCK: Duration = Duration::from_mins(1);
const LOCK_POLL: Duration = Duration::from_millis(100);
const LOCK_POLLS: usize = 100;

/// Writes one file.
pub(crate) struct FileMaker {
    pub(crate) target: FileTarget,
    pub(crate) cluster: Cluster,
}

/// What the repository says before anything is written.
#[derive(Clone, Debug)]
struct Prepared {
    branch: String,
    base: String,
    /// The commit from which the branch has to be made; none: it is there.
    branch_from: Option<String>,
    /// The blob that is there.
    existing: Option<String>,
    /// The address of what is there.
    url: Option<String>,
}

impl Prepared {
    fn is_same(&self, target: &FileTarget) -> bool {
        self.branch_from.is_none() && self.existing.as_ref() == Some(&target.sha())
    }
}

fn repo_path(repository: &str) -> String {
    format!("/repos/{}", paths::path(repository))
}

/// A branch of its own for each operation that asks for a pull request and names none.
fn own_branch(operation: OperationId) -> String {
    let id = operation.get().simple().to_string();
    format!("brickwork/{}", id.get(id.len() - 12..).unwrap_or(&id))
}

fn missing(what: String) -> impl FnOnce(CallError) -> IntegrationsError {
    move |error| if error.status() == Some(404) { IntegrationsError::TargetNotFound(what) } else { error.into() }
}

impl FileMaker {
    async fn prepare(&self, session: &Session, operation: Option<OperationId>) -> Result<Prepared, IntegrationsError> {
        let target = &self.target;
        let what = format!("The connection sees no repository {}.", target.repository);
        let repository = session.get(&repo_path(&target.repository), &[]).await.map_err(missing(what))?;
        let default = repository.text("/default_branch").unwrap_or("main").to_owned();
        let base = target.base.clone().unwrap_or_else(|| default.clone());
        let branch = match (&target.branch, target.pull) {
            (Some(branch), _) => branch.clone(),
            (None, true) => operation.map_or_else(|| "brickwork/{operation}".to_owned(), own_branch),
            (None, false) => default,
        };
        if target.pull && branch == base {
            return Err(IntegrationsError::field("/branch", "same_branch", "a pull request needs a branch of its own"));
        }
        let branch_from = self.branch_from(session, &branch, &base).await?;
        let (existing, url) = match &branch_from {
            Some(_) => existing(session, target, &base).await?,
            None => existing(session, target, &branch).await?,
        };
        Ok(Prepared { branch, base, branch_from, existing, url })
    }

    /// The commit of the base where the branch is not there and may be made.
    async fn branch_from(&self, session: &Session, branch: &str, base: &str) -> Result<Option<String>, IntegrationsError> {
        match head(session, &self.target.repository, branch).await {
            Ok(_) => return Ok(None),
            Err(error) if error.status() != Some(404) => return Err(error.into()),
            Err(_) if !self.target.pull && self.target.base.is_none() => {
                return Err(IntegrationsError::TargetNotFound(format!(
                    "There is no branch {branch}; send `base_branch` to make it."
                )));
            }
            Err(_) => {}
        }
        let what = format!("There is no branch {base}.");
        head(session, &self.target.repository, base).await.map(Some).map_err(missing(what))
    }

    fn put(&self, session: &Session, prepared: &Prepared) -> Result<Call, IntegrationsError> {
        let path = format!("{}/contents/{}", repo_path(&self.target.repository), paths::path(&self.target.path));
        let body = self.target.body(&prepared.branch, prepared.existing.as_deref());
        Ok(session.call(Method::PUT, &path)?.with_body(body))
    }

    fn make_branch(&self, session: &Session, branch: &str, sha: &str) -> Result<Call, IntegrationsError> {
        let body = json!({"ref": format!("refs/heads/{branch}"), "sha": sha});
        Ok(session.call(Method::POST, &format!("{}/git/refs", repo_path(&self.target.repository)))?.with_body(body))
    }

    fn make_pull(&self, session: &Session, prepared: &Prepared) -> Result<Call, IntegrationsError> {
        let title = self.target.message.lines().next().unwrap_or_default().to_owned();
        let body = json!({"title": title, "head": prepared.branch, "base": prepared.base, "body": self.target.message});
        Ok(session.call(Method::POST, &format!("{}/pulls", repo_path(&self.target.repository)))?.with_body(body))
    }

    /// What would be sent.
    pub(crate) async fn plan(&self, session: &Session) -> Result<Plan, IntegrationsError> {
        let prepared = self.prepare(session, None).await?;
        self.check_base(&prepared)?;
        let (mut requests, mut findings) = (Vec::new(), Vec::new());
        if let Some(sha) = &prepared.branch_from {
            requests.push(self.make_branch(session, &prepared.branch, sha)?.planned());
        }
        if prepared.is_same(&self.target) {
            findings.push(Finding::note("unchanged", "The file is there with this content; nothing would be written."));
        } else {
            requests.push(self.put(session, &prepared)?.planned());
        }
        if self.target.pull {
            requests.push(self.make_pull(session, &prepared)?.planned());
        }
        if self.target.path.starts_with(".github/workflows/") {
            findings.push(Finding::note("workflow_scope", "Files of workflows need the token's right to change workflows."));
        }
        Ok(Plan { requests, findings })
    }

    /// A caller who says what the change is based on never replaces anything else.
    fn check_base(&self, prepared: &Prepared) -> Result<(), IntegrationsError> {
        match &self.target.based_on {
            Some(ours) if Some(ours) != prepared.existing.as_ref() && !prepared.is_same(&self.target) => {
                Err(IntegrationsError::FileChanged { ours: Some(ours.clone()), theirs: prepared.existing.clone() })
            }
            _ => Ok(()),
        }
    }

    async fn lock(&self, session: &Session, branch: &str) -> Result<LockGuard, IntegrationsError> {
        let key = format!("integrations:github:{}:{branch}", self.target.repository.to_ascii_lowercase());
        for _ in 0..LOCK_POLLS {
            if let Some(guard) = self.cluster.locks.try_lock(&key, BRANCH_LOCK).await? {
                return Ok(guard);
            }
            session.transport.pacer.moment(LOCK_POLL).await;
        }
        Err(IntegrationsError::Limited(Duration::from_secs(5)))
    }

    async fn write(&self, session: &Session, operation: &mut Operation, ledger: &Ledger) -> Result<Outcome, Failure> {
        let mut prepared = self.prepare(session, Some(operation.id)).await?;
        let mut round = 1;
        loop {
            self.check_base(&prepared)?;
            remember(operation, &prepared);
            if prepared.is_same(&self.target) {
                return self.finish(session, operation, &prepared, None).await;
            }
            if let Some(sha) = prepared.branch_from.take() {
                ledger.sent(operation).await?;
                let made = session.send(&self.make_branch(session, &prepared.branch, &sha)?).await;
                // Somebody else made it, or an earlier try of ours did.
                if let Err(error) = made
                    && error.status() != Some(422)
                {
                    return Err(Failure::of_write(error));
                }
            }
            ledger.sent(operation).await?;
            match session.send(&self.put(session, &prepared)?).await {
                Ok(answer) => return self.finish(session, operation, &prepared, Some(&answer)).await,
                Err(error) => {
                    let again =
                        self.target.on_conflict == OnConflict::Overwrite && self.target.based_on.is_none() && round < ROUNDS;
                    self.explain(error, &prepared, again)?;
                }
            }
            round += 1;
            (prepared.existing, prepared.url) = existing(session, &self.target, &prepared.branch).await?;
        }
    }

    /// What a refused write means; fine where the file is to be read and written once more.
    fn explain(&self, error: CallError, prepared: &Prepared, again: bool) -> Result<(), Failure> {
        let Some(refusal) = error.refusal() else { return Err(Failure::of_write(error)) };
        let by_rule = refusal.body.get("metadata").is_some() || refusal.message.contains("rule violation");
        let stale = refusal.status == 409 && refusal.message.contains("does not match");
        let appeared = refusal.status == 422 && refusal.message.contains("\"sha\" wasn't supplied");
        match refusal.status {
            409 | 422 if by_rule => Err(IntegrationsError::BlockedByRule(refusal.message.clone()).into()),
            409 | 422 if (stale || appeared) && again => Ok(()),
            409 | 422 if stale || appeared => {
                let ours = self.target.based_on.clone().or_else(|| prepared.existing.clone());
                Err(IntegrationsError::FileChanged { ours, theirs: None }.into())
            }
            404 => {
                Err(IntegrationsError::TargetNotFound(format!("The repository or the branch {} is not there.", prepared.branch))
                    .into())
            }
            _ => Err(Failure::of_write(error)),
        }
    }

    async fn finish(
        &self,
        session: &Session,
        operation: &Operation,
        prepared: &Prepared,
        written: Option<&Answer>,
    ) -> Result<Outcome, Failure> {
        let pull = if self.target.pull { self.pull_request(session, prepared).await? } else { None };
        let url = written.and_then(|answer| answer.text("/content/html_url")).map(str::to_owned).or_else(|| prepared.url.clone());
        let sha = self.target.sha();
        let result = json!({
            "url": url, "sha": sha, "branch": prepared.branch,
            "commit_url": written.and_then(|answer| answer.text("/commit/html_url")),
            "pull_request_url": pull,
            "created": written.is_some_and(|answer| answer.status == 201),
            "unchanged": written.is_none(),
            "operation_id": operation.id,
        });
        Ok(Outcome { result, external_id: format!("{}:{sha}", self.target.repository) })
    }

    /// The open pull request of the branch, made where there is none. Making it twice is refused by GitHub.
    async fn pull_request(&self, session: &Session, prepared: &Prepared) -> Result<Option<String>, Failure> {
        if let Some(url) = open_pull(session, &self.target.repository, &prepared.branch, &prepared.base).await? {
            return Ok(Some(url));
        }
        match session.send(&self.make_pull(session, prepared)?).await {
            Ok(answer) => Ok(answer.text("/html_url").map(str::to_owned)),
            Err(error) if error.refusal().is_some_and(|refusal| refusal.message.contains("already exists")) => {
                Ok(open_pull(session, &self.target.repository, &prepared.branch, &prepared.base).await?)
            }
            Err(error) if error.refusal().is_some_and(|refusal| refusal.message.contains("No commits between")) => Ok(None),
            Err(error) => Err(Failure::of_write(error)),
        }
    }
}

/// The branch and whether the file was there are known when it is looked for.
fn remember(operation: &mut Operation, prepared: &Prepared) {
    if let Some(members) = operation.target.as_object_mut() {
        members.insert("branch".to_owned(), json!(prepared.branch));
        members.insert("base".to_owned(), json!(prepared.base));
        members.insert("created".to_owned(), json!(prepared.existing.is_none()));
    }
}

async fn head(session: &Session, repository: &str, branch: &str) -> Result<String, CallError> {
    let path = format!("{}/git/ref/heads/{}", repo_path(repository), paths::path(branch));
    let answer = session.get(&path, &[]).await?;
    answer.text("/object/sha").map(str::to_owned).ok_or_else(|| CallError::Lost("a branch without a commit".to_owned()))
}

/// The blob at a path and its address; a folder, link or submodule is never replaced.
async fn existing(
    session: &Session,
    target: &FileTarget,
    branch: &str,
) -> Result<(Option<String>, Option<String>), IntegrationsError> {
    let path = format!("{}/contents/{}", repo_path(&target.repository), paths::path(&target.path));
    match session.get(&path, &[("ref", branch)]).await {
        Ok(answer) => {
            let kind = if answer.body.is_array() { "folder" } else { answer.text("/type").unwrap_or("folder") };
            match (kind, answer.text("/sha")) {
                ("file", Some(sha)) => Ok((Some(sha.to_owned()), answer.text("/html_url").map(str::to_owned))),
                (kind, _) => Err(IntegrationsError::NotAFile(kind.to_owned())),
            }
        }
        Err(error) if error.status() == Some(404) => Ok((None, None)),
        Err(error) => Err(error.into()),
    }
}

async fn open_pull(session: &Session, repository: &str, branch: &str, base: &str) -> Result<Option<String>, IntegrationsError> {
    let owner = repository.split('/').next().unwrap_or_default();
    let head = format!("{owner}:{branch}");
    let path = format!("{}/pulls", repo_path(repository));
    let answer = session.get(&path, &[("state", "open"), ("head", &head), ("base", base)]).await?;
    Ok(answer.list("").first().and_then(|pull| pull.get("html_url")).and_then(Value::as_str).map(str::to_owned))
}

#[async_trait]
impl Maker for FileMaker {
    /// GitHub refuses to write over a blob that it was not told of, and to make a branch or a pull request twice.
    fn repeats_safely(&self) -> bool {
        true
    }

    async fn make(&self, session: &Session, operation: &mut Operation, ledger: &Ledger) -> Result<Outcome, Failure> {
        let branch = self.target.branch.clone().unwrap_or_default();
        let guard = self.lock(session, &branch).await?;
        let outcome = self.write(session, operation, ledger).await;
        if let Err(error) = guard.release().await {
            tracing::debug!(%error, "a lock on a branch ends by itself");
        }
        outcome
    }
}

/// Looks whether the file is there as it was to be written, and its pull request.
pub(crate) async fn look(session: &Session, operation: &Operation) -> Result<Look, IntegrationsError> {
    let text = |name: &str| operation.target.get(name).and_then(Value::as_str).unwrap_or_default();
    let (repository, file, branch, sha) = (text("repository"), text("path"), text("branch"), text("sha"));
    let path = format!("{}/contents/{}", repo_path(repository), paths::path(file));
    let answer = match session.get(&path, &[("ref", branch)]).await {
        Ok(answer) => answer,
        Err(error) if error.status() == Some(404) => return Ok(Look::Absent),
        Err(error) => return Err(error.into()),
    };
    if answer.text("/sha") != Some(sha) {
        return Ok(Look::Absent);
    }
    let wants_pull = operation.target.get("pull_request").and_then(Value::as_bool) == Some(true);
    let pull = if wants_pull { open_pull(session, repository, branch, text("base")).await? } else { None };
    if wants_pull && pull.is_none() {
        return Ok(Look::Absent);
    }
    let commits = format!("{}/commits", repo_path(repository));
    let commit = session.get(&commits, &[("sha", branch), ("path", file), ("per_page", "1")]).await.ok();
    let result = json!({
        "url": answer.text("/html_url"), "sha": sha, "branch": branch,
        "commit_url": commit.as_ref().and_then(|answer| answer.list("").first()).and_then(|commit| commit.get("html_url")),
        "pull_request_url": pull, "created": operation.target.get("created"), "unchanged": false, "operation_id": operation.id,
    });
    Ok(Look::Found(Outcome { result, external_id: format!("{repository}:{sha}") }))
}
