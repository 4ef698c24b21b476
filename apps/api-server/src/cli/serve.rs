use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use core_config::Loaded;
use core_db::DbError;
use core_http::{Api, serve};
use llm::Tasks;
use tokio_util::sync::CancellationToken;

use super::terminal;
use super::{logging, worker};
use crate::ground::Ground;
use crate::settings::Settings;
use crate::telemetry::{self, Readers};
use crate::wiring::{Wired, wire};
use crate::{gauges, heartbeat};

/// How long background work may take to end after the listener has closed.
const LAST_WORDS: Duration = Duration::from_secs(25);

/// Serves until a signal.
pub(crate) async fn run(mut loaded: Loaded<Settings>) -> anyhow::Result<()> {
    let logs = logging::start(&loaded.settings, loaded.profile);
    let (config, meters) = telemetry::measure(&loaded.settings.telemetry, Readers::Prometheus);
    let stop = worker::stop_signal()?;
    let server = &mut loaded.settings.server;
    if server.port == 0 {
        // Tokens and links name the address, so it must be known before anything is put together.
        server.port = std::net::TcpListener::bind((server.host, 0))?.local_addr()?.port();
    }
    let ground = Ground::open(loaded).await?;
    let _claim = ground.claim()?;
    let on_sqlite = ground.loaded.settings.is_on_sqlite();
    let wired = wire(ground, Tasks::here())?;
    if on_sqlite {
        // The file is this machine's own: if it can't be used, waiting does not help.
        start(&wired).await?;
    }
    let api = wired.api()?;
    api.set_starting(!on_sqlite);
    let served = serve(Arc::clone(&api), config, stop.clone()).await.with_context(|| {
        let http = api.settings();
        format!(
            "can't listen on {}:{} (server.host, server.port) and {}:{} (server.admin_host, server.admin_port)",
            http.host, http.port, http.admin_host, http.admin_port
        )
    })?;
    let waited = if on_sqlite { true } else { start_when_reachable(&wired, &stop).await? };
    if waited {
        api.set_starting(false);
        welcome(&wired, &api, served.address.port()).await?;
    }
    let work = async {
        if waited && wired.ground.loaded.settings.jobs.in_server {
            wired.runner()?.run(stop.clone()).await;
        } else if waited {
            // The runner passes on other replicas' wake-ups; without one, feeds still want them.
            stop.run_until_cancelled(wired.ground.db.relay_signals()).await;
        }
        Ok::<_, anyhow::Error>(())
    };
    let streams = async {
        stop.cancelled().await;
        wired.tasks.shutdown.cancel();
    };
    let beats = async {
        if waited {
            let db = &wired.ground.db;
            tokio::join!(heartbeat::beat(db, wired.instance, &stop), gauges::watch(db, &stop));
        }
    };
    let (jobs, served, (), (), ()) = tokio::join!(work, served.finished(), streams, beats, logs.watch(&stop));
    wired.tasks.tracker.close();
    if tokio::time::timeout(LAST_WORDS, wired.tasks.tracker.wait()).await.is_err() {
        tracing::warn!("some generations did not end in time");
    }
    wired.ground.db.close().await?;
    tokio::join!(meters.end(), logs.end());
    jobs?;
    Ok(served?)
}

/// Migrates and reads what has to be in memory.
async fn start(wired: &Wired) -> anyhow::Result<()> {
    let applied = wired.ground.prepare().await?;
    if !applied.is_empty() {
        tracing::info!(count = applied.len(), "migrations applied");
    }
    Ok(wired.auth.start().await?)
}

/// The same for a database across the network, which may come later than this server: until then readiness fails and requests
/// are told to come back. `false`: stopped meanwhile.
async fn start_when_reachable(wired: &Wired, stop: &CancellationToken) -> anyhow::Result<bool> {
    let mut wait = Duration::from_millis(250);
    loop {
        let Err(error) = start(wired).await else { return Ok(true) };
        let unavailable = error.chain().any(|cause| matches!(cause.downcast_ref::<DbError>(), Some(DbError::Unavailable(_))));
        if !unavailable {
            stop.cancel();
            return Err(error);
        }
        tracing::warn!(wait_ms = wait.as_millis(), "the database can't be reached; trying again");
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return Ok(false),
        }
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}

async fn welcome(wired: &Wired, api: &Api, port: u16) -> anyhow::Result<()> {
    let url = &wired.public_url;
    terminal::line(&format!("Brickwork {} listens on http://localhost:{port}", env!("CARGO_PKG_VERSION")));
    terminal::line(&format!("  API documents   {url}/docs"));
    terminal::line(&format!("  OpenAPI         {url}{}/openapi.json", api.settings().api_prefix));
    terminal::line(&format!("  Data            {}", wired.ground.loaded.settings.data_dir.display()));
    if let Some(code) = wired.auth.accounts.claim_code().await? {
        terminal::line("");
        terminal::line("Nobody administers this server yet. Within 30 minutes, open");
        terminal::line(&format!("  {url}/setup#token={}", code.expose()));
        terminal::line("to become its administrator. `api-server admin claim-link` prints a fresh link.");
    }
    Ok(())
}
