use crate::chat::{ChatRequest, Evidence, FinishReason, Message, Partial, Role};
use crate::engine::Work;
use crate::json_tools::{Checker, Proof, read_structured};
use crate::provider::Mode;
use crate::routing::Adjustment;

/// How often an answer that breaks its schema is asked for again. Deadline and size bound it further.
const TIMES: u32 = 2;

/// Holds answers against the schema that they were asked with.
pub(crate) struct ReAsk {
    checker: Checker,
    left: u32,
}

/// What to ask next, and what is said about it.
pub(crate) struct Next {
    pub(crate) request: ChatRequest,
    pub(crate) adjustment: Adjustment,
}

impl ReAsk {
    /// Where there is a schema and the answer is wanted whole.
    pub(crate) fn of(work: &Work) -> Option<Self> {
        let schema = work.request.schema.as_ref().filter(|_| work.mode == Mode::Unary)?;
        Some(Self { checker: Checker::new(schema).ok()?, left: TIMES })
    }

    /// None: the answer will do, or there is no use in asking again.
    pub(crate) fn next(&mut self, request: &ChatRequest, answer: &Partial, evidence: &Evidence) -> Option<Next> {
        let proper = matches!(evidence.finish(), FinishReason::Stop | FinishReason::Other(_));
        if !proper || self.left == 0 || !answer.tool_calls.is_empty() {
            return None;
        }
        let read = read_structured(&answer.text, &self.checker);
        if read.violations.is_empty() && read.proof != Proof::None {
            return None;
        }
        self.left -= 1;
        let told: Vec<String> =
            read.violations.iter().map(|violation| format!("- at `{}`: {}", violation.pointer, violation.message)).collect();
        let told = told.join("\n");
        let mut request = request.clone();
        request.messages.push(Message::text(Role::Assistant, answer.text.clone()));
        let words = format!(
            "Your answer breaks the schema:\n{told}\nAnswer again with the whole corrected JSON document and nothing else."
        );
        request.messages.push(Message::text(Role::User, words));
        let adjustment = Adjustment { action: "asked_again".to_owned(), subject: "schema".to_owned(), reason: told };
        Some(Next { request, adjustment })
    }
}
