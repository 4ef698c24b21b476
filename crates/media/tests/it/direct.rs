//! Uploads straight into the store.

use std::time::Duration;

use core_kernel::DomainError as _;
use core_testing::Engine;
use media::testing::photo;
use media::{DirectUpload, NewMedia};
use object_store::ObjectStoreExt as _;

use crate::world::{Store, World, bucket, fresh, over};
use core_testing::s3::{S3Server, SECRET};

async fn on_s3(engine: &Engine) -> World {
    over(engine, media::MediaConfig::default(), Store::S3).await
}

async fn begin(world: &World, bytes: usize) -> DirectUpload {
    let new = NewMedia { alt: Some("Ein Hund, ein Ball".to_owned()), ..NewMedia::default() };
    world.media.direct.begin(&world.ada(), bytes as u64, new).await.unwrap()
}

/// What a client does that never heard of this server: no credentials, no library.
async fn put(url: &str, bytes: &[u8]) -> u16 {
    #[expect(clippy::disallowed_methods, reason = "a client of the store, not of this program")]
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.put(url).body(bytes.to_vec()).send().await.unwrap().status().as_u16()
}

core_testing::on_every_engine! {
    setup = on_s3;

    async fn a_picture_that_was_put_straight_into_the_store_is_made_like_every_other(world) {
        let bytes = photo(400, 300);
        let upload = begin(&world, bytes.len()).await;
        let early = world.media.direct.complete(&world.ada(), upload.id).await.unwrap_err();
        assert_eq!(early.code().code, "media.not_uploaded");
        assert_eq!(put(&upload.url, &bytes).await, 200);
        let media = world.media.direct.complete(&world.ada(), upload.id).await.unwrap();
        assert_eq!((media.width, media.alt.as_deref()), (400, Some("Ein Hund, ein Ball")));
        assert!(world.stored().await.iter().all(|path| path.contains(&media.id.to_string())), "only the picture is left");
        let again = world.media.direct.complete(&world.ada(), upload.id).await.unwrap();
        assert_eq!(again.id, media.id);
    }

    async fn a_signature_covers_the_place(world) {
        let bytes = photo(40, 30);
        let upload = begin(&world, bytes.len()).await;
        let (unsigned, _) = upload.url.split_once("X-Amz-Signature=").unwrap();
        let tampered = format!("{unsigned}X-Amz-Signature={}", "0".repeat(64));
        let elsewhere = upload.url.replace("media-uploads", "media");
        assert!(tampered != upload.url && elsewhere != upload.url);
        for url in [&tampered, &elsewhere] {
            assert_eq!(put(url, &bytes).await, 403);
        }
        assert!(world.stored().await.is_empty());
        assert_eq!(put(&upload.url, &bytes).await, 200);
    }

    async fn more_or_less_than_was_announced_is_refused_and_gone(world) {
        let bytes = photo(40, 30);
        for announced in [bytes.len() - 1, bytes.len() + 1] {
            let upload = begin(&world, announced).await;
            assert_eq!(put(&upload.url, &bytes).await, 200);
            let refused = world.media.direct.complete(&world.ada(), upload.id).await.unwrap_err();
            assert_eq!(refused.fields()[0].code, "wrong_length");
            assert!(world.stored().await.is_empty());
        }
    }

    async fn nobody_else_completes_an_upload_and_none_is_one_in_parts(world) {
        let bytes = photo(40, 30);
        let upload = begin(&world, bytes.len()).await;
        put(&upload.url, &bytes).await;
        assert!(world.media.direct.complete(&world.person(9), upload.id).await.is_err());
        assert!(world.media.uploads.get(&world.ada(), upload.id).await.is_err());
        let parts = world.media.uploads.begin(&world.ada(), 10, "").await.unwrap();
        assert!(world.media.direct.complete(&world.ada(), parts.id).await.is_err());
        assert!(world.media.direct.complete(&world.ada(), upload.id).await.is_ok());
    }

    async fn what_is_no_picture_is_gone_with_its_upload(world) {
        let upload = begin(&world, 10).await;
        assert_eq!(put(&upload.url, b"0123456789").await, 200);
        let refused = world.media.direct.complete(&world.ada(), upload.id).await.unwrap_err();
        assert_eq!(refused.code().code, "media.unsupported");
        assert!(world.stored().await.is_empty());
        assert!(world.media.direct.complete(&world.ada(), upload.id).await.is_err());
    }

    async fn two_that_complete_at_once_get_the_same_picture(world) {
        let bytes = photo(40, 30);
        let upload = begin(&world, bytes.len()).await;
        put(&upload.url, &bytes).await;
        let ada = world.ada();
        let complete = || world.media.direct.complete(&ada, upload.id);
        let (one, other) = futures_util::future::join(complete(), complete()).await;
        let ids: Vec<_> = [one, other].into_iter().flatten().map(|media| media.id).collect();
        assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert!(world.stored().await.iter().all(|path| path.contains(&ids[0].to_string())));
    }

    async fn a_part_that_is_longer_than_a_buffer_is_sent_in_pieces(world) {
        let config = ::media::MediaConfig { max_bytes: 1 << 25, ..::media::MediaConfig::default() };
        let media = world.feature(config);
        let bytes = vec![7; 12 << 20];
        let upload = media.uploads.begin(&world.ada(), bytes.len() as u64 + 1, "").await.unwrap();
        let part = ::media::Part { file: crate::world::file(&bytes), bytes: bytes.len() as u64 };
        let upload = media.uploads.append(&world.ada(), upload.id, 0, part).await.unwrap();
        let stored = &world.stored().await[0];
        let found = world.blobs.get(&stored.as_str().into()).await.unwrap().bytes().await.unwrap();
        assert!(upload.offset == bytes.len() as u64 && found == bytes);
    }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_store_that_signs_nothing_takes_no_direct_uploads(world) {
        let refused = world.media.direct.begin(&world.ada(), 10, NewMedia::default()).await.unwrap_err();
        assert_eq!(refused.code().code, "media.no_direct_uploads");
    }
}

#[tokio::test]
async fn what_is_put_after_the_row_is_gone_is_swept() {
    let world = fresh(&Engine::Sqlite).await;
    let late = format!("media-uploads/{}/{}/00000000000000000000", world.ada().owner.get(), uuid::Uuid::from_u128(1));
    world.blobs.put(&late.into(), "bytes".into()).await.unwrap();
    world.test.clock.advance(Duration::from_hours(24 * 3650));
    world.sweep().await;
    assert!(world.stored().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_of_these_tests_checks_signatures() {
    let server = S3Server::start().await.unwrap();
    let path = object_store::path::Path::from("a");
    let refused = bucket(&server, "another secret").put(&path, "bytes".into()).await.unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
    bucket(&server, SECRET).put(&path, "bytes".into()).await.unwrap();
}
