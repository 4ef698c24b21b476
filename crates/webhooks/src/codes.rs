//! The problem catalogue of webhooks.

core_kernel::problem_codes! {
    /// A field breaks a rule.
    INVALID = "webhooks.invalid", Invalid, "The input breaks a rule",
        "Each entry of `errors` points at a field and says what is expected there.";
    /// Newer than what the change is based on.
    CHANGED = "webhooks.changed", PreconditionFailed, "The endpoint has changed since you read it",
        "Read it again and repeat the change on what is there now.";
    /// As many endpoints as there may be.
    TOO_MANY_ENDPOINTS = "webhooks.too_many_endpoints", Conflict, "The space has as many endpoints as it may",
        "Delete one that is not needed, or send more types of events to one endpoint.";
    /// Nothing is sent to a disabled endpoint.
    ENDPOINT_DISABLED = "webhooks.endpoint_disabled", Conflict, "The endpoint is disabled",
        "Enable it with PATCH /webhooks/endpoints/{id} and {\"enabled\": true}, then send again.";
    /// Our fault.
    INTERNAL = "webhooks.internal", Internal, "Something went wrong here",
        "Report the instance of this problem; the cause is in the server's log under it.";
}
