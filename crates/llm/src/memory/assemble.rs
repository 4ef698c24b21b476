use super::rolling::outgrown;
use crate::chat::{ChatRequest, Message as ChatMessage, Role};
use crate::measuring::{estimate, estimate_message};
use crate::memory::Preface;
use crate::model::{ContextPart, ContextView, LeftOut, Message, MessageId, Summary};
use crate::toolbelt::turns;

/// The window of a model that nothing is known of.
const UNKNOWN_WINDOW: u64 = 32_768;
/// The most that is kept free for the answer.
const ANSWER_TOKENS: u64 = 8_192;

/// What would be sent, and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assembled {
    pub(crate) messages: Vec<ChatMessage>,
    pub(crate) view: ContextView,
    /// The tokens that there are for turns, where the turns have outgrown their share of them.
    pub(crate) outgrown: Option<u64>,
}

/// Puts a request together: the rules, what is known of the person, the summary of what came before, and the newest turns that fit. The newest
/// turn is always there. `history` is the branch, oldest first; turns up to the summary's are left out of it.
pub(crate) fn assemble(
    preface: &Preface,
    summary: Option<&Summary>,
    history: Vec<Message>,
    window: Option<u64>,
    max_output: Option<u32>,
) -> Assembled {
    let window = window.unwrap_or(UNKNOWN_WINDOW);
    let answer = max_output.map_or(ANSWER_TOKENS, u64::from).min(window / 4);
    let mut parts = preface.parts.clone();
    parts.extend(summary.map(|summary| ContextPart {
        kind: "summary".to_owned(),
        name: Some(summary.message.to_string()),
        role: Role::User,
        text: fenced("earlier_turns", &summary.text),
        tokens: estimate(&summary.text),
        why: "it stands for the turns up to the message that it names".to_owned(),
    }));
    let fixed: u64 = parts.iter().map(|part| part.tokens).sum();
    let room = window.saturating_sub(answer).saturating_sub(fixed);
    let (mut left, turns_in_all) = (room, history.len());
    let mut said = 0_u64;
    let mut left_out = preface.left_out.clone();
    let mut kept: Vec<(Message, u64)> = Vec::new();
    let mut full = false;
    for message in history.into_iter().rev() {
        if message.parts.is_empty() {
            continue;
        }
        let tokens = tokens_of(&message);
        said = said.saturating_add(tokens);
        full = full || (tokens > left && !kept.is_empty());
        if full {
            left_out.push(LeftOut {
                kind: "message".to_owned(),
                name: message.id.to_string(),
                why: "the model's window is full".to_owned(),
            });
            continue;
        }
        left = left.saturating_sub(tokens);
        kept.push((message, tokens));
    }
    kept.reverse();
    trim_orphans(&mut kept, &mut left_out);
    let mut messages = opening(&parts);
    for (message, tokens) in kept {
        parts.push(part_of(message.id, &message, tokens));
        messages.push(ChatMessage { role: message.role, parts: message.parts });
    }
    let tokens = parts.iter().map(|part| part.tokens).sum();
    let messages = turns(messages);
    let outgrown = outgrown(said, turns_in_all, room).then_some(room);
    let view = ContextView { model: String::new(), window, kept_for_answer: answer, tokens, parts, left_out };
    Assembled { messages, view, outgrown }
}

/// About how many tokens a turn has.
pub(crate) fn tokens_of(message: &Message) -> u64 {
    estimate_message(&ChatMessage { role: message.role, parts: message.parts.clone() })
}

fn part_of(id: MessageId, message: &Message, tokens: u64) -> ContextPart {
    ContextPart {
        kind: "message".to_owned(),
        name: Some(id.to_string()),
        role: message.role,
        text: crate::chat::joined_text(&message.parts),
        tokens,
        why: "it is among the newest turns of the branch".to_owned(),
    }
}

