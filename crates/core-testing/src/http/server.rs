use std::net::SocketAddr;
use std::sync::Arc;

use core_cluster::Cluster;
use core_http::{ActorResolver, Api, ApiDeps, HttpSettings, Installed, ServeConfig, Served, serve};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::TestDb;
use crate::http::{Reply, Request};

/// An API on a free port of this machine, until it is dropped.
#[derive(Debug)]
pub struct TestServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it serves.
    pub api: Arc<Api>,
    shutdown: CancellationToken,
    served: Option<Served>,
}

impl TestServer {
    /// Settings for tests: free ports, one worker, no access log, no waiting at the end.
    pub fn settings() -> HttpSettings {
        HttpSettings { port: 0, admin_port: 0, workers: 1, drain_delay_ms: 0, access_log: false, ..HttpSettings::default() }
    }

    /// What an API over this database is built on, as the only replica.
    pub fn deps(test: &TestDb, resolver: impl ActorResolver + 'static) -> ApiDeps {
        ApiDeps {
            resolver: Arc::new(resolver),
            db: test.db.clone(),
            cluster: Cluster::in_memory(test.clock.clone()),
            keyring: test.db.keyring().clone(),
            ambient: test.db.ambient().clone(),
        }
    }

    /// Serves the API.
    pub async fn start(api: Arc<Api>) -> std::io::Result<Self> {
        let shutdown = CancellationToken::new();
        let config = ServeConfig { without_admin: true, ..ServeConfig::default() };
        let served = serve(Arc::clone(&api), config, shutdown.clone()).await?;
        Ok(Self { address: served.address, api, shutdown, served: Some(served) })
    }

    /// Serves one feature alone, at this address as far as its answers tell.
    pub async fn alone(
        public_url: &str,
        test: &TestDb,
        actors: impl ActorResolver + 'static,
        feature: Arc<dyn Installed>,
    ) -> std::io::Result<Self> {
        let settings = HttpSettings { public_url: Some(public_url.to_owned()), ..Self::settings() };
        let api = Api::builder(settings, Self::deps(test, actors)).install(feature).build();
        Self::start(api.map_err(std::io::Error::other)?).await
    }

    /// What somebody is answered, with a body or without.
    pub async fn ask(&self, bearer: &str, method: &str, target: &str, body: Option<&Value>) -> Reply {
        let request = self.request(method, target).bearer(bearer);
        match body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        }
    }

    /// A request to it.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::to(self.address, method, target)
    }

    /// A GET.
    pub fn get(&self, target: &str) -> Request {
        self.request("GET", target)
    }

    /// A POST.
    pub fn post(&self, target: &str) -> Request {
        self.request("POST", target)
    }

    /// Gives the stop signal.
    pub fn begin_shutdown(&self) {
        self.shutdown.cancel();
    }

    /// Gives the stop signal and waits for the end.
    pub async fn stop(mut self) -> std::io::Result<()> {
        self.shutdown.cancel();
        match self.served.take() {
            Some(served) => served.finished().await,
            None => Ok(()),
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
