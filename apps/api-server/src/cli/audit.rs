use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use core_egress::Url;
use core_kernel::Secret;

use super::terminal;
use crate::audit::{self, People};

#[derive(clap::Args)]
pub(crate) struct Audit {
    /// Where the deployment is, such as `https://app.example.com`.
    url: String,
    /// A file with an access token or API key. Without both files the audit registers two people and closes their accounts.
    #[arg(long, requires = "stranger_token_file")]
    owner_token_file: Option<PathBuf>,
    /// The same of somebody else.
    #[arg(long, requires = "owner_token_file")]
    stranger_token_file: Option<PathBuf>,
}

/// Asks a deployment, from outside, for everything that the contract promises, and ends with 1 when something is not so.
pub(crate) async fn run(command: Audit) -> anyhow::Result<ExitCode> {
    let base: Url = command.url.parse().context("the address is no URL")?;
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()));
        text.map(|text| Secret::new(text.trim().to_owned()))
    };
    let owner = command.owner_token_file.as_ref().map(read).transpose()?;
    let stranger = command.stranger_token_file.as_ref().map(read).transpose()?;
    let report = audit::run(base, People { owner, stranger }).await?;
    terminal::line(&report.to_string());
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