/// Results of tools whose call was left out would be refused.
fn trim_orphans(kept: &mut Vec<(Message, u64)>, left_out: &mut Vec<LeftOut>) {
    while kept.len() > 1 && kept.first().is_some_and(|(message, _)| message.role == Role::Tool) {
        let (message, _) = kept.remove(0);
        let why = "the call that it answers is left out".to_owned();
        left_out.push(LeftOut { kind: "message".to_owned(), name: message.id.to_string(), why });
    }
}

/// The rules in the system's turn, everything that people wrote in the user's.
fn opening(parts: &[ContextPart]) -> Vec<ChatMessage> {
    let joined = |role: Role| {
        let texts: Vec<&str> = parts.iter().filter(|part| part.role == role).map(|part| part.text.as_str()).collect();
        (!texts.is_empty()).then(|| ChatMessage::text(role, texts.join("\n\n")))
    };
    joined(Role::System).into_iter().chain(joined(Role::User)).collect()
}

/// A text that is data: it can't close its own fence.
pub(crate) fn fenced(name: &str, text: &str) -> String {
    let close = format!("</{name}>");
    format!("<{name}>\n{}\n{close}", text.replace(&close, &format!("< /{name}>")))
}

/// A request with these turns.
impl From<&Assembled> for ChatRequest {
    fn from(assembled: &Assembled) -> Self {
        Self { messages: assembled.messages.clone(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use core_kernel::{Timestamp, UserId};
    use uuid::Uuid;

    use super::*;
    use crate::chat::Part;
    use crate::model::{ConversationId, MessageStatus, Placed};

    fn message(number: u128, role: Role, text: &str) -> Message {
        Message {
            id: MessageId(Uuid::from_u128(number)),
            conversation: ConversationId(Uuid::nil()),
            created_by: UserId(Uuid::nil()),
            place: Placed { branch: Uuid::nil(), depth: 0, parent: None },
            role,
            parts: vec![Part::text(text)],
            status: MessageStatus::Complete,
            generation: None,
            model: None,
            finish_reason: None,
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        }
    }

    fn part(role: Role, text: &str) -> ContextPart {
        let (kind, why) = ("x".to_owned(), "y".to_owned());
        ContextPart { kind, name: None, role, text: text.to_owned(), tokens: estimate(text), why }
    }

    #[test]
    fn the_newest_turns_that_fit_are_sent_and_what_is_left_out_is_named() {
        let preface = Preface { parts: vec![part(Role::System, "rules"), part(Role::User, "facts")], left_out: Vec::new() };
        let long = "x".repeat(400);
        let history = vec![message(1, Role::User, &long), message(2, Role::Assistant, "two"), message(3, Role::User, "three")];
        let found = assemble(&preface, None, history, Some(100), None);
        let texts: Vec<String> = found.messages.iter().map(ChatMessage::joined_text).collect();
        assert_eq!(texts, ["rules", "facts", "two", "three"]);
        assert_eq!(found.view.left_out[0].name, Uuid::from_u128(1).to_string());
        assert_eq!(found.view.tokens, found.view.parts.iter().map(|part| part.tokens).sum::<u64>());
    }

    #[test]
    fn the_newest_turn_is_sent_however_long_and_a_result_never_without_its_call() {
        let empty = Preface::default();
        let found = assemble(&empty, None, vec![message(1, Role::User, &"x".repeat(4000))], Some(100), None);
        assert_eq!(found.messages.len(), 1);
        let history =
            vec![message(1, Role::Assistant, &"x".repeat(4000)), message(2, Role::Tool, "2"), message(3, Role::User, "3")];
        let found = assemble(&empty, None, history, Some(100), None);
        assert_eq!(found.messages.iter().map(|message| message.role).collect::<Vec<_>>(), [Role::User]);
    }

    #[test]
    fn data_can_not_close_its_fence() {
        assert_eq!(fenced("f", "a</f>b"), "<f>\na< /f>b\n</f>");
    }
}
