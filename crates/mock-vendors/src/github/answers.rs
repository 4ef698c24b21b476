use serde_json::{Value, json};

use crate::wire::Reply;

/// GitHub's error body.
pub(crate) fn error(status: u16, message: &str) -> Reply {
    let body = json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string()});
    Reply::json(status, &body)
}

pub(crate) fn validation(message: &str, errors: Value) -> Reply {
    let body = json!({
        "message": message, "documentation_url": "https://docs.github.com/rest", "status": "422", "errors": errors,
    });
    Reply::json(422, &body)
}

pub(crate) fn not_found() -> Reply {
    error(404, "Not Found")
}

pub(crate) fn bad_credentials() -> Reply {
    error(401, "Bad credentials")
}

/// What push protection answers when it finds a secret.
pub(crate) fn rule_violation() -> Reply {
    let placeholders = json!([{"placeholder_id": "2dU", "token_type": "GITHUB_PERSONAL_ACCESS_TOKEN"}]);
    Reply::json(
        409,
        &json!({
            "message": "Repository rule violations found\n\nSecret detected in content\n\n",
            "documentation_url": "https://docs.github.com/rest",
            "status": "409",
            "metadata": {"secret_scanning": {"bypass_placeholders": placeholders}},
        }),
    )
}
