use std::collections::BTreeMap;

use bytes::Bytes;
use core_kernel::Ambient;
use serde_json::{Value, json};

use super::document::{Document, Operation};
use super::{NOBODYS, Report};
use crate::caller::{Answer, Caller, JSON};

/// What is in every row that the audit makes; a stranger must never see it.
const CANARY: &str = "of-the-audit";

/// Rows that are made for a stranger to ask for.
struct Kind {
    /// Where they are seen: the operations below it are asked.
    seen: &'static str,
    made: &'static str,
    body: Body,
    /// What names one in the answer.
    key: &'static str,
    parts: Vec<Part>,
}

/// What makes it.
enum Body {
    Nothing,
    Json(Value),
    /// A form with a picture.
    Picture,
}

/// A row inside of one: where below it, its name in paths, and how it is named in the answer.
struct Part {
    below: &'static str,
    named: &'static str,
    pointer: &'static str,
    body: Value,
}

impl Kind {
    fn new(seen: &'static str, body: impl Into<Body>) -> Self {
        Self { seen, made: seen, body: body.into(), key: "id", parts: Vec::new() }
    }

    fn made_at(self, made: &'static str) -> Self {
        Self { made, ..self }
    }

    fn keyed(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    fn with(mut self, below: &'static str, named: &'static str, pointer: &'static str, body: Value) -> Self {
        self.parts.push(Part { below, named, pointer, body });
        self
    }
}

impl From<Value> for Body {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

fn kinds(tag: &str) -> Vec<Kind> {
    let name = format!("{CANARY}-{tag}");
    let exercise = json!({"name": name, "pattern": "squat", "level": 1, "muscles": {"quads": 1}});
    let plan = json!({"name": name, "days_per_week": 3, "minutes": 45, "experience": "beginner"});
    let invitation = json!({"email": format!("{name}@example.com"), "role": "member"});
    let set = json!({"exercise": "push-up", "reps": 10, "notes": name});
    vec![
        Kind::new("/auth/api-keys", json!({"name": name, "scopes": ["llm:read"]})),
        Kind::new("/files/workspaces", json!({"name": name})),
        Kind::new("/fitness/exercises", exercise).keyed("slug"),
        Kind::new("/fitness/measurements", json!({"kind": "mass", "value": "80 kg", "notes": name})),
        Kind::new("/fitness/plans", plan),
        Kind::new("/fitness/workouts", json!({"title": name})).with("/sets", "set_id", "/id", set),
        Kind::new("/integrations/hooks", json!({"kind": "github", "name": name})),
        Kind::new("/llm/conversations", json!({"title": name})).with(
            "/messages",
            "message_id",
            "/assistant_message/id",
            json!({"content": name}),
        ),
        Kind::new("/llm/generations", json!({"prompt": name})).made_at("/llm/prompt").keyed("generation_id"),
        Kind::new("/llm/memories", json!({"fact": name})),
        Kind::new("/llm/templates", json!({"name": name, "text": name})).keyed("name"),
        Kind::new("/orgs", json!({"name": name}))
            .with("/domains", "domain_id", "/id", json!({"domain": format!("{name}.example")}))
            .with("/invitations", "invitation_id", "/id", invitation),
        Kind::new("/media", Body::Picture),
        Kind::new("/users/me/exports", Body::Nothing),
        Kind::new("/webhooks/endpoints", json!({"url": format!("https://example.com/{name}")})),
    ]
}

/// What one person makes, another neither sees nor changes: each operation that asks for one of its rows answers a stranger as if
/// there were none.
pub(super) async fn two_people(
    owner: &Caller<'_>,
    stranger: &Caller<'_>,
    document: &Document,
    report: &mut Report,
) -> anyhow::Result<()> {
    let tag = Ambient::system().ids.next().simple().to_string();
    for kind in kinds(&tag).iter().filter(|kind| document.has(kind.made, "post")) {
        let Some(names) = make(owner, document, kind, report).await? else { continue };
        let Some(id) = names.get("").cloned() else { continue };
        let one = document.path(&format!("{}/{id}", kind.seen));
        let can_be_read =
            document.operations().any(|operation| operation.method == "GET" && is_one_of(&operation, document, kind));
        if can_be_read {
            report.check(&format!("GET {one} by its owner"), owner.get(&one).await?.expect(&[200]));
        }
        let below = document.path(&format!("{}/{{", kind.seen));
        for operation in document.operations().filter(|operation| operation.path.starts_with(&below)) {
            ask(stranger, &operation, &names, &id, report).await?;
        }
        if can_be_read {
            report.check(&format!("GET {one} by its owner after a stranger came"), owner.get(&one).await?.expect(&[200]));
        }
        listed(stranger, document, kind, report).await?;
        if kind.seen == "/orgs" {
            inside(stranger, document, &id, report).await?;
        }
        if document.operations().any(|operation| operation.method == "DELETE" && is_one_of(&operation, document, kind)) {
            let gone = owner.call("DELETE", &one, None, &[]).await?;
            report.check(&format!("DELETE {one} by its owner"), gone.expect(&[202, 204]));
        }
    }
    Ok(())
}

/// The operation is about one row of this kind and nothing inside of it.
fn is_one_of(operation: &Operation<'_>, document: &Document, kind: &Kind) -> bool {
    let collection = document.path(kind.seen);
    operation.path.strip_prefix(&collection).is_some_and(|rest| rest.starts_with("/{") && rest.matches('/').count() == 1)
}

/// Makes a row with what is in it. Its own name is under the empty text. None: this deployment, or this person, can't make it.
async fn make(
    owner: &Caller<'_>,
    document: &Document,
    kind: &Kind,
    report: &mut Report,
) -> anyhow::Result<Option<BTreeMap<&'static str, String>>> {
    let path = document.path(kind.made);
    let answer = match &kind.body {
        Body::Nothing => owner.call("POST", &path, None, &[]).await?,
        Body::Json(body) => owner.post(&path, body).await?,
        Body::Picture => owner.call("POST", &path, Some(picture()), &FORM).await?,
    };
    let Some(made) = judged(answer, &path, report) else { return Ok(None) };
    let Some(id) = made.json()[kind.key].as_str().map(str::to_owned) else { return Ok(None) };
    let mut names = BTreeMap::new();
    for part in &kind.parts {
        let path = document.path(&format!("{}/{id}{}", kind.seen, part.below));
        let answer = owner.post(&path, &part.body).await?;
        let inner = judged(answer, &path, report);
        if let Some(name) = inner.as_ref().and_then(|inner| inner.json().pointer(part.pointer)?.as_str().map(str::to_owned)) {
            names.insert(part.named, name);
        }
    }
    names.insert("", id);
    Ok(Some(names))
}

/// The header of a form.
const FORM: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=audit")];

/// A form with a GIF of one pixel.
fn picture() -> Bytes {
    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let head = "--audit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"of-the-audit.gif\"\r\ncontent-type: image/gif\r\n\r\n";
    [head.as_bytes(), GIF, b"\r\n--audit--\r\n"].concat().into()
}

/// What was made, unless this deployment or this person can't make it.
fn judged(made: Answer, path: &str, report: &mut Report) -> Option<Answer> {
    // Rights, budgets and what is set up differ from deployment to deployment.
    if [401, 402, 403, 404, 503].contains(&made.status) {
        report.note(format!("POST {path} answered {} to the owner; what it makes was not looked at", made.status));
        return None;
    }
    report.check(&format!("POST {path}"), made.expect(&[200, 201, 202]));
    (made.status < 300).then_some(made)
}

/// One operation on somebody else's row. It answers as it does where there is nothing.
async fn ask(
    stranger: &Caller<'_>,
    operation: &Operation<'_>,
    names: &BTreeMap<&'static str, String>,
    id: &str,
    report: &mut Report,
) -> anyhow::Result<()> {
    let body = operation.takes_json().then(|| "{}".into());
    let headers = if body.is_some() { &JSON[..] } else { &[] };
    // The first name in the path is the row's own, whatever it is called there.
    let first = operation.path.split('{').nth(1).and_then(|rest| rest.split('}').next()).unwrap_or_default();
    let theirs = operation.at(|name| if name == first { id } else { names.get(name).map_or(NOBODYS, String::as_str) }.to_owned());
    let nobodys = operation.at(|_| NOBODYS.to_owned());
    let answer = stranger.call(&operation.method, &theirs, body.clone(), headers).await?;
    let nothing = stranger.call(&operation.method, &nobodys, body, headers).await?;
    let what = format!("{} of another person", operation.name());
    report.check(&what, answer.expect_refusal());
    let tells = answer.status != nothing.status || answer.json()["code"] != nothing.json()["code"];
    let differs = || format!("{} {} came; where nothing is, {}", answer.status, answer.json()["code"], nothing.status);
    report.check(&what, if tells { Err(differs()) } else { Ok(()) });
    report.check(&what, if answer.shows(CANARY) { Err("it shows what is another's".to_owned()) } else { Ok(()) });
    Ok(())
}

async fn listed(stranger: &Caller<'_>, document: &Document, kind: &Kind, report: &mut Report) -> anyhow::Result<()> {
    if document.has(kind.seen, "get") {
        let path = document.path(kind.seen);
        let shows = stranger.get(&path).await?.shows(CANARY);
        report.check(
            &format!("GET {path} by a stranger"),
            if shows { Err("it shows what is another's".to_owned()) } else { Ok(()) },
        );
    }
    Ok(())
}

/// A stranger acts for an organisation.
async fn inside(stranger: &Caller<'_>, document: &Document, org: &str, report: &mut Report) -> anyhow::Result<()> {
    for operation in document.operations().filter(|operation| operation.is_guarded() && operation.is_plain()) {
        let answer = stranger.call("GET", operation.path, None, &[("x-org-id", org)]).await?;
        let what = format!("{} for an organisation of others", operation.name());
        report.check(&what, answer.expect(&[403, 404]));
    }
    Ok(())
}
