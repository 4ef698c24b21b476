//! The problem catalogue of incoming hooks.

core_kernel::problem_codes! {
    /// A field breaks a rule.
    INVALID = "integrations.hook_invalid", Invalid, "The input breaks a rule",
        "Each entry of `errors` points at a field and says what is expected there.";
    /// The proof does not fit.
    NOT_PROVEN = "integrations.hook_not_proven", Forbidden, "The proof of the hook does not fit",
        "Check that the secret at the provider is the one that this hook was made with, and that nothing on the way changes bodies.";
    /// Not the form of the provider.
    NOT_READABLE = "integrations.hook_not_readable", Malformed, "This is not what the provider sends",
        "Check that the hook is of the right kind, and that the provider sends JSON.";
    /// As many hooks as there may be.
    TOO_MANY = "integrations.too_many_hooks", Conflict, "The space has as many hooks as it may",
        "Delete one that is not needed.";
    /// Our fault.
    INTERNAL = "integrations.hook_internal", Internal, "Something went wrong here",
        "Report the instance of this problem; the cause is in the server's log under it.";
}
