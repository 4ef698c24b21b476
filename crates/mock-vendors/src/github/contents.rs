use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use super::answers::{error, not_found, rule_violation, validation};
use super::state::{Pull, Repository, blob_sha};
use crate::wire::{Recorded, Reply};

/// From this size on a file has no content in its JSON.
const INLINE: usize = 1024 * 1024;

impl Repository {
    /// Answers what is asked below `/repos/{owner}/{name}`.
    pub(crate) fn answer(&mut self, base: &str, request: &Recorded, rest: &[&str], _now: i64) -> Reply {
        let body = request.json();
        match (request.method.as_str(), rest) {
            ("GET", []) => Reply::json(200, &self.view(base)),
            ("GET", ["contents", path @ ..]) => self.get_file(base, request, &path.join("/")),
            (_, _) if request.method != "GET" && !self.writable => error(403, "Resource not accessible by personal access token"),
            ("PUT", ["contents", path @ ..]) => self.put_file(base, &body, &path.join("/")),
            ("GET", ["git", "ref", "heads", name @ ..]) => self.get_ref(&name.join("/")),
            ("GET", ["branches", name @ ..]) => self.get_branch(&name.join("/")),
            ("POST", ["git", "refs"]) => self.create_ref(&body),
            ("GET", ["commits"]) => self.list_commits(base, request),
            ("GET", ["pulls"]) => self.list_pulls(base, request),
            ("POST", ["pulls"]) => self.create_pull(base, &body),
            ("GET", ["pulls", number]) => match self.pulls.iter().find(|pull| pull.number.to_string() == **number) {
                Some(pull) => Reply::json(200, &self.pull_view(base, pull)),
                None => not_found(),
            },
            ("GET", ["issues", number]) => match number.parse().ok().and_then(|number| self.issues.get_key_value(&number)) {
                Some((number, (title, text))) => {
                    let url = format!("{base}/{}/issues/{number}", self.full_name);
                    Reply::json(200, &json!({"number": number, "title": title, "body": text, "state": "open", "html_url": url}))
                }
                None => not_found(),
            },
            _ => not_found(),
        }
    }

    fn get_file(&self, base: &str, request: &Recorded, path: &str) -> Reply {
        let reference = request.parameter("ref").unwrap_or("main");
        let by_commit = || self.branches.iter().find(|(_, branch)| branch.head == reference);
        let Some((name, branch)) = self.branches.get_key_value(reference).or_else(by_commit) else { return not_found() };
        if let Some(kind) = self.odd_paths.get(path) {
            let entry = json!({"type": kind, "path": path, "name": path, "sha": blob_sha(b"")});
            return Reply::json(200, &if *kind == "dir" { json!([entry]) } else { entry });
        }
        let Some(bytes) = branch.files.get(path) else { return not_found() };
        let accepts = request.header("accept").unwrap_or_default();
        if accepts.contains("raw") {
            return Reply { status: 200, headers: vec![("content-type".into(), "text/plain".into())], body: bytes.clone() };
        }
        let mut view = self.file_view(base, name, path, bytes);
        if let Some(members) = view.as_object_mut() {
            let inline = bytes.len() < INLINE;
            members.insert("encoding".into(), json!(if inline { "base64" } else { "none" }));
            members.insert("content".into(), json!(if inline { wrapped(&STANDARD.encode(bytes)) } else { String::new() }));
        }
        Reply::json(200, &view)
    }

    fn put_file(&mut self, base: &str, body: &Value, path: &str) -> Reply {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        if text("message").is_none_or(str::is_empty) {
            return validation("Invalid request.\n\n\"message\" wasn't supplied.", json!([]));
        }
        let Some(bytes) = text("content").and_then(|content| STANDARD.decode(content).ok()) else {
            return error(422, "content is not valid Base64");
        };
        let name = text("branch").unwrap_or("main").to_owned();
        let Some(branch) = self.branches.get(&name) else { return error(404, &format!("Branch {name} not found")) };
        if self.protected {
            return rule_violation();
        }
        let existing = branch.files.get(path).map(|bytes| blob_sha(bytes));
        match (&existing, text("sha")) {
            (Some(_), None) => return error(422, "Invalid request.\n\n\"sha\" wasn't supplied."),
            (Some(own), Some(sent)) if own != sent => return error(409, &format!("{path} does not match {sent}")),
            _ => {}
        }
        let sha = self.commit(&name, path, &bytes);
        let url = format!("{base}/{}/commit/{sha}", self.full_name);
        let commit = json!({"sha": sha, "html_url": url, "message": text("message"), "parents": []});
        let content = self.file_view(base, &name, path, &bytes);
        Reply::json(if existing.is_some() { 200 } else { 201 }, &json!({"content": content, "commit": commit}))
    }

