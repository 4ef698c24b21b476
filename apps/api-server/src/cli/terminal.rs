//! Where commands print. A closed pipe is no error: whoever reads has seen enough.

use std::io::Write;
use std::process::ExitCode;

/// A line of the command's answer.
pub(crate) fn line(text: &str) {
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

/// What went wrong.
pub(crate) fn error(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{}", text.trim_end()));
}

/// An error with its causes.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    self::error(&format!("error: {}", causes.join(": ")));
    ExitCode::FAILURE
}
