use core_config::Loaded;
use llm::Tasks;

use super::terminal;
use crate::ground::Ground;
use crate::settings::Settings;
use crate::wiring::wire;

/// Prints the document of the API, unless there is something that it can't say truly. Nothing is served and no table is needed.
pub(crate) async fn run(loaded: Loaded<Settings>) -> anyhow::Result<()> {
    let wired = wire(Ground::open(loaded).await?, Tasks::here())?;
    let api = wired.api()?;
    let faults = api.openapi_faults();
    anyhow::ensure!(faults.is_empty(), "the document would not be true: {}", faults.join("; "));
    terminal::line(&serde_json::to_string_pretty(&api.openapi())?);
    Ok(())
}
