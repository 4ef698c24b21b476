use core_config::Loaded;
use llm::Tasks;

use super::terminal;
use crate::ground::Ground;
use crate::settings::Settings;
use crate::wiring::wire;

/// Prints the document of the API. Nothing is served and no table is needed.
pub(crate) async fn run(loaded: Loaded<Settings>) -> anyhow::Result<()> {
    let wired = wire(Ground::open(loaded).await?, Tasks::here())?;
    let document = wired.api()?.openapi();
    terminal::line(&serde_json::to_string_pretty(&document)?);
    Ok(())
}
