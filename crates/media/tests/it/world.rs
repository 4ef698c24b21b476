use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use core_feature::Feature as _;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::{Actor, UserId};
use core_testing::http::FixedActors;
use core_testing::s3::{BUCKET, KEY_ID, S3Server, SECRET};
use core_testing::{Engine, TestDb};
use media::{Accepts, Deps, Media, MediaConfig, MediaError, MediaFeature, NewMedia, NoScan, permissions};
use object_store::ClientOptions;
use object_store::ObjectStore;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::prefix::PrefixStore;
use object_store::signer::Signer;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) media: MediaFeature,
    pub(crate) blobs: Arc<dyn ObjectStore>,
    signer: Option<Arc<dyn Signer>>,
    /// What the store lives on.
    _ground: Ground,
}

/// Where bytes are kept.
#[derive(Clone, Copy)]
pub(crate) enum Store {
    Memory,
    Disk,
    S3,
}

enum Ground {
    Nothing,
    Folder(#[expect(dead_code, reason = "it is removed when it is dropped")] TempDir),
    Server(#[expect(dead_code, reason = "its folder is removed when it is dropped")] S3Server),
}

/// The same test on every engine and over every kind of store.
macro_rules! on_every_engine_and_store {
    ($(async fn $name:ident($world:ident) $body:block)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            use crate::world::{Store, over};
            for engine in core_testing::engines() {
                for store in [Store::Memory, Store::Disk, Store::S3] {
                    let $world = over(&engine, media::MediaConfig::default(), store).await;
                    $body
                }
            }
        }
    )*};
}
pub(crate) use on_every_engine_and_store;

pub(crate) async fn fresh(engine: &Engine) -> World {
    with(engine, MediaConfig::default()).await
}

pub(crate) async fn with(engine: &Engine, config: MediaConfig) -> World {
    over(engine, config, Store::Memory).await
}

pub(crate) async fn over(engine: &Engine, config: MediaConfig, store: Store) -> World {
    let test = TestDb::fresh(engine, vec![media::ledger()]).await.unwrap();
    let (blobs, signer, ground): (Arc<dyn ObjectStore>, Option<Arc<dyn Signer>>, Ground) = match store {
        Store::Memory => (Arc::new(InMemory::new()), None, Ground::Nothing),
        Store::Disk => {
            let folder = tempfile::tempdir().unwrap();
            let disk = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
            (Arc::new(disk.with_automatic_cleanup(true)), None, Ground::Folder(folder))
        }
        Store::S3 => {
            let server = S3Server::start().await.unwrap();
            let s3 = Arc::new(bucket(&server, SECRET));
            (s3.clone(), Some(s3), Ground::Server(server))
        }
    };
    let media = feature(&test, config, &blobs, signer.clone());
    World { test, media, blobs, signer, _ground: ground }
}

/// The server's bucket, from a folder in it on, for whoever has this secret.
pub(crate) fn bucket(server: &S3Server, secret: &str) -> PrefixStore<AmazonS3> {
    let builder = AmazonS3Builder::new()
        .with_endpoint(server.endpoint())
        .with_bucket_name(BUCKET)
        .with_region("us-east-1")
        .with_access_key_id(KEY_ID)
        .with_secret_access_key(secret)
        .with_client_options(ClientOptions::new().with_allow_http(true));
    PrefixStore::new(builder.build().unwrap(), "brickwork/blobs")
}

fn feature(test: &TestDb, config: MediaConfig, blobs: &Arc<dyn ObjectStore>, signer: Option<Arc<dyn Signer>>) -> MediaFeature {
    MediaFeature::new(Deps {
        db: test.db.clone(),
        config,
        blobs: Arc::clone(blobs),
        signer,
        public_url: "https://example.com".to_owned(),
        scan: Arc::new(NoScan),
    })
}

pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

impl World {
    /// The same feature with other settings.
    pub(crate) fn feature(&self, config: MediaConfig) -> MediaFeature {
        feature(&self.test, config, &self.blobs, self.signer.clone())
    }

    /// The same feature over another store.
    pub(crate) fn over(&self, blobs: Arc<dyn ObjectStore>) -> MediaFeature {
        feature(&self.test, MediaConfig { avif: true, ..MediaConfig::default() }, &blobs, None)
    }

    /// Runs what is queued for media.
    pub(crate) async fn work(&self, media: &MediaFeature) {
        let mut registry = Registry::default();
        media.jobs().into_iter().for_each(|handler| registry.handler(handler).unwrap());
        Runner::new(self.test.db.clone(), registry, RunnerConfig::default()).drain().await.unwrap();
    }

    /// Runs what is scheduled, an hour later.
    pub(crate) async fn sweep(&self) {
        let mut registry = Registry::default();
        self.media.jobs().into_iter().for_each(|handler| registry.handler(handler).unwrap());
        self.media.schedules().into_iter().for_each(|schedule| registry.schedule(schedule).unwrap());
        let runner = Runner::new(self.test.db.clone(), registry, RunnerConfig::default());
        runner.drain().await.unwrap();
        self.test.clock.advance(Duration::from_hours(1));
        runner.drain().await.unwrap();
    }

    pub(crate) fn person(&self, number: u128) -> Actor {
        FixedActors::person(UserId(Uuid::from_u128(number)), &permissions::ALL, self.test.db.ambient().now())
    }

    pub(crate) fn ada(&self) -> Actor {
        self.person(0xADA)
    }

    pub(crate) async fn add(&self, bytes: &[u8]) -> Result<Media, MediaError> {
        self.media.library.add(&self.ada(), NewMedia::default(), file(bytes)).await
    }

    /// Everything that is stored of pictures, by path.
    pub(crate) async fn stored(&self) -> Vec<String> {
        use futures_util::TryStreamExt as _;
        let all: Vec<_> = self.blobs.list(None).try_collect().await.unwrap();
        all.into_iter().map(|meta| meta.location.to_string()).collect()
    }

    /// The bytes of the original.
    pub(crate) async fn original(&self, media: &Media) -> Vec<u8> {
        use futures_util::TryStreamExt as _;
        let name = media::VariantName::Original;
        let picked = self.media.content.pick(&self.ada(), media.id, name, Accepts::default()).await.unwrap();
        let chunks: Vec<bytes::Bytes> = self.media.content.read(&picked, None).await.unwrap().try_collect().await.unwrap();
        chunks.concat()
    }
}
