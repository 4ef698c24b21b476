use auth::Rotation;
use clap::Subcommand;
use core_config::Loaded;
use llm::Tasks;

use super::terminal;
use crate::ground::Ground;
use crate::settings::Settings;
use crate::wiring::wire;

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Lists the keys that sign access tokens.
    List,
    /// Brings in a new key: published now, used after a day.
    Rotate {
        /// Use it at once. Who keeps a copy of the public keys may refuse tokens for the minutes that it keeps it.
        #[arg(long)]
        now: bool,
        /// Use it at once and end every other key: all access tokens are refused. For a key that was stolen.
        #[arg(long)]
        revoke: bool,
    },
}

/// Runs one of the commands about signing keys.
pub(crate) async fn run(command: Keys, loaded: Loaded<Settings>) -> anyhow::Result<()> {
    let ground = Ground::open(loaded).await?;
    ground.prepare().await?;
    let wired = wire(ground, Tasks::here())?;
    wired.auth.start().await?;
    let keys = &wired.auth.signing_keys;
    if let Keys::Rotate { now, revoke } = command {
        keys.rotate(match (now, revoke) {
            (_, true) => Rotation::Revoking,
            (true, false) => Rotation::Now,
            (false, false) => Rotation::Announced,
        })
        .await?;
    }
    for key in keys.list().await? {
        terminal::line(&format!("{:8} {} since {}", key.state.as_str(), key.id, key.since));
    }
    Ok(wired.ground.db.close().await?)
}
