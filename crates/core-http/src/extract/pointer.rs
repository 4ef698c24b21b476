use core_kernel::FieldError;
use serde_path_to_error::{Path, Segment};

/// Appends one reference token to a JSON pointer (RFC 6901 section 3).
pub(crate) fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

fn of_path(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { variant } => push(&mut pointer, variant),
            Segment::Unknown => {}
        }
    }
    pointer
}

pub(crate) fn of_ignored(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path as Ignored;
    match path {
        Ignored::Root => String::new(),
        Ignored::Seq { parent, index } => {
            let mut pointer = of_ignored(parent);
            push(&mut pointer, &index.to_string());
            pointer
        }
        Ignored::Map { parent, key } => {
            let mut pointer = of_ignored(parent);
            push(&mut pointer, key);
            pointer
        }
        Ignored::Some { parent } | Ignored::NewtypeStruct { parent } | Ignored::NewtypeVariant { parent } => of_ignored(parent),
    }
}

/// The entry for a field that nobody reads.
pub(crate) fn unknown_field(pointer: String) -> FieldError {
    FieldError::new(pointer, "unknown_field", "There is no such field here.")
}

/// What serde said, as a field error. The offending value is left out: it may be a secret, and the caller knows it.
pub(crate) fn field_error(path: &Path, message: &str) -> FieldError {
    let mut pointer = of_path(path);
    let message = message.rsplit_once(" at line ").map_or(message, |(before, _)| before);
    if let Some(name) = quoted_after(message, "missing field `") {
        push(&mut pointer, name);
        return FieldError::new(pointer, "missing_field", "This field is needed.");
    }
    if let Some(name) = quoted_after(message, "unknown field `") {
        // The tracker already stands on the unknown key in some formats and on its parent in others.
        let mut with_name = String::new();
        push(&mut with_name, name);
        if !pointer.ends_with(&with_name) {
            pointer.push_str(&with_name);
        }
        return unknown_field(pointer);
    }
    if let Some(name) = quoted_after(message, "duplicate field `") {
        push(&mut pointer, name);
        return FieldError::new(pointer, "duplicate_field", "This field is there twice.");
    }
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| format!("Expected {expected}."));
    let starts = |prefix: &str| message.starts_with(prefix);
    match expected {
        Some(expected) if starts("invalid type") => FieldError::new(pointer, "invalid_type", expected),
        Some(expected) if starts("unknown variant") => FieldError::new(pointer, "invalid_choice", expected),
        Some(expected) if starts("invalid value") => FieldError::new(pointer, "invalid_value", expected),
        Some(expected) if starts("invalid length") => FieldError::new(pointer, "invalid_length", expected),
        _ => FieldError::new(pointer, "invalid_value", message),
    }
}

fn quoted_after<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    message.strip_prefix(prefix)?.split('`').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_tilde_and_slash() {
        let mut pointer = String::new();
        push(&mut pointer, "a/b~c");
        assert_eq!(pointer, "/a~1b~0c");
    }
}
