use core_config::Loaded;
use llm::Tasks;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::logging;
use crate::gauges;
use crate::ground::Ground;
use crate::settings::Settings;
use crate::telemetry::{self, Readers};
use crate::wiring::wire;

/// Runs jobs until a signal.
pub(crate) async fn run(loaded: Loaded<Settings>) -> anyhow::Result<()> {
    let logs = logging::start(&loaded.settings, loaded.profile);
    let (_unread, meters) = telemetry::measure(&loaded.settings.telemetry, Readers::Nobody);
    let stop = stop_signal()?;
    let ground = Ground::open(loaded).await?;
    let _claim = ground.claim()?;
    ground.prepare().await?;
    let wired = wire(ground, Tasks::here())?;
    wired.auth.start().await?;
    tracing::info!("working");
    let runner = wired.runner()?;
    tokio::join!(runner.run(stop.clone()), logs.watch(&stop), gauges::watch(&wired.ground.db, &stop));
    wired.ground.db.close().await?;
    tokio::join!(meters.end(), logs.end());
    Ok(())
}

/// Cancelled by SIGTERM or SIGINT.
pub(crate) fn stop_signal() -> anyhow::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let token = stop.clone();
    #[expect(clippy::disallowed_methods, reason = "waits for signals as long as the process lives")]
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        token.cancel();
    });
    Ok(stop)
}
