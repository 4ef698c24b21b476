use std::sync::Arc;

use core_kernel::Actor;
use serde_json::json;

use super::assemble::{fenced, tokens_of};
use super::rolling::outgrown;
use crate::chat::{FinishReason, Message as ChatMessage, Role, joined_text};
use crate::conversations::NOT_FOUND;
use crate::engine::Engine;
use crate::error::{LlmError, codes};
use crate::model::{Conversation, ConversationId, GenerationState, Message, MessageId, Purpose, Settlement, Summary};
use crate::permissions;
use crate::provider::{OFFLINE_PROVIDER, summarize};
use crate::routing::Router;
use crate::service::{Ask, Delivery, SummaryKind};
use crate::store::{conversations, messages, summaries};
use crate::templates::{OWN, render};

/// The newest turns stay as they are.
const VERBATIM: usize = 6;
/// The most sentences of a summary.
const SENTENCES: usize = 12;
/// The most turns that one summary takes in.
const TURNS: u64 = 2_000;
/// The most characters that a model is given at once; longer texts are summarised piece by piece, and then the pieces.
const PIECE: usize = 60_000;

/// Makes rolling summaries: checkpoints on the tree that stand for the turns up to a message.
#[derive(Debug)]
pub(crate) struct SummaryService {
    pub(crate) engine: Arc<Engine>,
    pub(crate) router: Arc<Router>,
    pub(crate) completions: Arc<crate::completions::CompletionService>,
}

struct Taken {
    conversation: Conversation,
    /// The summary so far.
    before: Option<Summary>,
    turns: Vec<Message>,
    /// About how many tokens the turns since have, the newest included.
    tokens: u64,
}

impl SummaryService {
    /// Summarises the active branch up to its newest turns.
    pub(crate) async fn roll(&self, actor: &Actor, id: ConversationId) -> Result<Summary, LlmError> {
        actor.require(&permissions::CHAT)?;
        let taken = self.take(actor, id, None).await?.ok_or(LlmError::Plain(&codes::NOTHING_TO_SUMMARIZE))?;
        match self.summarise(actor, &taken).await? {
            Some(summary) => Ok(summary),
            // Nothing has come since: the summary is as good as it was.
            None => taken.before.ok_or(LlmError::Plain(&codes::NOTHING_TO_SUMMARIZE)),
        }
    }

    /// Summarises the path to a message where it has outgrown its share of a room of so many tokens, and nobody has summarised it
    /// meanwhile. False: there is nothing to do any more.
    pub(crate) async fn checkpoint(
        &self,
        actor: &Actor,
        (id, message): (ConversationId, MessageId),
        room: u64,
    ) -> Result<bool, LlmError> {
        actor.require(&permissions::CHAT)?;
        let taken = match self.take(actor, id, Some(message)).await {
            Err(LlmError::Plain(code)) if *code == codes::CONVERSATION_NOT_FOUND => return Ok(false),
            taken => taken?,
        };
        let Some(taken) = taken.filter(|taken| outgrown(taken.tokens, taken.turns.len() + VERBATIM, room)) else {
            return Ok(false);
        };
        Ok(self.summarise(actor, &taken).await?.is_some())
    }

    /// None: there are no turns to summarise, or they are gone.
    async fn summarise(&self, actor: &Actor, taken: &Taken) -> Result<Option<Summary>, LlmError> {
        let Some(last) = taken.turns.last() else { return Ok(None) };
        let before = taken.before.as_ref().map_or("", |summary| summary.text.as_str());
        let (text, kind, provider) = match self.by_model(actor, taken, before).await? {
            Some((text, provider)) => (text, SummaryKind::Abstractive, provider),
            None => {
                let text = format!("{before}\n{}", said(&taken.turns));
                let text = tokio::task::spawn_blocking(move || summarize(&text, SENTENCES).text).await;
                let text = text.map_err(|_lost| LlmError::Plain(&codes::INTERRUPTED))?;
                let settlement = Settlement::offline(
                    crate::completions::OFFLINE_MODEL,
                    crate::chat::Partial { text: text.clone(), ..Default::default() },
                );
                self.engine.record(actor, Purpose::Memory, &settlement).await?;
                (text, SummaryKind::Extractive, OFFLINE_PROVIDER.to_owned())
            }
        };
        let conversation = &taken.conversation;
        let draft = &summaries::Draft { actor, conversation, message: last, text: &text, kind, provider: &provider };
        let stored = self.engine.db.write(|tx| async move {
            // It took a while: what was deleted meanwhile must not come back as a summary.
            let there = conversations::find(&tx, actor, conversation.id).await?.is_some()
                && messages::find(&tx, conversation, last.id).await?.is_some();
            if there { Ok(Some(summaries::insert(&tx, draft).await?)) } else { Ok(None) }
        });
        stored.await
    }

