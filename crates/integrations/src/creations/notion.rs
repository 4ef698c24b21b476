use std::time::Duration;

use async_trait::async_trait;
use core_db::Db;
use core_egress::Method;
use core_kernel::{FieldError, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::notion_parent::{self, Parent};
use super::{Failure, Finding, Ledger, Look, Maker, NewPage, Outcome, Plan, line_fault, refuse, text_fault};
use crate::markdown::steps::{self, Below, Step};
use crate::markdown::{self, notion};
use crate::store::operations;
use crate::vendor::{Answer, Call, Session};
use crate::{IntegrationsError, Operation, PageBody, Settings};

/// The most characters of a text.
const MAX_MARKDOWN: usize = 700_000;
/// Pages of a list of children that are looked through.
const LISTED: usize = 30;
/// Notion tells the time of making in whole minutes, and clocks differ.
const SLACK: Duration = Duration::from_mins(2);
/// How often a task is asked for, and the time between.
const TASK_POLLS: usize = 20;

/// How far a page came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    id: String,
    url: String,
    /// Steps that are done.
    done: usize,
    /// The last block of the last step that went to the page itself.
    last: Option<String>,
    /// The next step was sent, and nobody knows how it ended.
    in_flight: bool,
}

/// Makes one page.
pub(crate) struct PageMaker {
    parent: String,
    title: String,
    steps: Vec<Step>,
    pub(crate) notes: Vec<String>,
    /// The Markdown, where Notion reads it itself.
    native: Option<String>,
}

impl PageMaker {
    /// Puts a request and the settings together.
    pub(crate) fn new(page: NewPage, settings: &Settings) -> Result<Self, IntegrationsError> {
        let mut faults: Vec<FieldError> = text_fault("/markdown", &page.markdown, MAX_MARKDOWN).into_iter().collect();
        faults.extend(line_fault("/title", page.title.as_deref(), 1000));
        let parent = page.parent.or_else(|| settings.parent.clone()).unwrap_or_default();
        faults.extend(notion_parent::fault(&parent));
        refuse(faults)?;
        let mut blocks = markdown::parse(&page.markdown);
        let title = match page.title {
            Some(title) => title.trim().to_owned(),
            None => {
                let heading = markdown::first_heading(&blocks);
                let heading = heading
                    .ok_or_else(|| IntegrationsError::field("/title", "missing_field", "needed where there is no heading"))?;
                // It is on the page as its title.
                if matches!(blocks.first(), Some(markdown::Block::Heading(..))) {
                    blocks.remove(0);
                }
                heading.chars().take(1000).collect()
            }
        };
        let native = (settings.body == Some(PageBody::Markdown)).then_some(page.markdown);
        let converted = notion::convert(&blocks);
        let steps = if native.is_some() { Vec::new() } else { steps::plan(converted.nodes) };
        let notes = if native.is_some() { Vec::new() } else { converted.notes };
        let parent = notion_parent::id_in(&parent).unwrap_or_default();
        Ok(Self { parent, title, steps, notes, native })
    }

    /// What is looked for when the answer was lost.
    pub(crate) fn to_value(&self) -> Value {
        json!({"parent": self.parent, "title": self.title, "steps": self.steps.len().max(1)})
    }

    fn create(&self, session: &Session, parent: &Parent) -> Result<Call, IntegrationsError> {
        // A title of more than a piece is cut into pieces like any text.
        let title = markdown::Inline::Text(self.title.clone(), markdown::Style::default());
        let title = notion::title(&[title]);
        let mut body = json!({"parent": parent.to_value(), "properties": {parent.title_property(): {"title": title}}});
        if let Some(members) = body.as_object_mut() {
            if let Some(markdown) = &self.native {
                members.insert("markdown".to_owned(), json!(markdown));
                members.insert("markdown_version".to_owned(), json!("v2"));
                members.insert("allow_async".to_owned(), json!(true));
            } else if let Some(first) = self.steps.first().filter(|step| !step.blocks.is_empty()) {
                members.insert("children".to_owned(), json!(first.blocks));
            }
        }
        Ok(session.call(Method::POST, "/v1/pages")?.with_body(body))
    }

    fn append(session: &Session, parent: &str, step: &Step) -> Result<Call, IntegrationsError> {
        Ok(session.call(Method::PATCH, &format!("/v1/blocks/{parent}/children"))?.with_body(steps::append_body(step)))
    }

    /// What would be sent.
    pub(crate) async fn plan(&self, session: &Session) -> Result<Plan, IntegrationsError> {
        let parent = notion_parent::find(session, &self.parent).await?;
        let mut requests = vec![self.create(session, &parent)?.planned()];
        for step in self.steps.iter().skip(1) {
            let below = if step.below == Below::Page { "{page}" } else { "{last_block}" };
            let mut planned = Self::append(session, "00000000-0000-0000-0000-000000000000", step)?.planned();
            planned.url = planned.url.replace("00000000-0000-0000-0000-000000000000", below);
            requests.push(planned);
        }
        let mut findings: Vec<Finding> = self.notes.iter().map(|note| Finding::note("converted", note.clone())).collect();
        if self.steps.len() > 1 {
            findings.push(Finding::note("split", format!("The content takes {} requests.", self.steps.len())));
        }
        Ok(Plan { requests, findings })
    }

