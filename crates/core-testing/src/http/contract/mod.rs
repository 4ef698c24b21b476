//! What every feature promises, driven from its operation table. A feature's integration test says
//! `contract::check(|world| async move { MyFixture::new(world).await }).await`, and everything here runs on SQLite always and on
//! PostgreSQL where `TEST_POSTGRES_URL` names one:
//!
//! 1. every operation has a sample, and the sample gets an answer that the row documents;
//! 2. nobody gets 401 from anything that is not public;
//! 3. somebody with every right but the one gets 403, from the guard and, with the guard off, from the facade;
//! 4. a stranger and, for private rows, a colleague get 404 where something is planted, word for word as where nothing is, and
//!    never see the canary;
//! 5. bad input gets the right problem and never a 500;
//! 6. whatever is no success is a problem with a code of the catalogue;
//! 7. a repeated POST with the same `Idempotency-Key` is answered once;
//! 8. a browser's write by cookie is refused without its CSRF token and from the page of another site;
//! 9. export holds the canary, erase removes it;
//! 10. the API document describes every type under a name of its own and refers to nothing that is not there.

mod browsers;
mod callers;
mod cast;
mod input;
mod outcome;
mod privacy;
mod report;
mod sample;

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use core_cluster::Cluster;
use core_db::Db;
use core_http::{Api, ApiDeps, HttpSettings, Installed, MountedOperation, RateLimits};
use core_kernel::{Actor, Ambient};
use core_keys::Keyring;

use crate::http::{FixedActors, TestServer};
use crate::{Engine, FrozenClock, TestDb, engines};

pub use sample::{Planted, Sample, SampleBody};

/// On what a fixture builds its feature.
#[derive(Clone, Debug)]
pub struct World {
    /// A fresh database with the tables of the core crates. The fixture migrates its own ledger where it needs it earlier; else
    /// the suite does.
    pub db: Db,
    /// What replicas share, in memory.
    pub cluster: Cluster,
    /// Keys.
    pub keyring: Keyring,
    /// Time, ids and randomness.
    pub ambient: Ambient,
    /// The clock in it.
    pub clock: Arc<FrozenClock>,
    /// The engine of this round.
    pub engine: Engine,
}

/// A feature, ready to be tested: how it is built, what is planted in it, and how each operation is called.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// The feature.
    fn feature(&self) -> Arc<dyn Installed>;

    /// Plants rows of `actor` (subject and owner as they are), through the facades or into the tables, with a canary that is
    /// different in every call. Called for several people, and for one person first in the personal space and then in an
    /// organisation; what belongs to the person (an account) must then be made once.
    async fn plant(&self, actor: &Actor) -> Planted;

    /// A good request for the operation, on what is planted. Without one the suite fails.
    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample>;
}

/// Runs the whole suite on every engine.
///
/// # Panics
/// With the list of every promise that is broken.
pub async fn check<M, Fut, F>(make: M)
where
    M: Fn(World) -> Fut,
    Fut: Future<Output = F>,
    F: Fixture,
{
    let mut broken = Vec::new();
    for engine in engines() {
        let faults = verify(&engine, &make).await;
        broken.extend(faults.into_iter().map(|fault| format!("[{}] {fault}", name(&engine))));
    }
    assert!(broken.is_empty(), "{} broken promises:\n{}", broken.len(), broken.join("\n"));
}

/// Runs the suite on one engine and gives every broken promise.
pub async fn verify<M, Fut, F>(engine: &Engine, make: &M) -> Vec<String>
where
    M: Fn(World) -> Fut,
    Fut: Future<Output = F>,
    F: Fixture,
{
    match Suite::start(engine, make).await {
        Ok(suite) => suite.run().await,
        Err(fault) => vec![fault],
    }
}

fn name(engine: &Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres(_) => "postgres",
    }
}

/// One feature on one database, served twice: as in production, and with the guards' permission check off.
struct Suite<F> {
    fixture: F,
    feature: Arc<dyn Installed>,
    actors: FixedActors,
    guarded: TestServer,
    facades: TestServer,
    clock: Arc<FrozenClock>,
    ambient: Ambient,
    _database: TestDb,
}

impl<F: Fixture> Suite<F> {
    async fn start<M, Fut>(engine: &Engine, make: &M) -> Result<Self, String>
    where
        M: Fn(World) -> Fut,
        Fut: Future<Output = F>,
    {
        let database = TestDb::fresh(engine, Vec::new()).await.map_err(|error| format!("no database: {error}"))?;
        let db = database.db.clone();
        let world = World {
            cluster: Cluster::in_memory(database.clock.clone()),
            keyring: db.keyring().clone(),
            ambient: db.ambient().clone(),
            clock: Arc::clone(&database.clock),
            engine: engine.clone(),
            db,
        };
        let fixture = make(world.clone()).await;
        let feature = fixture.feature();
        let ledger = [feature.ledger()];
        core_db::migrate(&world.db, &ledger).await.map_err(|error| format!("the feature's tables can't be made: {error}"))?;
        let actors = FixedActors::new();
        let guarded = serve(&world, &feature, &actors, false).await?;
        let facades = serve(&world, &feature, &actors, true).await?;
        let (clock, ambient) = (world.clock, world.ambient);
        Ok(Self { fixture, feature, actors, guarded, facades, clock, ambient, _database: database })
    }

    async fn run(&self) -> Vec<String> {
        let mut report = report::Report::default();
        let rows: Vec<Arc<MountedOperation>> =
            self.guarded.api.operations().filter(|row| row.feature == self.feature.name()).cloned().collect();
        for row in &rows {
            report.begin(row.id(), row.method() == "HEAD");
            let cast = self.cast().await;
            let Some(sample) = self.fixture.request_for(row.id(), &cast.owned) else {
                report.fault("has no sample");
                continue;
            };
            if let Err(fault) = sample.target(row) {
                report.fault(fault);
                continue;
            }
            self.check_callers(row, &sample, &cast, &mut report).await;
            self.check_browser(row, &mut report).await;
            self.check_input(row, &sample, &cast, &mut report).await;
            self.check_outcome(row, &sample, &cast, &mut report).await;
        }
        report.begin("document", false);
        self.guarded.api.openapi_faults().iter().for_each(|fault| report.fault(fault));
        report.begin("privacy", false);
        self.check_planted_urls(&mut report).await;
        self.check_export_and_erase(&mut report).await;
        report.into_faults()
    }
}

async fn serve(world: &World, feature: &Arc<dyn Installed>, actors: &FixedActors, facades: bool) -> Result<TestServer, String> {
    let deps = ApiDeps {
        resolver: Arc::new(actors.clone()),
        db: world.db.clone(),
        cluster: world.cluster.clone(),
        keyring: world.keyring.clone(),
        ambient: world.ambient.clone(),
    };
    let rate_limits = RateLimits { enabled: false, ..RateLimits::default() };
    let settings = HttpSettings { rate_limits, ..TestServer::settings() };
    let mut builder = Api::builder(settings, deps).install(Arc::clone(feature));
    if facades {
        builder = builder.facades_alone();
    }
    let api = builder.build().map_err(|error| error.to_string())?;
    TestServer::start(api).await.map_err(|error| format!("the server can't listen: {error}"))
}
