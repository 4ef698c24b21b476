//! AVIF as background work.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_feature::Feature as _;
use core_http::Api;
use core_jobs::Job;
use core_kernel::{Actor, Owner};
use core_testing::Engine;
use core_testing::http::{FixedActors, TestServer};
use futures_util::stream::BoxStream;
use media::testing::{animation, photo};
use media::{Accepts, Format, Library, Media, MediaConfig, MediaError, MediaId, NewMedia, VariantName};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, Result as Stored,
};
use serde::{Deserialize, Serialize};

use crate::world::{World, file, fresh, with};

// The pictures are flat: each pixel costs as much as all of an upload's work on it.
const AVIF: Accepts = Accepts { avif: true, webp: false };

async fn with_avif(engine: &Engine) -> World {
    with(engine, MediaConfig { avif: true, ..MediaConfig::default() }).await
}

/// The work, once more.
#[derive(Serialize, Deserialize)]
struct Again {
    owner: Owner,
    id: MediaId,
}

impl Job for Again {
    const NAME: &'static str = "media.encode_avif";
}

async fn again(world: &World, id: MediaId) {
    let job = &Again { owner: world.ada().owner, id };
    world.test.db.write(|tx| async move { core_jobs::enqueue(&tx, job).await }).await.unwrap();
}

async fn now(world: &World, id: MediaId) -> Media {
    world.media.library.get(&world.ada(), id).await.unwrap()
}

/// What the space's pictures are counted with, by what a space without room says.
async fn counted(world: &World) -> u64 {
    let full = world.feature(MediaConfig { quota_bytes: 0, ..MediaConfig::default() });
    match full.library.add(&world.ada(), NewMedia::default(), file(&photo(8, 8))).await.unwrap_err() {
        MediaError::QuotaSpent { stored, .. } => stored,
        _ => u64::MAX,
    }
}

async fn stored_as_avif(world: &World) -> usize {
    world.stored().await.iter().filter(|path| path.contains(".avif")).count()
}

core_testing::on_every_engine! {
    setup = with_avif;

    async fn sizes_are_served_as_avif_when_they_are_encoded_and_every_byte_is_counted_once(world) {
        let sent = world.add(&photo(700, 140)).await.unwrap();
        assert_eq!(sent.pick(VariantName::Thumb, AVIF).unwrap().format, Format::Jpeg);
        for _ in 0..2 {
            world.work(&world.media).await;
            let media = now(&world, sent.id).await;
            for name in [VariantName::Small, VariantName::Thumb] {
                let (plain, avif) = (media.pick(name, Accepts::default()).unwrap(), media.pick(name, AVIF).unwrap());
                assert_eq!((plain.format, avif.format), (Format::Jpeg, Format::Avif));
                assert!((avif.width, avif.height) == (plain.width, plain.height) && avif.bytes < plain.bytes);
            }
            assert_eq!(media.pick(VariantName::Original, AVIF).unwrap().format, Format::Jpeg);
            assert_eq!(media.variants.len(), 5, "the original, two sizes, and AVIF of those");
            assert_eq!(media.bytes, media.variants.iter().map(|variant| variant.bytes).sum::<u64>());
            assert_eq!((counted(&world).await, media.version), (media.bytes, sent.version));
            assert_eq!(stored_as_avif(&world).await, 2);
            again(&world, sent.id).await;
        }
        world.media.library.delete(&world.ada(), sent.id, None).await.unwrap();
        assert_eq!((counted(&world).await, world.stored().await.len()), (0, 0));
    }

    async fn a_picture_that_is_deleted_before_or_while_it_is_encoded_leaves_nothing(world) {
        let before = world.add(&photo(400, 80)).await.unwrap();
        world.media.library.delete(&world.ada(), before.id, None).await.unwrap();
        world.work(&world.media).await;
        assert!(world.stored().await.is_empty());
        let meanwhile = world.add(&photo(400, 80)).await.unwrap();
        let deleting = Deleting { inner: world.blobs.clone(), library: world.media.library.clone(), ada: world.ada() };
        world.work(&world.over(Arc::new(deleting))).await;
        assert!(world.media.library.get(&world.ada(), meanwhile.id).await.is_err());
        assert_eq!((counted(&world).await, world.stored().await), (0, Vec::<String>::new()));
    }

    async fn a_space_that_is_full_has_its_pictures_as_they_are(world) {
        let sent = world.add(&photo(400, 80)).await.unwrap();
        let quota_bytes = counted(&world).await;
        world.work(&world.feature(MediaConfig { avif: true, quota_bytes, ..MediaConfig::default() })).await;
        assert_eq!(now(&world, sent.id).await, sent);
        assert_eq!((counted(&world).await, stored_as_avif(&world).await), (quota_bytes, 0));
    }

    async fn a_space_that_is_erased_leaves_no_avif(world) {
        world.add(&photo(400, 80)).await.unwrap();
        world.work(&world.media).await;
        assert_eq!(stored_as_avif(&world).await, 1);
        world.media.erase(world.ada().owner).await.unwrap();
        assert!(world.stored().await.is_empty());
    }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn without_the_setting_nothing_is_encoded(world) {
        let sent = world.add(&photo(400, 80)).await.unwrap();
        again(&world, sent.id).await;
        world.work(&world.media).await;
        assert_eq!(stored_as_avif(&world).await, 0);
    }
}

