use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use core_cluster::{Cluster, RateLimiter};
use core_db::{Db, IdempotencyStore};
use core_feature::HealthCheck;
use core_kernel::{Ambient, ProblemCode, Sampling};
use core_keys::Keyring;
use ipnet::IpNet;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::large_bodies::LargeBodies;
use crate::metrics::OperationMetrics;
use crate::mount::{Features, Mount, MountedOperation};
use crate::readiness::Readiness;
use crate::{ActorResolver, HttpSettings, Installed, check, openapi, system};

/// What the API is built on.
pub struct ApiDeps {
    /// Who callers are.
    pub resolver: Arc<dyn ActorResolver>,
    /// For idempotency.
    pub db: Db,
    /// For rate limits.
    pub cluster: Cluster,
    /// Signs cursors.
    pub keyring: Keyring,
    /// Time and ids.
    pub ambient: Ambient,
}

/// What is said about the API as a whole in its document.
#[derive(Clone, Copy, Debug)]
pub struct ApiInfo {
    /// Name of the product.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it is, in Markdown.
    pub description: &'static str,
}

impl Default for ApiInfo {
    fn default() -> Self {
        Self { title: "Brickwork", version: env!("CARGO_PKG_VERSION"), description: "A modular SaaS backend." }
    }
}

/// Features, settings and the operation table, checked and ready to serve. One per process; workers share it.
pub struct Api {
    settings: HttpSettings,
    deps: ApiDeps,
    features: Features,
    mounts: Vec<PlacedMount>,
    problems: BTreeMap<&'static str, &'static ProblemCode>,
    document: OnceLock<Bytes>,
    info: ApiInfo,
    proxies: Vec<IpNet>,
    public_url: OnceLock<Arc<str>>,
    idempotency: IdempotencyStore,
    local_limits: Arc<dyn RateLimiter>,
    large_bodies: LargeBodies,
    unmatched: OperationMetrics,
    draining: AtomicBool,
    starting: AtomicBool,
    streams_end: CancellationToken,
    tracker: TaskTracker,
    runtime: Option<Handle>,
    readiness: Readiness,
    checks: Vec<Arc<dyn HealthCheck>>,
    facades_alone: bool,
    sampling: Sampling,
}

/// A mount with its operations in their places.
pub(crate) struct PlacedMount {
    pub(crate) feature: &'static str,
    pub(crate) mount: Mount,
    pub(crate) prefix: String,
    pub(crate) rows: Vec<Arc<MountedOperation>>,
}

/// Collects features; [`ApiBuilder::build`] checks that they fit together.
pub struct ApiBuilder {
    settings: HttpSettings,
    deps: ApiDeps,
    features: Features,
    checks: Vec<Arc<dyn HealthCheck>>,
    info: ApiInfo,
    facades_alone: bool,
    sampling: Sampling,
}

/// Everything that does not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the API can't be built: {}", .0.join("; "))]
pub struct ApiError(pub Vec<String>);

impl ApiBuilder {
    /// Adds a feature.
    pub fn install(mut self, feature: Arc<dyn Installed>) -> Self {
        self.features.push(feature);
        self
    }

    /// Adds a check of readiness that is no feature's.
    pub fn check(mut self, check: Arc<dyn HealthCheck>) -> Self {
        self.checks.push(check);
        self
    }

    /// Names the product in the API document.
    pub fn info(mut self, info: ApiInfo) -> Self {
        self.info = info;
        self
    }

    /// Says which traces are recorded, in place of all that the caller does not decide otherwise on.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Leaves permissions to the facades. The contract suite proves with it that their own check, the one that counts, is there.
    #[doc(hidden)]
    pub fn facades_alone(mut self) -> Self {
        self.facades_alone = true;
        self
    }

    /// The API, or every reason why it can't be: an operation without id, summary or access, an id used twice, mounts that
    /// overlap, a problem code with two meanings.
    pub fn build(self) -> Result<Arc<Api>, ApiError> {
        let mut faults: Vec<String> = self.settings.validate().into_iter().map(|(key, text)| format!("{key} {text}")).collect();
        let mut mounts: Vec<PlacedMount> = Vec::new();
        for mount in system::mounts() {
            mounts.push(place(system::NAME, mount, &self.settings));
        }
        for feature in &self.features {
            mounts.extend(feature.mounts().into_iter().map(|mount| place(feature.name(), mount, &self.settings)));
        }
        faults.extend(check::mounts(&mounts));
        let (problems, clashes) = check::catalogue(&self.features, &mounts);
        faults.extend(clashes);
        if !faults.is_empty() {
            return Err(ApiError(faults));
        }
        let clock = self.deps.ambient.clock.clone();
        Ok(Arc::new(Api {
            proxies: self.settings.proxies(),
            idempotency: IdempotencyStore::new(self.deps.db.clone()),
            local_limits: Cluster::in_memory(clock).limits,
            large_bodies: LargeBodies::new(self.settings.limits.large_bodies),
            settings: self.settings,
            deps: self.deps,
            features: self.features,
            mounts,
            problems,
            document: OnceLock::new(),
            info: self.info,
            public_url: OnceLock::new(),
            unmatched: OperationMetrics::of("unmatched"),
            draining: AtomicBool::new(false),
            starting: AtomicBool::new(false),
            streams_end: CancellationToken::new(),
            tracker: TaskTracker::new(),
            runtime: Handle::try_current().ok(),
            readiness: Readiness::default(),
            checks: self.checks,
            facades_alone: self.facades_alone,
            sampling: self.sampling,
        }))
    }
}

