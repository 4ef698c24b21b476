use anyhow::Context as _;
use clap::Subcommand;
use core_config::Loaded;
use core_db::MigrationState;

use super::terminal;
use crate::ground::Ground;
use crate::settings::Settings;

#[derive(Subcommand)]
pub(crate) enum Migrate {
    /// Applies what is pending.
    Up,
    /// Reverts the newest migrations of one ledger.
    Down {
        /// The ledger, such as `auth`.
        #[arg(long)]
        ledger: String,
        /// How many.
        #[arg(long, default_value_t = 1)]
        steps: usize,
    },
    /// Lists what is applied and what is pending.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Runs one of the migration commands.
pub(crate) async fn run(command: Migrate, loaded: Loaded<Settings>) -> anyhow::Result<()> {
    let ground = Ground::open(loaded).await?;
    let ledgers = ground.loaded.settings.ledgers();
    match command {
        Migrate::Up => {
            let applied = core_db::migrate(&ground.db, &ledgers).await?;
            for name in &applied {
                terminal::line(&format!("applied {name}"));
            }
            terminal::line(&format!("{} applied, nothing pending", applied.len()));
        }
        Migrate::Down { ledger, steps } => {
            let found = ledgers.iter().find(|known| known.name == ledger);
            let found = found.with_context(|| format!("there is no ledger `{ledger}`; `migrate status` lists them"))?;
            for name in core_db::revert(&ground.db, found, steps).await? {
                terminal::line(&format!("reverted {ledger}/{name}"));
            }
        }
        Migrate::Status { json } => {
            let lines = core_db::status(&ground.db, &ledgers).await?;
            if json {
                terminal::line(&serde_json::to_string_pretty(&lines)?);
                return Ok(());
            }
            for line in lines {
                let state = match line.state {
                    MigrationState::Applied => "applied",
                    MigrationState::Pending => "pending",
                    MigrationState::Unknown => "unknown",
                };
                terminal::line(&format!("{state:8} {}/{}", line.ledger, line.migration));
            }
        }
    }
    Ok(())
}