    fn file_view(&self, base: &str, branch: &str, path: &str, bytes: &[u8]) -> Value {
        let encoded: Vec<String> =
            path.split('/').map(|part| byte_serialize(part.as_bytes()).collect::<String>().replace('+', "%20")).collect();
        let html_url = format!("{base}/{}/blob/{branch}/{}", self.full_name, encoded.join("/"));
        json!({
            "type": "file", "name": path.rsplit('/').next(), "path": path, "sha": blob_sha(bytes), "size": bytes.len(),
            "html_url": html_url,
        })
    }

    fn get_ref(&self, name: &str) -> Reply {
        match self.branches.get(name) {
            Some(branch) => {
                let object = json!({"type": "commit", "sha": branch.head});
                Reply::json(200, &json!({"ref": format!("refs/heads/{name}"), "object": object}))
            }
            None => not_found(),
        }
    }

    fn get_branch(&self, name: &str) -> Reply {
        match self.branches.get(name) {
            Some(branch) => Reply::json(200, &json!({"name": name, "commit": {"sha": branch.head}, "protected": self.protected})),
            None => error(404, "Branch not found"),
        }
    }

    /// The newest commit of a branch alone.
    fn list_commits(&self, base: &str, request: &Recorded) -> Reply {
        match self.branches.get(request.parameter("sha").unwrap_or("main")) {
            Some(branch) => {
                let url = format!("{base}/{}/commit/{}", self.full_name, branch.head);
                Reply::json(200, &json!([{"sha": branch.head, "html_url": url}]))
            }
            None => not_found(),
        }
    }

    fn create_ref(&mut self, body: &Value) -> Reply {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(name) = text("ref").strip_prefix("refs/heads/").filter(|name| !name.is_empty()) else {
            return error(422, "Reference name must start with 'refs/' and contain at least two slashes.");
        };
        if self.branches.contains_key(name) {
            return error(422, "Reference already exists");
        }
        let Some(from) = self.branches.values().find(|branch| branch.head == text("sha")).cloned() else {
            return error(422, "Object does not exist");
        };
        let object = json!({"type": "commit", "sha": from.head});
        self.branches.insert(name.to_owned(), from);
        Reply::json(201, &json!({"ref": text("ref"), "object": object}))
    }

    fn list_pulls(&self, base: &str, request: &Recorded) -> Reply {
        let head = request.parameter("head").and_then(|head| head.split_once(':')).map(|(_, branch)| branch);
        let fits = |pull: &&Pull| {
            head.is_none_or(|head| head == pull.head) && request.parameter("base").is_none_or(|base| base == pull.base)
        };
        let found: Vec<Value> = self.pulls.iter().filter(fits).map(|pull| self.pull_view(base, pull)).collect();
        Reply::json(200, &Value::Array(found))
    }

    fn create_pull(&mut self, base: &str, body: &Value) -> Reply {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (head, into) = (text("head"), text("base"));
        let heads = (self.branches.get(&head), self.branches.get(&into));
        let (Some(from), Some(to)) = heads else {
            let field = if heads.0.is_none() { "head" } else { "base" };
            return validation("Validation Failed", json!([{"resource": "PullRequest", "field": field, "code": "invalid"}]));
        };
        if from.head == to.head {
            let message = format!("No commits between {into} and {head}");
            return validation("Validation Failed", json!([{"resource": "PullRequest", "code": "custom", "message": message}]));
        }
        if self.pulls.iter().any(|pull| pull.head == head && pull.base == into) {
            let message = format!("A pull request already exists for {head}.");
            return validation("Validation Failed", json!([{"resource": "PullRequest", "code": "custom", "message": message}]));
        }
        let number = self.pulls.len() as u64 + 1;
        let pull = Pull { number, title: text("title"), body: text("body"), head, base: into };
        let view = self.pull_view(base, &pull);
        self.pulls.push(pull);
        Reply::json(201, &view)
    }

    fn pull_view(&self, base: &str, pull: &Pull) -> Value {
        json!({
            "number": pull.number, "title": pull.title, "body": pull.body, "state": "open",
            "html_url": format!("{base}/{}/pull/{}", self.full_name, pull.number),
            "head": {"ref": pull.head}, "base": {"ref": pull.base},
        })
    }
}

/// Base64 as GitHub sends it: with a line break after each 60 characters.
fn wrapped(encoded: &str) -> String {
    let lines: Vec<String> = encoded.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    lines.join("\n") + "\n"
}