fn place(feature: &'static str, mount: Mount, settings: &HttpSettings) -> PlacedMount {
    let prefix = mount.prefix(&settings.api_prefix);
    let row = |operation: &crate::Operation| {
        Arc::new(MountedOperation {
            path: if prefix == "/" { format!("/{}", operation.path) } else { format!("{prefix}{}", operation.path) },
            feature,
            max_body_bytes: operation.max_body_bytes.unwrap_or(settings.limits.max_body_bytes),
            timeout: operation.timeout.unwrap_or_else(|| settings.limits.request_timeout()),
            metrics: OperationMetrics::of(operation.id),
            operation: operation.clone(),
        })
    };
    let rows = mount.operations.iter().map(row).collect();
    PlacedMount { feature, mount, prefix, rows }
}

impl Api {
    /// Begins an API.
    pub fn builder(settings: HttpSettings, deps: ApiDeps) -> ApiBuilder {
        ApiBuilder {
            settings,
            deps,
            features: Vec::new(),
            checks: Vec::new(),
            info: ApiInfo::default(),
            facades_alone: false,
            sampling: Sampling::default(),
        }
    }

    /// The settings it was built with.
    pub fn settings(&self) -> &HttpSettings {
        &self.settings
    }

    /// Its features, in the order of installation.
    pub fn features(&self) -> &[Arc<dyn Installed>] {
        &self.features
    }

    /// Every operation, its own (health, documents) first.
    pub fn operations(&self) -> impl Iterator<Item = &Arc<MountedOperation>> {
        self.mounts.iter().flat_map(|mount| &mount.rows)
    }

    /// The problem catalogue by code.
    pub fn problems(&self) -> &BTreeMap<&'static str, &'static ProblemCode> {
        &self.problems
    }

    /// The OpenAPI 3.1 document.
    pub fn openapi(&self) -> utoipa::openapi::OpenApi {
        openapi::document(self)
    }

    /// What the document can't say truly: two types of one name, references that lead nowhere. Empty in a sound API.
    pub fn openapi_faults(&self) -> Vec<String> {
        openapi::faults(self).into_iter().collect()
    }

    /// The OpenAPI document as JSON text, made once.
    pub fn openapi_json(&self) -> Bytes {
        self.document.get_or_init(|| Bytes::from(openapi::json(&self.openapi()))).clone()
    }

    /// Where clients reach the server.
    pub fn public_url(&self) -> Arc<str> {
        self.public_url.get_or_init(|| self.settings.public_url_at(self.settings.port).into()).clone()
    }

    /// True from the stop signal on.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// True while what the features need is not there yet.
    pub fn is_starting(&self) -> bool {
        self.starting.load(Ordering::Relaxed)
    }

    /// Lets features answer, or not yet: until then their operations are 503 and readiness fails, while health is answered.
    pub fn set_starting(&self, starting: bool) {
        self.starting.store(starting, Ordering::Relaxed);
    }

    /// Makes readiness fail and ends event streams; requests are still answered.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.streams_end.cancel();
    }

    pub(crate) fn set_port(&self, port: u16) {
        // Already set only when somebody asked before the port was known; then the settings' port stands.
        let _kept = self.public_url.set(self.settings.public_url_at(port).into());
    }

    pub(crate) fn info(&self) -> ApiInfo {
        self.info
    }

    pub(crate) fn mounts(&self) -> &[PlacedMount] {
        &self.mounts
    }

    pub(crate) fn resolver(&self) -> &dyn ActorResolver {
        &*self.deps.resolver
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.deps.keyring
    }

    pub(crate) fn ambient(&self) -> &Ambient {
        &self.deps.ambient
    }

    pub(crate) fn db(&self) -> &Db {
        &self.deps.db
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.deps.cluster
    }

    pub(crate) fn local_limits(&self) -> &dyn RateLimiter {
        &*self.local_limits
    }

    pub(crate) fn large_bodies(&self) -> &LargeBodies {
        &self.large_bodies
    }

    pub(crate) fn idempotency(&self) -> &IdempotencyStore {
        &self.idempotency
    }

    pub(crate) fn trusted_proxies(&self) -> &[IpNet] {
        &self.proxies
    }

    pub(crate) fn unmatched(&self) -> &OperationMetrics {
        &self.unmatched
    }

    pub(crate) fn streams_end(&self) -> &CancellationToken {
        &self.streams_end
    }

    /// The runtime that the API was built on, where work that outlives a request runs.
    pub(crate) fn runtime(&self) -> Option<&Handle> {
        self.runtime.as_ref()
    }

    pub(crate) fn sampling(&self) -> Sampling {
        self.sampling
    }

    pub(crate) fn facades_alone(&self) -> bool {
        self.facades_alone
    }

    pub(crate) fn checks(&self) -> impl Iterator<Item = &Arc<dyn HealthCheck>> {
        self.checks.iter()
    }

    pub(crate) fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    pub(crate) fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("operations", &self.operations().count()).finish_non_exhaustive()
    }
}