    fn incomplete(&self, operation: &Operation, progress: &Progress) -> IntegrationsError {
        let appended: usize = self.steps.iter().take(progress.done).map(|step| step.blocks.len()).sum();
        IntegrationsError::PageIncomplete {
            operation: operation.id,
            id: progress.id.clone(),
            url: progress.url.clone(),
            appended,
            remaining: steps::total(&self.steps).saturating_sub(appended),
        }
    }

    /// How many blocks stand where a step goes before it is done.
    fn expected(&self, done: usize, below: Below) -> usize {
        let before = self.steps.iter().take(done);
        match below {
            Below::Page => before.filter(|step| step.below == Below::Page).map(|step| step.blocks.len()).sum(),
            Below::Last => {
                let since: Vec<&Step> = before.collect();
                let grown: usize =
                    since.iter().rev().take_while(|step| step.below == Below::Last).map(|step| step.blocks.len()).sum();
                let first = since.iter().rev().find(|step| step.below == Below::Page).and_then(|step| step.blocks.last());
                grown + first.map_or(0, |block| children_of(block).len())
            }
        }
    }

    /// Whether a step that was sent before was done: then so many blocks stand there.
    async fn was_done(
        &self,
        session: &Session,
        progress: &Progress,
        step: &Step,
    ) -> Result<Option<Vec<String>>, IntegrationsError> {
        let parent = Self::parent_of(progress, step);
        let ids = children(session, &parent).await?;
        let expected = self.expected(progress.done, step.below) + step.blocks.len();
        Ok((ids.len() >= expected).then(|| ids.into_iter().take(expected).collect()))
    }

    fn parent_of(progress: &Progress, step: &Step) -> String {
        match step.below {
            Below::Page => progress.id.clone(),
            Below::Last => progress.last.clone().unwrap_or_default(),
        }
    }

    /// Appends every step that is not done.
    async fn go_on(
        &self,
        session: &Session,
        operation: &mut Operation,
        ledger: &Ledger,
        mut progress: Progress,
    ) -> Result<Outcome, Failure> {
        while let Some(step) = self.steps.get(progress.done) {
            let done = if progress.in_flight { self.was_done(session, &progress, step).await? } else { None };
            let ids = match done {
                Some(ids) => ids,
                None => {
                    progress.in_flight = true;
                    ledger.progressed(operation, json!(progress), None).await?;
                    let call = Self::append(session, &Self::parent_of(&progress, step), step)?;
                    match session.send(&call).await {
                        Ok(answer) => answer.list("/results").iter().filter_map(id_of).collect(),
                        Err(error) => {
                            progress.in_flight = error.refusal().is_none();
                            ledger.progressed(operation, json!(progress), None).await?;
                            tracing::debug!(?error, operation = %operation.id, "a page is incomplete");
                            return Err(Failure::Partial(self.incomplete(operation, &progress)));
                        }
                    }
                }
            };
            if step.below == Below::Page {
                progress.last = ids.last().cloned();
            }
            (progress.done, progress.in_flight) = (progress.done + 1, false);
            ledger.progressed(operation, json!(progress), None).await?;
        }
        Ok(outcome(operation, &progress, &self.notes))
    }

    /// The page that a task makes.
    async fn wait_for(&self, session: &Session, answer: Answer) -> Result<Answer, Failure> {
        let Some(task) = answer.text("/id").filter(|_| answer.text("/object") == Some("async_task")).map(str::to_owned) else {
            return Ok(answer);
        };
        for _ in 0..TASK_POLLS {
            let lost = |error| Failure::Lost(format!("{error:?}"));
            let state = session.get(&format!("/v1/async_tasks/{task}"), &[]).await.map_err(lost)?;
            match state.text("/status") {
                Some("succeeded") => {
                    let body = state.body.get("result").cloned().unwrap_or_default();
                    return Ok(Answer { body, ..state });
                }
                Some("failed") => {
                    let message = state.text("/error/message").unwrap_or("The task failed.").to_owned();
                    return Err(IntegrationsError::Refused { message, fields: Vec::new() }.into());
                }
                _ => {
                    let seconds = state.body.get("poll_after_seconds").and_then(Value::as_u64).unwrap_or(1).clamp(1, 10);
                    session.transport.pacer.moment(Duration::from_secs(seconds)).await;
                }
            }
        }
        Err(Failure::Lost("a task takes too long".to_owned()))
    }
}

