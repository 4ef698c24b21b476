use clap::Subcommand;
use core_config::Loaded;
use llm::Tasks;

use super::terminal;
use crate::settings::Settings;
use crate::wiring::{Ground, wire};

#[derive(Subcommand)]
pub(crate) enum Admin {
    /// Prints a fresh link to become the first administrator; the ones before end.
    ClaimLink,
}

/// Runs one of the administration commands.
pub(crate) async fn run(command: Admin, loaded: Loaded<Settings>) -> anyhow::Result<()> {
    let Admin::ClaimLink = command;
    let ground = Ground::open(loaded).await?;
    ground.prepare().await?;
    let wired = wire(ground, Tasks::here())?;
    match wired.auth.accounts.claim_code().await? {
        Some(code) => terminal::line(&format!("{}/setup#token={}", wired.public_url, code.expose())),
        None => terminal::line("this server has its first administrator already"),
    }
    Ok(())
}
