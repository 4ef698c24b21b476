use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, FieldError, Page, PageRequest};

use super::recall::{self, Nearness};
use crate::engine::Engine;
use crate::error::{LlmError, codes};
use crate::measuring::estimate;
use crate::model::{DraftFact, Fact, FactId, nul};
use crate::permissions;
use crate::provider::{cosine, offline_vector};
use crate::service::Memories;
use crate::store::facts::Recalled;
use crate::store::{facts, messages};

/// The most facts of one person in one space.
const FACTS_LIMIT: u64 = 2_000;
/// The most characters of a fact.
const FACT_LIMIT: usize = 1_000;

/// [`Memories`] over the table.
#[derive(Debug)]
pub(crate) struct FactService {
    pub(crate) engine: Arc<Engine>,
}

const NOT_FOUND: LlmError = LlmError::Plain(&codes::MEMORY_NOT_FOUND);

fn check(fact: &str) -> Result<(), LlmError> {
    let mut fields = Vec::new();
    if fact.trim().is_empty() || fact.chars().count() > FACT_LIMIT {
        fields.push(FieldError::new("/fact", "out_of_range", format!("1 to {FACT_LIMIT} characters, not all blank.")));
    }
    if fact.contains('\0') {
        fields.push(nul("/fact"));
    }
    if fields.is_empty() { Ok(()) } else { Err(LlmError::Invalid(fields)) }
}

#[async_trait]
impl Memories for FactService {
    async fn list(&self, actor: &Actor, query: Option<&str>, page: PageRequest) -> Result<Page<Fact>, LlmError> {
        actor.require(&permissions::READ)?;
        Ok(facts::list(self.engine.db.read(), actor.owner, actor.author(), query, &page).await?)
    }

    async fn create(&self, actor: &Actor, draft: DraftFact) -> Result<Fact, LlmError> {
        actor.require(&permissions::CHAT)?;
        check(&draft.fact)?;
        let draft = &draft;
        self.engine
            .db
            .write(|tx| async move {
                if facts::count(&tx, actor.owner, actor.author()).await? >= FACTS_LIMIT {
                    return Err(LlmError::Plain(&codes::TOO_MANY));
                }
                let source = match draft.source_message {
                    None => None,
                    Some(id) => {
                        let found = messages::visible(&tx, actor, id).await?;
                        let rule = "There is no such message.";
                        let unknown = || LlmError::Invalid(vec![FieldError::new("/source_message_id", "unknown_message", rule)]);
                        Some(found.ok_or_else(unknown)?)
                    }
                };
                recall::enqueue(&self.engine, &tx, actor.owner, actor.author()).await?;
                Ok(facts::insert(&tx, actor, draft.fact.trim(), source.as_ref()).await?)
            })
            .await
    }

    async fn update(&self, actor: &Actor, id: FactId, fact: &str, version: Option<i64>) -> Result<Fact, LlmError> {
        actor.require(&permissions::CHAT)?;
        check(fact)?;
        self.engine
            .db
            .write(|tx| async move {
                let current = facts::find(&tx, actor.owner, actor.author(), id).await?.ok_or(NOT_FOUND)?;
                if version.is_some_and(|version| version != current.version) {
                    return Err(LlmError::Plain(&codes::MEMORY_CHANGED));
                }
                facts::update(&tx, &current, fact.trim()).await?;
                recall::enqueue(&self.engine, &tx, actor.owner, actor.author()).await?;
                facts::find(&tx, actor.owner, actor.author(), id).await?.ok_or(NOT_FOUND)
            })
            .await
    }

    async fn delete(&self, actor: &Actor, id: FactId) -> Result<(), LlmError> {
        actor.require(&permissions::CHAT)?;
        let gone = self
            .engine
            .db
            .write(|tx| async move { Ok::<_, LlmError>(facts::delete(&tx, actor.owner, actor.author(), id).await?) });
        if gone.await? { Ok(()) } else { Err(NOT_FOUND) }
    }
}

/// What of a message its writer wants remembered: what follows "remember that". Said in words, so that nobody is surprised by what is kept.
pub(crate) fn wish_to_remember(text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let openings = [
        "please remember that ",
        "please remember: ",
        "please remember ",
        "remember that ",
        "remember: ",
        "merke dir, dass ",
        "merk dir, dass ",
    ];
    let opening = openings.iter().find(|opening| lower.starts_with(*opening))?;
    // `to_lowercase` may change lengths; the openings are ASCII, so the original begins with as many bytes.
    let fact = text.get(opening.len()..)?.lines().next()?.trim();
    let asks = fact.ends_with('?');
    (!asks && fact.chars().count() >= 3).then(|| fact.chars().filter(|letter| *letter != '\0').take(FACT_LIMIT).collect())
}

/// The facts that are nearest to a text within so many tokens, nearest first, and the rest. Newer ones are a little nearer; one without a
/// vector is weighed by its words.
pub(super) fn relevant(all: Vec<Recalled>, (about, nearness): (&str, &Nearness), tokens: u64) -> (Vec<Fact>, Vec<Fact>) {
    let words = offline_vector(about);
    let total = all.len().max(1);
    let weigh = |(place, known): (usize, Recalled)| {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred facts")]
        let age = place as f32 / total as f32;
        let near = match (nearness, &known.vector) {
            (Nearness::Meaning(_, said), Some(vector)) => cosine(said, vector),
            _ => cosine(&words, &offline_vector(&known.fact.fact)),
        };
        (near - 0.1 * age, known.fact)
    };
    let mut weighed: Vec<(f32, Fact)> = all.into_iter().enumerate().map(weigh).collect();
    weighed.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut told, mut untold, mut held) = (Vec::new(), Vec::new(), 0);
    for (_, fact) in weighed {
        held += estimate(&fact.fact) + 2;
        if held <= tokens { told.push(fact) } else { untold.push(fact) }
    }
    (told, untold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_to_be_remembered_is() {
        assert_eq!(wish_to_remember("Remember that I train on Mondays.\nThanks"), Some("I train on Mondays.".to_owned()));
        assert_eq!(wish_to_remember(" please remember: my knee hurts"), Some("my knee hurts".to_owned()));
        for text in ["Do you remember that?", "Remember that?", "I remember that day", "remember"] {
            assert_eq!(wish_to_remember(text), None, "{text}");
        }
    }
}
