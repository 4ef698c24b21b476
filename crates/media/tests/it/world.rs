use std::io::Write as _;
use std::sync::Arc;

use core_kernel::{Actor, UserId};
use core_testing::http::FixedActors;
use core_testing::{Engine, TestDb};
use media::{Deps, Media, MediaConfig, MediaError, MediaFeature, NewMedia, NoScan, permissions};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) media: MediaFeature,
    pub(crate) blobs: Arc<dyn ObjectStore>,
}

pub(crate) async fn fresh(engine: &Engine) -> World {
    with(engine, MediaConfig::default()).await
}

pub(crate) async fn with(engine: &Engine, config: MediaConfig) -> World {
    let test = TestDb::fresh(engine, vec![media::ledger()]).await.unwrap();
    let blobs: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let media = MediaFeature::new(Deps {
        db: test.db.clone(),
        config,
        blobs: Arc::clone(&blobs),
        public_url: "https://example.com".to_owned(),
        scan: Arc::new(NoScan),
    });
    World { test, media, blobs }
}

pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

impl World {
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
        let picked = self.media.content.pick(&self.ada(), media.id, name, false).await.unwrap();
        let chunks: Vec<bytes::Bytes> = self.media.content.read(&picked, None).await.unwrap().try_collect().await.unwrap();
        chunks.concat()
    }
}
