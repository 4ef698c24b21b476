//! The problem catalogue of integrations.

core_kernel::problem_codes! {
    /// A field breaks a rule.
    INVALID = "integrations.invalid", Invalid, "The input breaks a rule",
        "Each entry of `errors` points at a field and says what is expected there.";
    /// The connection is newer than what the change is based on.
    CHANGED = "integrations.changed", PreconditionFailed, "The connection has changed since you read it",
        "Read it again and repeat the change on what is there now.";
    /// There is no connection to the provider.
    NO_CONNECTION = "integrations.no_connection", Invalid, "There is no connection to this provider",
        "Connect an account first, by POST /integrations/connections or by OAuth.";
    /// There are several.
    AMBIGUOUS_CONNECTION = "integrations.ambiguous_connection", Invalid, "There are several connections to this provider",
        "Send `connection_id`; `choices` lists them.";
    /// There are too many.
    TOO_MANY_CONNECTIONS = "integrations.too_many_connections", Conflict, "The space has as many connections as it may",
        "Remove one that is not used any more.";
    /// The provider does not take the credentials.
    CREDENTIALS_REFUSED = "integrations.credentials_refused", Invalid, "The provider does not take the credentials",
        "Check them at the provider: they may be mistyped, expired, revoked, or of another account or site.";
    /// The tokens of a connection are not taken any more.
    RECONNECT_NEEDED = "integrations.reconnect_needed", Conflict, "The account has to be connected again",
        "Go through the connection once more, or send new credentials by PATCH; its settings are kept.";
    /// The token lacks a right at the provider.
    PROVIDER_FORBIDS = "integrations.provider_forbids", Forbidden, "The connection may not do this at the provider",
        "Give the token the right that the provider names, or use another connection.";
    /// What the request names is not there for the connection.
    TARGET_NOT_FOUND = "integrations.target_not_found", Invalid, "The provider does not show this to the connection",
        "Check the name, and that it is shared with the connected account.";
    /// The provider refuses the content.
    PROVIDER_REFUSES = "integrations.provider_refuses", Invalid, "The provider refuses the request",
        "The detail has the provider's own words.";
    /// Several targets fit.
    CHOICE_NEEDED = "integrations.choice_needed", Invalid, "Several targets fit",
        "Send one of `choices`.";
    /// Fields that a project requires are missing.
    FIELDS_REQUIRED = "integrations.fields_required", Invalid, "The project requires more fields",
        "Send them in `fields`, or keep them in the connection's settings; `errors` names each with the values that it takes.";
    /// The file is not what the change is based on.
    FILE_CHANGED = "integrations.file_changed", Conflict, "Somebody else changed the file",
        "Read it again; `ours` and `theirs` are blob ids. Send `sha` with theirs to replace it.";
    /// The path is a folder, a link or a submodule.
    NOT_A_FILE = "integrations.not_a_file", Conflict, "The path is no file",
        "Choose another path: folders, links and submodules are never replaced.";
    /// A rule of the repository forbids the write.
    BLOCKED_BY_RULE = "integrations.blocked_by_rule", Conflict, "A rule of the repository forbids this",
        "Push protection or a ruleset refused the content; take secrets out, or use a branch and a pull request.";
    /// The provider's limit is reached.
    PROVIDER_LIMIT = "integrations.provider_limit", RateLimited, "The provider's limit is reached",
        "Wait as long as Retry-After says.";
    /// The provider fails.
    PROVIDER_UNAVAILABLE = "integrations.provider_unavailable", Upstream, "The provider does not answer as it should",
        "Try again later; nothing was made.";
    /// Nobody knows whether it was made.
    OUTCOME_UNKNOWN = "integrations.outcome_unknown", Unavailable, "It is not known whether it was made",
        "Repeat the request with the same Idempotency-Key: it looks first and never makes a second one. `operation_id` shows how it ends.";
    /// A page was made, and not all of its content.
    PAGE_INCOMPLETE = "integrations.page_incomplete", Upstream, "The page was made, but not all of its content",
        "Repeat the request with the same Idempotency-Key: it goes on where it stopped.";
    /// The same operation is under way.
    OPERATION_RUNNING = "integrations.operation_running", Conflict, "The first request with this key has not ended",
        "Wait for it, or look at the operation.";
    /// The key belongs to another request.
    KEY_REUSED = "integrations.key_reused", Invalid, "The Idempotency-Key came with another request before",
        "Use a new key for a new request.";
    /// OAuth is not set up.
    OAUTH_NOT_CONFIGURED = "integrations.oauth_not_configured", Unavailable, "Connecting by OAuth is not set up for this provider",
        "Connect with a token, or ask the operator to set the client id and secret.";
    /// A state that is not known.
    INVALID_STATE = "integrations.invalid_state", Invalid, "The way back from the provider is not known",
        "Begin again: a way back works once and for ten minutes.";
    /// Our fault.
    INTERNAL = "integrations.internal", Internal, "Something went wrong here",
        "Report the instance of this problem; the cause is in the server's log under it.";
}