fn children_of(block: &Value) -> &[Value] {
    let kind = block.get("type").and_then(Value::as_str).unwrap_or_default();
    let inner = block.get(kind).and_then(|inner| inner.get("children"));
    inner.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn id_of(value: &Value) -> Option<String> {
    value.get("id").and_then(Value::as_str).map(str::to_owned)
}

fn outcome(operation: &Operation, progress: &Progress, notes: &[String]) -> Outcome {
    let result = json!({"id": progress.id, "url": progress.url, "notes": notes, "operation_id": operation.id});
    Outcome { result, external_id: progress.id.clone() }
}

/// The ids of what is below a page or block, in order.
async fn children(session: &Session, id: &str) -> Result<Vec<String>, IntegrationsError> {
    Ok(listed(session, id).await?.iter().filter_map(id_of).collect())
}

async fn listed(session: &Session, id: &str) -> Result<Vec<Value>, IntegrationsError> {
    let (mut all, mut cursor): (Vec<Value>, Option<String>) = (Vec::new(), None);
    for _ in 0..LISTED {
        let mut query = vec![("page_size", "100")];
        query.extend(cursor.as_deref().map(|cursor| ("start_cursor", cursor)));
        let answer = session.get(&format!("/v1/blocks/{id}/children"), &query).await?;
        all.extend(answer.list("/results").iter().cloned());
        cursor = answer.text("/next_cursor").map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    Ok(all)
}

#[async_trait]
impl Maker for PageMaker {
    fn repeats_safely(&self) -> bool {
        false
    }

    async fn make(&self, session: &Session, operation: &mut Operation, ledger: &Ledger) -> Result<Outcome, Failure> {
        let begun: Option<Progress> = operation.progress.clone().and_then(|progress| serde_json::from_value(progress).ok());
        let progress = match begun {
            Some(progress) => progress,
            None => {
                let parent = notion_parent::find(session, &self.parent).await?;
                let call = self.create(session, &parent)?;
                ledger.sent(operation).await?;
                let answer = session.send(&call).await.map_err(Failure::of_write)?;
                let answer = self.wait_for(session, answer).await?;
                let (Some(id), Some(url)) = (answer.text("/id"), answer.text("/url")) else {
                    return Err(Failure::Lost("the answer has no page".to_owned()));
                };
                let progress = Progress { id: id.to_owned(), url: url.to_owned(), done: 1, ..Progress::default() };
                ledger.progressed(operation, json!(progress), Some(id)).await?;
                progress
            }
        };
        self.go_on(session, operation, ledger, progress).await
    }
}

/// Looks for a page with this title that was made under the same parent since the request went out, and that no other operation made.
pub(crate) async fn look(session: &Session, operation: &Operation, db: &Db) -> Result<Look, IntegrationsError> {
    let steps = operation.target.get("steps").and_then(Value::as_u64).unwrap_or(1);
    let whole = |progress: &Progress| progress.done as u64 >= steps;
    if let Some(progress) = operation.progress.clone().and_then(|progress| serde_json::from_value::<Progress>(progress).ok()) {
        let done = whole(&progress) && !progress.in_flight;
        return Ok(if done { Look::Found(outcome(operation, &progress, &[])) } else { Look::Begun(json!(progress)) });
    }
    let text = |name: &str| operation.target.get(name).and_then(Value::as_str).unwrap_or_default();
    let since = operation.sent_at.unwrap_or(operation.created_at).minus(SLACK);
    let parent = notion_parent::find(session, text("parent")).await?;
    for (id, url) in candidates(session, &parent, text("title"), since).await? {
        if operations::is_claimed(db.read(), operation.connection, &id, operation.id).await? {
            continue;
        }
        let url = match url {
            Some(url) => url,
            None => session.get(&format!("/v1/pages/{id}"), &[]).await?.text("/url").unwrap_or_default().to_owned(),
        };
        let progress = Progress { id, url, done: 1, ..Progress::default() };
        return Ok(if whole(&progress) { Look::Found(outcome(operation, &progress, &[])) } else { Look::Begun(json!(progress)) });
    }
    Ok(Look::Absent)
}

/// Pages under a parent with this title, made since a moment: id and, where it is told, address.
async fn candidates(
    session: &Session,
    parent: &Parent,
    title: &str,
    since: Timestamp,
) -> Result<Vec<(String, Option<String>)>, IntegrationsError> {
    let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let recent =
        |value: &&Value| text(value, "/created_time").and_then(|at| at.parse::<Timestamp>().ok()).is_some_and(|at| at >= since);
    match parent {
        Parent::Page(id) => {
            let blocks = listed(session, id).await?;
            let named = blocks.iter().filter(|block| text(block, "/child_page/title").as_deref() == Some(title));
            Ok(named.filter(recent).filter_map(|block| Some((text(block, "/id")?, None))).collect())
        }
        Parent::Source { id, title: property } => {
            let sorts = json!([{"timestamp": "created_time", "direction": "descending"}]);
            let filter = json!({"property": property, "title": {"equals": title}});
            let call = session.call(Method::POST, &format!("/v1/data_sources/{id}/query"))?;
            let answer = session.send(&call.with_body(json!({"filter": filter, "sorts": sorts, "page_size": 20}))).await?;
            Ok(answer
                .list("/results")
                .iter()
                .filter(recent)
                .filter_map(|page| Some((text(page, "/id")?, text(page, "/url"))))
                .collect())
        }
    }
}