    /// The turns on the path to a message, or to the active one. None: nothing has been said.
    async fn take(&self, actor: &Actor, id: ConversationId, message: Option<MessageId>) -> Result<Option<Taken>, LlmError> {
        let connection = self.engine.db.read();
        let conversation = conversations::find(connection, actor, id).await?.ok_or(NOT_FOUND)?;
        let Some(leaf) = message.or(conversation.active_leaf) else { return Ok(None) };
        let Some(leaf) = messages::find(connection, &conversation, leaf).await? else { return Ok(None) };
        let path = messages::path_to(connection, &conversation, &leaf).await?;
        let before = summaries::deepest(connection, &conversation, &path).await?;
        let after = before.as_ref().map(|summary| summary.depth);
        let mut turns = messages::along(connection, &conversation, &path, after, TURNS).await?;
        let tokens = turns.iter().map(tokens_of).sum();
        turns.truncate(turns.len().saturating_sub(VERBATIM));
        turns.retain(|turn| !turn.parts.is_empty());
        Ok(Some(Taken { conversation, before, turns, tokens }))
    }

    /// None: no model is configured, or none gave a summary.
    async fn by_model(&self, actor: &Actor, taken: &Taken, before: &str) -> Result<Option<(String, String)>, LlmError> {
        if self.router.providers().is_empty() {
            return Ok(None);
        }
        let source = OWN.iter().find(|template| template.name == "llm.rolling_summary").map_or("", |template| template.text);
        let rules = render(source, &json!({ "max_sentences": SENTENCES }))?;
        let mut known = before.to_owned();
        let mut provider = None;
        for piece in pieces(&said(&taken.turns)) {
            let asked = format!("{}\n{}", fenced("earlier", &known), fenced("turns", &piece));
            let messages = vec![ChatMessage::text(Role::System, rules.clone()), ChatMessage::text(Role::User, asked)];
            let ask = Ask { messages, model: taken.conversation.model.clone(), ..Ask::default() };
            let viewer = match self.completions.ask(actor, Purpose::Memory, ask, Delivery::default()).await {
                Ok(viewer) => viewer,
                Err(error @ (LlmError::Denied(_) | LlmError::Db(_))) => return Err(error),
                Err(_) => return Ok(None),
            };
            let Some(outcome) = viewer.outcome().await else { return Ok(None) };
            let settled = &outcome.settlement;
            let whole = settled.state == GenerationState::Complete && settled.finish == Some(FinishReason::Stop);
            if !whole || settled.answer.text.trim().is_empty() {
                return Ok(None);
            }
            settled.answer.text.trim().clone_into(&mut known);
            provider.clone_from(&settled.provider);
        }
        Ok(provider.map(|provider| (known, provider)))
    }
}

/// The turns as a text, each with who said it.
fn said(turns: &[Message]) -> String {
    let lines = turns.iter().map(|turn| format!("{}: {}", turn.role.as_str(), joined_text(&turn.parts)));
    lines.collect::<Vec<_>>().join("\n\n")
}

/// Cut at lines into pieces that a model takes.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in text.split_inclusive('\n') {
        let mut line: String = line.to_owned();
        let full = pieces.last().is_some_and(|piece| !piece.is_empty() && piece.chars().count() + line.chars().count() > PIECE);
        if full {
            pieces.push(String::new());
        }
        while line.chars().count() > PIECE {
            let rest: String = line.chars().skip(PIECE).collect();
            line = line.chars().take(PIECE).collect();
            pieces.push(std::mem::replace(&mut line, rest));
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push_str(&line);
        }
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_into_pieces_that_lose_nothing() {
        let text = format!("{}\n{}", "line\n".repeat(20_000), "x".repeat(PIECE * 2 + 5));
        let found = pieces(&text);
        assert_eq!(found.iter().map(|piece| piece.matches(['l', 'x']).count()).sum::<usize>(), 20_000 + PIECE * 2 + 5);
        assert!(
            found.iter().all(|piece| piece.chars().count() <= PIECE + 6),
            "{:?}",
            found.iter().map(String::len).collect::<Vec<_>>()
        );
    }
}
