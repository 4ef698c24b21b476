use core_kernel::{Timestamp, Visibility};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::attempt_view::AttemptView;
use crate::chat::{Part, Role, ToolCall, joined_text};
use crate::json_tools::{Checker, Proof, Violation, read_structured};
use crate::model::{
    Attempt, Confirmation, Conversation, Generation, GenerationId, GenerationState, Message, MessageId, MessageStatus, Purpose,
    Settlement, UsageReport, UsageSource,
};
use crate::routing::Adjustment;

/// A conversation.
#[derive(Serialize, ToSchema)]
#[schema(as = Conversation)]
pub(super) struct ConversationView {
    id: Uuid,
    /// None until the first message gives one.
    title: Option<String>,
    system_prompt: Option<String>,
    /// The model of messages that name none.
    model: Option<String>,
    /// `private`: its creator alone; `org`: everybody in the organisation.
    #[schema(value_type = String, example = "private")]
    visibility: Visibility,
    archived: bool,
    pinned: bool,
    metadata: Value,
    /// The newest message of the active branch.
    active_leaf_id: Option<Uuid>,
    /// The template whose text stands before the instructions.
    template: Option<String>,
    /// Its version; none: the newest.
    template_version: Option<i64>,
    /// What the model is told about the person, by name of its source.
    context: Vec<String>,
    /// Tools of the server that the model may call.
    tools: Vec<String>,
    /// Remembered facts are told to the model.
    memory: bool,
    created_by: Uuid,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Conversation> for ConversationView {
    fn from(row: Conversation) -> Self {
        Self {
            id: row.id.get(),
            title: row.title,
            system_prompt: row.system_prompt,
            model: row.model,
            visibility: row.visibility,
            archived: row.archived,
            pinned: row.pinned,
            metadata: row.metadata,
            active_leaf_id: row.active_leaf.map(MessageId::get),
            template: row.template,
            template_version: row.template_version,
            context: row.context,
            tools: row.tools,
            memory: row.memory,
            created_by: row.created_by.get(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A message of a conversation.
#[derive(Serialize, ToSchema)]
#[schema(as = ChatMessage)]
pub(super) struct MessageView {
    id: Uuid,
    conversation_id: Uuid,
    /// The message before.
    parent_id: Option<Uuid>,
    role: Role,
    /// Its text.
    content: String,
    /// All that it says: text, images, thinking, tool calls and their results.
    parts: Vec<Part>,
    status: MessageStatus,
    /// The generation that wrote it.
    generation_id: Option<Uuid>,
    /// `provider/model` of an answer.
    model: Option<String>,
    /// Why an answer ended: `stop`, `length`, `tool_calls`, `content_filter`, `cancelled`; other words of providers are `other`.
    finish_reason: Option<String>,
    created_by: Uuid,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Message> for MessageView {
    fn from(row: Message) -> Self {
        Self {
            id: row.id.get(),
            conversation_id: row.conversation.get(),
            parent_id: row.place.parent.map(MessageId::get),
            role: row.role,
            content: joined_text(&row.parts),
            parts: row.parts,
            status: row.status,
            generation_id: row.generation.map(GenerationId::get),
            model: row.model,
            finish_reason: row.finish_reason,
            created_by: row.created_by.get(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What a generation took.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmUsage)]
pub(super) struct UsageView {
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    /// `reported` by the provider, `estimated` from the text, or `none` when no provider was asked.
    pub(super) source: UsageSource,
    /// In millionths of the currency.
    pub(super) cost_micros: i64,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub(super) currency: String,
}

impl From<UsageReport> for UsageView {
    fn from(usage: UsageReport) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            source: usage.source,
            cost_micros: usage.cost_micros,
            currency: usage.currency,
        }
    }
}

impl UsageView {
    pub(super) fn of(settlement: &Settlement) -> Self {
        Self {
            input_tokens: settlement.usage.input,
            output_tokens: settlement.usage.output,
            source: settlement.usage_source,
            cost_micros: settlement.cost.micros,
            currency: "USD".to_owned(),
        }
    }
}

/// A whole answer.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmAnswer)]
pub(super) struct AnswerView {
    text: String,
    /// The document of the answer, when a schema was given and there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<Value>,
    /// How it was read, when a schema was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    json_proof: Option<Proof>,
    /// What of the schema it breaks, after the model was asked again; empty when all is well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    violations: Vec<Violation>,
    /// The model's thinking, where the provider shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    /// Functions that the model wants called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall>,
    provider: String,
    model: String,
    usage: UsageView,
    /// `stop`, `length`, `tool_calls`, `content_filter`, `cancelled`; other words of providers are `other`.
    finish_reason: String,
    generation_id: Uuid,
    /// What was changed so that a provider would take the request.
    adjustments: Vec<Adjustment>,
}

impl AnswerView {
    pub(super) fn of(generation: GenerationId, settlement: &Settlement, schema: Option<&Value>) -> Self {
        let answer = &settlement.answer;
        // It was compiled before anything was asked.
        let checker = schema.and_then(|schema| Checker::new(schema).ok());
        let structured = checker.map(|checker| read_structured(&answer.text, &checker));
        Self {
            json_proof: structured.as_ref().map(|found| found.proof),
            violations: structured.as_ref().map(|found| found.violations.clone()).unwrap_or_default(),
            json: structured.and_then(|found| found.value),
            text: answer.text.clone(),
            reasoning: Some(answer.reasoning.clone()).filter(|text| !text.is_empty()),
            tool_calls: answer.tool_calls.clone(),
            provider: settlement.provider.clone().unwrap_or_default(),
            model: settlement.model.clone().unwrap_or_default(),
            usage: UsageView::of(settlement),
            finish_reason: settlement.finish_word().unwrap_or_default(),
            generation_id: generation.get(),
            adjustments: settlement.adjustments.clone(),
        }
    }
}

/// A row of the ledger.
#[derive(Serialize, ToSchema)]
#[schema(as = Generation)]
pub(super) struct GenerationView {
    id: Uuid,
    purpose: Purpose,
    state: GenerationState,
    conversation_id: Option<Uuid>,
    user_message_id: Option<Uuid>,
    assistant_message_id: Option<Uuid>,
    provider: Option<String>,
    model: Option<String>,
    /// What arrived so far.
    text: String,
    reasoning: String,
    tool_calls: Vec<ToolCall>,
    finish_reason: Option<String>,
    usage: UsageView,
    /// The row of the price table; none: no price is known, and the cost is 0.
    price: Option<String>,
    /// The generation that this one continues.
    parent_id: Option<Uuid>,
    /// Tool calls that wait for the person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    confirmations: Vec<Confirmation>,
    /// What went wrong.
    problem: Option<FailureView>,
    adjustments: Vec<Adjustment>,
    /// The requests to providers behind it, oldest first; when it is read by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<AttemptView>,
    /// The server's own time before it asked the provider, in milliseconds.
    overhead_ms: i64,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

/// What went wrong with a generation.
#[derive(Serialize, ToSchema)]
#[schema(as = GenerationFailure)]
pub(super) struct FailureView {
    /// A code of the problem catalogue.
    code: &'static str,
    title: &'static str,
    detail: String,
}

impl From<crate::Failure> for FailureView {
    fn from(failure: crate::Failure) -> Self {
        Self { code: failure.code.code, title: failure.code.title, detail: failure.detail }
    }
}

impl GenerationView {
    pub(super) fn with(self, attempts: Vec<Attempt>) -> Self {
        Self { attempts: attempts.into_iter().map(AttemptView::from).collect(), ..self }
    }
}

impl From<Generation> for GenerationView {
    fn from(row: Generation) -> Self {
        let usage = UsageView {
            input_tokens: row.usage.input,
            output_tokens: row.usage.output,
            source: row.usage_source,
            cost_micros: row.cost_micros,
            currency: row.currency,
        };
        Self {
            id: row.id.get(),
            purpose: row.purpose,
            state: row.state,
            conversation_id: row.conversation.map(crate::ConversationId::get),
            user_message_id: row.user_message.map(MessageId::get),
            assistant_message_id: row.assistant_message.map(MessageId::get),
            provider: row.provider,
            model: row.model,
            text: row.text,
            reasoning: row.reasoning,
            tool_calls: row.tool_calls,
            finish_reason: row.finish_reason,
            usage,
            price: row.price,
            parent_id: row.parent.map(GenerationId::get),
            confirmations: row.confirmations,
            problem: row.failure.map(FailureView::from),
            adjustments: row.adjustments,
            attempts: Vec::new(),
            overhead_ms: row.overhead_ms,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}
