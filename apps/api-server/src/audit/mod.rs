//! A black-box run of the contract against any deployment: what its API document promises is asked of it over HTTP, anonymously, as an
//! owner and as a stranger.

#![expect(clippy::indexing_slicing, reason = "documents are looked into by member; one that is not there is null")]

mod document;
mod story;
mod strangers;
mod table;

use std::fmt;

use core_egress::{Egress, EgressConfig, Url};
use core_kernel::Secret;

use self::document::Document;
use crate::caller::{Answer, Caller};

/// What was looked at and what was wrong.
#[derive(Debug, Default)]
pub(crate) struct Report {
    checks: usize,
    faults: Vec<String>,
    notes: Vec<String>,
}

impl Report {
    /// Counts a check; a fault says what was asked and what came instead.
    fn check(&mut self, what: &str, outcome: Result<(), String>) {
        self.checks += 1;
        if let Err(fault) = outcome {
            self.faults.push(format!("{what}: {fault}"));
        }
    }

    /// What could not be looked at.
    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// True when nothing was wrong.
    pub(crate) fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "note   {note}")?;
        }
        for fault in &self.faults {
            writeln!(f, "fault  {fault}")?;
        }
        write!(f, "{} checks, {} faults", self.checks, self.faults.len())
    }
}

/// Access tokens or API keys of two people who have nothing in common; without them the audit registers two and closes their accounts.
#[derive(Default)]
pub(crate) struct People {
    pub(crate) owner: Option<Secret>,
    pub(crate) stranger: Option<Secret>,
}

/// Asks everything of the deployment at `base`.
pub(crate) async fn run(base: Url, people: People) -> anyhow::Result<Report> {
    let egress = Egress::new(EgressConfig::default())?;
    let anonymous = Caller::new(egress.operator(), &base);
    let mut report = Report::default();
    let document = Document::fetch(&anonymous).await?;
    health(&anonymous, &mut report).await?;
    table::anonymous(&anonymous, &document, &mut report).await?;
    let registered = people.owner.is_none() || people.stranger.is_none();
    let pair =
        if registered { story::register(&anonymous, &document, &mut report).await? } else { people.owner.zip(people.stranger) };
    let Some((owner, stranger)) = pair else { return Ok(report) };
    let (owner, stranger) = (anonymous.with(owner), anonymous.with(stranger));
    table::as_somebody(&owner, &document, &mut report).await?;
    story::broken_requests(&owner, &document, &mut report).await?;
    strangers::two_people(&owner, &stranger, &document, &mut report).await?;
    story::idempotency(&owner, &document, &mut report).await?;
    if registered {
        for person in [&owner, &stranger] {
            let closed = person.call("DELETE", &document.path("/users/me"), None, &[]).await?;
            report.check("closing an account of the audit", closed.expect(&[204]));
        }
    }
    Ok(report)
}

async fn health(anonymous: &Caller<'_>, report: &mut Report) -> anyhow::Result<()> {
    for path in ["/livez", "/readyz"] {
        report.check(path, anonymous.get(path).await?.expect(&[200]));
    }
    let ready = anonymous.get("/readyz").await?.json();
    if let Some(checks) = ready.get("checks").and_then(serde_json::Value::as_array) {
        for check in checks.iter().filter(|check| check.get("status").is_some_and(|status| status != "ok")) {
            report.note(format!("/readyz: {check}"));
        }
    }
    let metrics = anonymous.get("/metrics").await?;
    report.check("metrics are not public", metrics.expect(&[404]));
    Ok(())
}

/// An id that nobody has.
const NOBODYS: &str = "01900000-0000-7000-8000-00000000dead";

/// What is true of every answer of the API.
fn common(answer: &Answer) -> Result<(), String> {
    for header in ["x-request-id", "x-content-type-options"] {
        if answer.header(header).is_none() {
            return Err(format!("the answer has no {header}"));
        }
    }
    Ok(())
}
