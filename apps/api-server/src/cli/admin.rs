use std::process::ExitCode;

use clap::Subcommand;
use core_config::Loaded;
use llm::Tasks;

use super::terminal;
use crate::ground::Ground;
use crate::settings::Settings;
use crate::wiring::wire;

#[derive(Subcommand)]
pub(crate) enum Admin {
    /// Prints a fresh link to become the first administrator; the ones before end.
    ClaimLink,
    /// Looks through the sealed security events for what was changed, removed, added or moved. Ends with 1 when something was.
    VerifyAuditLog,
}

/// Runs one of the administration commands.
pub(crate) async fn run(command: Admin, loaded: Loaded<Settings>) -> anyhow::Result<ExitCode> {
    let ground = Ground::open(loaded).await?;
    ground.prepare().await?;
    if matches!(command, Admin::VerifyAuditLog) {
        return verify_audit_log(&ground).await;
    }
    let wired = wire(ground, Tasks::here())?;
    match wired.auth.accounts.claim_code().await? {
        Some(code) => terminal::line(&format!("{}/setup#token={}", wired.public_url, code.expose())),
        None => terminal::line("this server has its first administrator already"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify_audit_log(ground: &Ground) -> anyhow::Result<ExitCode> {
    let report = core_db::verify_audit(&ground.db).await?;
    report.faults.iter().for_each(|fault| terminal::error(fault));
    terminal::line(&format!("{} entries are sealed, {} wait to be", report.head.position, report.unsealed));
    terminal::line(&format!("the last link is {}", report.head.link));
    if report.faults.is_empty() {
        terminal::line("nothing was changed, removed, added or moved");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
