//! The feature's problem codes.

core_kernel::problem_codes! {
    /// No provider, and the operation needs one.
    PROVIDER_NOT_CONFIGURED = "llm.provider_not_configured", Unavailable, "No language model is configured",
        "Ask the operator to set GEMINI_API_KEY, OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_HOST. Summaries work without a model.";
    /// The name means no model here.
    MODEL_UNKNOWN = "llm.model_unknown", Invalid, "The model is not known",
        "Use a name from GET /api/v1/llm/models, or `provider/model`.";
    /// Our key is refused.
    PROVIDER_AUTH = "llm.provider_auth", Upstream, "The provider refuses the server's key",
        "Nothing is wrong with the request. The operator has to check the provider's API key.";
    /// A quota at the provider is spent.
    QUOTA_EXHAUSTED = "llm.quota_exhausted", Unavailable, "The provider's quota is spent",
        "Use another model, or try again when the quota is refilled.";
    /// Too many requests at the provider.
    RATE_LIMITED = "llm.rate_limited", RateLimited, "The provider limits the rate of requests",
        "Try again after the time in Retry-After.";
    /// The provider does not answer.
    PROVIDER_UNAVAILABLE = "llm.provider_unavailable", Unavailable, "The provider is not available",
        "Try again later or use another model.";
    /// The provider refuses the request.
    REQUEST_REFUSED = "llm.request_refused", Invalid, "The provider refuses the request",
        "Change what the detail names.";
    /// More input than the model takes.
    CONTEXT_OVERFLOW = "llm.context_overflow", TooLarge, "The input is too long for the model",
        "Shorten it, or use a model with a larger window.";
    /// The answer broke off.
    TRUNCATED = "llm.truncated", Upstream, "The answer broke off",
        "What arrived is kept with the generation. Ask again for a whole answer.";
    /// What the provider sent is not its protocol.
    PROVIDER_PROTOCOL = "llm.provider_protocol", Upstream, "The provider's answer can't be read",
        "Try again; if it stays, the operator has to check the provider's base URL.";
    /// The client left.
    CANCELLED = "llm.cancelled", Unavailable, "The generation was stopped",
        "Ask again; what arrived is kept with the generation.";
    /// The server stopped while it ran.
    INTERRUPTED = "llm.interrupted", Unavailable, "The server stopped during the generation",
        "Ask again; what arrived is kept with the generation.";
    /// No such conversation for this caller.
    CONVERSATION_NOT_FOUND = "llm.conversation_not_found", NotFound, "There is no such conversation",
        "Check the id, and for which space the request acts.";
    /// No such message in the conversation.
    MESSAGE_NOT_FOUND = "llm.message_not_found", NotFound, "There is no such message",
        "Check the id; the message may have been deleted.";
    /// No such generation for this caller.
    GENERATION_NOT_FOUND = "llm.generation_not_found", NotFound, "There is no such generation",
        "Check the id, and for which space the request acts.";
    /// The conversation changed since it was read.
    CONVERSATION_CHANGED = "llm.conversation_changed", PreconditionFailed, "The conversation has changed",
        "Read it again and repeat the change with the new ETag.";
    /// Only who made it may do this.
    NOT_CREATOR = "llm.not_creator", Forbidden, "Only its creator may do this",
        "Ask the person who began the conversation.";
    /// An answer to this message is being written.
    GENERATION_RUNNING = "llm.generation_running", Conflict, "An answer is being written",
        "Wait for it, or stop it, before you continue from it.";
    /// No such template for this caller.
    TEMPLATE_NOT_FOUND = "llm.template_not_found", NotFound, "There is no such template",
        "See GET /api/v1/llm/templates for the names, and `version` for the versions.";
    /// A template that can't be rendered.
    TEMPLATE_BROKEN = "llm.template_broken", Invalid, "The template can't be rendered",
        "The detail names the fault and its line. Templates have a limit of steps and of size.";
    /// A schema that is none.
    SCHEMA_INVALID = "llm.schema_invalid", Invalid, "The schema is no JSON Schema",
        "Send a JSON Schema object that refers to nothing outside of itself.";
    /// An image that is none.
    IMAGE_INVALID = "llm.image_invalid", Invalid, "The image can't be used",
        "Send PNG, JPEG, WebP or GIF in base64, at most 3 MiB, under its own media type.";
    /// No such fact of this caller.
    MEMORY_NOT_FOUND = "llm.memory_not_found", NotFound, "There is no such fact",
        "Check the id; a forgotten fact does not come back.";
    /// The fact changed since it was read.
    MEMORY_CHANGED = "llm.memory_changed", PreconditionFailed, "The fact has changed",
        "Read it again and repeat the change with the new ETag.";
    /// Too few turns.
    NOTHING_TO_SUMMARIZE = "llm.nothing_to_summarize", Conflict, "There is nothing to summarise yet",
        "The newest turns stay as they are; go on with the conversation first.";
    /// Nothing stands behind the port of attachments.
    ATTACHMENTS_UNAVAILABLE = "llm.attachments_unavailable", Unavailable, "This server takes no attachments",
        "Send images and texts in the message itself. The port `Attachments` has nothing behind it.";
    /// A phrase that the operator does not let through.
    GUARDRAIL = "llm.guardrail", Invalid, "The request holds what is not let through",
        "Leave it out; the operator has a list of phrases that are refused.";
    /// No such policy.
    POLICY_NOT_FOUND = "llm.policy_not_found", NotFound, "There is no such policy",
        "PUT one; without a policy nothing is limited.";
    /// The policy changed since it was read.
    POLICY_CHANGED = "llm.policy_changed", PreconditionFailed, "The policy has changed",
        "Read it again and repeat the change with the new ETag.";
    /// A budget is spent.
    BUDGET_EXHAUSTED = "llm.budget_exhausted", BudgetSpent, "The budget is spent",
        "Wait until `resets_at`, ask for a shorter answer or a cheaper model, or ask the operator for more.";
    /// A policy forbids the model.
    MODEL_NOT_ALLOWED = "llm.model_not_allowed", Forbidden, "The model is not allowed",
        "Use another model, or ask the operator.";
    /// More requests or tokens a minute than a policy allows.
    POLICY_RATE = "llm.policy_rate", RateLimited, "Too many requests or tokens a minute",
        "Try again after the time in Retry-After.";
    /// No such call of this generation.
    TOOL_CALL_NOT_FOUND = "llm.tool_call_not_found", NotFound, "No such tool call waits",
        "The calls that wait are the `confirmations` of the generation.";
    /// A token that is not of this call.
    CONFIRMATION_INVALID = "llm.confirmation_invalid", Forbidden, "The token is not of this call",
        "Send the token of the confirmation itself, as the person who asked.";
    /// It waited too long.
    CONFIRMATION_EXPIRED = "llm.confirmation_expired", Conflict, "The confirmation has expired",
        "Ask the model again; it will call the tool again.";
    /// The call has its word.
    ALREADY_DECIDED = "llm.already_decided", Conflict, "The call is decided already",
        "A call is decided once; see the generation for what became of it.";
    /// More rows than a space may have.
    TOO_MANY = "llm.too_many", Conflict, "There are too many of these",
        "Delete what is not needed any more.";
    /// A field breaks a rule.
    INVALID = "llm.invalid", Invalid, "A field breaks a rule",
        "Change the fields that `errors` names.";
}
