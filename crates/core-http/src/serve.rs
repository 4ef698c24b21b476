use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpServer};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Api, app, system};

/// How often histograms are folded together while nobody asks for them.
const UPKEEP: Duration = Duration::from_secs(5);

/// What serving needs beyond the API itself.
#[derive(Clone, Default)]
pub struct ServeConfig {
    /// From [`crate::install_metrics`]; without it the admin listener answers `/metrics` with 503.
    pub metrics: Option<PrometheusHandle>,
    /// Do not open the admin listener.
    pub without_admin: bool,
}

impl std::fmt::Debug for ServeConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServeConfig").field("metrics", &self.metrics.is_some()).finish_non_exhaustive()
    }
}

/// A server that listens.
pub struct Served {
    /// Where, with the real port.
    pub address: SocketAddr,
    /// Where the admin listener is.
    pub admin_address: Option<SocketAddr>,
    /// Ends when the server has stopped.
    task: JoinHandle<io::Result<()>>,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Served {
    /// Waits until everything in flight has ended after `shutdown`.
    pub async fn finished(self) -> io::Result<()> {
        self.task.await.map_err(io::Error::other)?
    }
}

/// Listens and serves until `shutdown`. Then readiness fails at once, event streams get their last event, the listener closes
/// after `drain_delay_ms`, and requests in flight have `shutdown_seconds` to end.
pub async fn serve(api: Arc<Api>, config: ServeConfig, shutdown: CancellationToken) -> io::Result<Served> {
    let (server, address) = listen(&api)?;
    api.set_port(address.port());
    let admin = if config.without_admin { None } else { Some(listen_admin(&api, config.metrics.clone())?) };
    let (admin, admin_address) = admin.map_or((None, None), |(server, address)| (Some(server), Some(address)));
    let work = supervise(api, server.run(), admin.map(Running::run), config.metrics, shutdown);
    #[expect(clippy::disallowed_methods, reason = "the task is awaited by `Served::finished`")]
    let task = tokio::spawn(work);
    Ok(Served { address, admin_address, task })
}

/// A server that is bound and not yet polled.
struct Running(Server);

impl Running {
    fn run(self) -> Server {
        self.0
    }
}

fn listen(api: &Arc<Api>) -> io::Result<(Running, SocketAddr)> {
    let settings = api.settings();
    let factory = Arc::clone(api);
    let mut server = HttpServer::new(move || app(&factory))
        .disable_signals()
        // Without this a client that hangs up is only noticed when writing to it fails.
        .h1_allow_half_closed(false)
        .max_connections(settings.max_connections)
        .keep_alive(Duration::from_secs(settings.limits.keep_alive_seconds))
        .client_request_timeout(Duration::from_secs(settings.limits.head_seconds))
        .shutdown_timeout(settings.shutdown_seconds);
    if settings.workers > 0 {
        server = server.workers(settings.workers);
    }
    let server = server.bind((settings.host, settings.port))?;
    let address = first(&server.addrs())?;
    Ok((Running(server.run()), address))
}

fn listen_admin(api: &Arc<Api>, metrics: Option<PrometheusHandle>) -> io::Result<(Running, SocketAddr)> {
    let settings = api.settings();
    let factory = Arc::clone(api);
    let server = HttpServer::new(move || App::new().configure(|cfg| system::admin(cfg, &factory, metrics.clone())))
        .disable_signals()
        .workers(1)
        .shutdown_timeout(1)
        .bind((settings.admin_host, settings.admin_port))?;
    let address = first(&server.addrs())?;
    Ok((Running(server.run()), address))
}

fn first(addresses: &[SocketAddr]) -> io::Result<SocketAddr> {
    addresses.first().copied().ok_or_else(|| io::Error::other("the listener has no address"))
}

async fn supervise(
    api: Arc<Api>,
    server: Server,
    admin: Option<Server>,
    metrics: Option<PrometheusHandle>,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let handle = server.handle();
    let admin_handle = admin.as_ref().map(Server::handle);
    let main = async {
        let outcome = tokio::select! {
            outcome = server => outcome,
            () = stop(&api, handle, shutdown) => Ok(()),
        };
        if let Some(admin) = admin_handle {
            admin.stop(false).await;
        }
        outcome
    };
    let beside = async {
        match admin {
            Some(admin) => admin.await,
            None => Ok(()),
        }
    };
    let upkeep = upkeep(metrics);
    let both = async { tokio::join!(main, beside) };
    tokio::select! {
        (outcome, _) = both => outcome,
        () = upkeep => Ok(()),
    }
}

async fn stop(api: &Api, handle: ServerHandle, shutdown: CancellationToken) {
    shutdown.cancelled().await;
    api.drain();
    tokio::time::sleep(Duration::from_millis(api.settings().drain_delay_ms)).await;
    handle.stop(true).await;
    api.tracker().close();
    let rest = Duration::from_secs(api.settings().shutdown_seconds.min(5));
    if tokio::time::timeout(rest, api.tracker().wait()).await.is_err() {
        tracing::warn!("work that outlived its requests was cut off");
    }
}

async fn upkeep(metrics: Option<PrometheusHandle>) {
    let Some(metrics) = metrics else { return std::future::pending().await };
    let mut tick = tokio::time::interval(UPKEEP);
    loop {
        tick.tick().await;
        metrics.run_upkeep();
    }
}