#[tokio::test]
async fn animations_stay_what_they_are() {
    let world = with_avif(&Engine::Sqlite).await;
    let sent = world.add(&animation(400, 40, 3)).await.unwrap();
    again(&world, sent.id).await;
    world.work(&world.media).await;
    assert_eq!(now(&world, sent.id).await, sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_client_accepts_decides_also_behind_signed_links() {
    let world = with_avif(&Engine::Sqlite).await;
    let media = world.add(&photo(400, 80)).await.unwrap();
    world.work(&world.media).await;
    let actors = FixedActors::new();
    actors.add("ada", world.ada());
    let api = Api::builder(TestServer::settings(), TestServer::deps(&world.test, actors));
    let server = TestServer::start(api.install(Arc::new(world.media.clone())).build().unwrap()).await.unwrap();
    let life = Some(Duration::from_mins(1));
    let link = world.media.content.link(&world.ada(), media.id, VariantName::Thumb, life).await.unwrap();
    let signed = link.url.strip_prefix("https://example.com").unwrap().to_owned();
    for place in [format!("/api/v1/media/{}/variants/thumb", media.id), signed] {
        let ask = |accept: &str| server.get(&place).bearer("ada").header("accept", accept);
        let avif = ask("image/avif,image/webp,*/*;q=0.8").send().await;
        assert_eq!((avif.status, avif.header("content-type"), avif.header("vary")), (200, Some("image/avif"), Some("Accept")));
        assert_eq!(avif.body.get(4..12), Some(b"ftypavif".as_slice()));
        for plain in ["*/*", "image/webp", "image/avif;q=0, */*"] {
            let plain = ask(plain).send().await;
            assert_eq!((plain.header("content-type"), plain.header("vary")), (Some("image/jpeg"), Some("Accept")));
            assert_ne!(plain.header("etag"), avif.header("etag"), "a tag for each format");
        }
        let tag = avif.header("etag").unwrap();
        assert_eq!(ask("image/avif").header("if-none-match", tag).send().await.status, 304);
        assert_eq!(ask("*/*").header("if-none-match", tag).send().await.status, 200);
    }
}

/// A store in which a picture is deleted just before its first AVIF is stored: the worst moment, since whoever deletes has looked what is
/// there already.
struct Deleting {
    inner: Arc<dyn ObjectStore>,
    library: Arc<dyn Library>,
    ada: Actor,
}

impl std::fmt::Debug for Deleting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Deleting")
    }
}

impl std::fmt::Display for Deleting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Deleting")
    }
}

#[async_trait]
impl ObjectStore for Deleting {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Stored<PutResult> {
        if location.as_ref().contains(".avif") {
            let id = location.as_ref().split('/').nth(2).unwrap().parse().unwrap();
            self.library.delete(&self.ada, MediaId(id), None).await.unwrap();
        }
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Stored<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Stored<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Stored<Path>>) -> BoxStream<'static, Stored<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Stored<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Stored<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Stored<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
