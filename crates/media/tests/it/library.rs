//! Whose pictures they are, what room they have, and what is swept.

use std::sync::Arc;
use std::time::Duration;

use core_feature::Feature as _;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::{Actor, DomainError as _, Owner, Visibility};
use core_testing::Engine;
use core_testing::http::StatementCounter;
use core_testing::s3::S3Server;
use media::testing::photo;
use media::{Accepts, MediaConfig, MediaError, NewMedia, VariantName};
use uuid::Uuid;

use crate::world::{World, bucket, file, on_every_engine_and_store, with};

async fn cramped(engine: &Engine) -> World {
    with(engine, MediaConfig { quota_bytes: 60_000, max_bytes: 50_000, ..MediaConfig::default() }).await
}

on_every_engine_and_store! {
    async fn a_colleague_sees_what_is_open_to_the_organisation_and_nothing_private(world) {
        let org = Owner(Uuid::from_u128(7));
        let (ada, eve) = (Actor { owner: org, ..world.person(1) }, Actor { owner: org, ..world.person(2) });
        let open = NewMedia { visibility: Visibility::Org, ..NewMedia::default() };
        let open = world.media.library.add(&ada, open, file(&photo(40, 30))).await.unwrap();
        let private = world.media.library.add(&ada, NewMedia::default(), file(&photo(40, 30))).await.unwrap();
        assert!(world.media.library.get(&eve, open.id).await.is_ok());
        assert!(world.media.library.get(&eve, private.id).await.is_err());
        assert!(world.media.content.link(&eve, private.id, VariantName::Thumb, None).await.is_err());
        assert!(world.media.library.get(&world.person(1), open.id).await.is_err(), "of another space");
        world.media.forget_member(ada.subject).await.unwrap();
        assert!(world.media.library.get(&ada, private.id).await.is_err());
        assert!(world.media.library.get(&eve, open.id).await.unwrap().created_by.get().is_nil());
    }

    async fn members_of_an_organisation_hear_of_pictures_that_are_shared(world) {
        let ada = Actor { owner: Owner(Uuid::from_u128(7)), ..world.person(1) };
        for visibility in [Visibility::Private, Visibility::Org] {
            let new = NewMedia { visibility, ..NewMedia::default() };
            world.media.library.add(&ada, new, file(&photo(40, 30))).await.unwrap();
        }
        Runner::new(world.test.db.clone(), Registry::default(), RunnerConfig::default()).drain().await.unwrap();
        let heard = core_jobs::events_after(&world.test.db, 0, &[ada.owner], 10).await.unwrap();
        assert_eq!(heard.iter().map(core_jobs::Event::is_shared).collect::<Vec<_>>(), [false, true]);
        assert!(heard.iter().all(|event| event.is_created_by(ada.subject)));
    }

    async fn a_deleted_picture_leaves_no_bytes_and_its_links_end(world) {
        let media = world.add(&photo(400, 300)).await.unwrap();
        let link = world.media.content.link(&world.ada(), media.id, VariantName::Thumb, None).await.unwrap();
        let token = link.url.rsplit('/').next().unwrap();
        assert!(world.media.content.follow(token, Accepts::default()).await.is_ok());
        let stale = world.media.library.delete(&world.ada(), media.id, Some(media.version + 1)).await;
        assert!(matches!(stale, Err(MediaError::Changed { .. })));
        world.media.library.delete(&world.ada(), media.id, Some(media.version)).await.unwrap();
        assert!(world.stored().await.is_empty());
        assert!(matches!(world.media.content.follow(token, Accepts::default()).await, Err(MediaError::InvalidLink)));
    }

    async fn a_link_ends_with_its_time(world) {
        let media = world.add(&photo(40, 30)).await.unwrap();
        let life = Some(Duration::from_mins(1));
        let link = world.media.content.link(&world.ada(), media.id, VariantName::Original, life).await.unwrap();
        let token = link.url.rsplit('/').next().unwrap().to_owned();
        world.test.clock.advance(Duration::from_secs(59));
        assert!(world.media.content.follow(&token, Accepts::default()).await.is_ok());
        world.test.clock.advance(Duration::from_secs(1));
        assert!(world.media.content.follow(&token, Accepts::default()).await.is_err());
        let long = world.media.content.link(&world.ada(), media.id, VariantName::Original, Some(Duration::from_hours(200))).await;
        assert_eq!(long.unwrap_err().code().code, "media.invalid");
    }

    async fn erasing_a_space_leaves_neither_rows_nor_bytes(world) {
        world.add(&photo(400, 300)).await.unwrap();
        let upload = world.media.uploads.begin(&world.ada(), 100, "").await.unwrap();
        let part = media::Part { file: file(b"0123456789"), bytes: 10 };
        world.media.uploads.append(&world.ada(), upload.id, 0, part).await.unwrap();
        assert!(!world.stored().await.is_empty());
        world.media.erase(world.ada().owner).await.unwrap();
        assert!(world.stored().await.is_empty());
        assert!(world.media.uploads.get(&world.ada(), upload.id).await.is_err());
    }

    async fn what_was_left_behind_is_swept(world) {
        let upload = world.media.uploads.begin(&world.ada(), 100, "").await.unwrap();
        let part = media::Part { file: file(b"0123456789"), bytes: 10 };
        world.media.uploads.append(&world.ada(), upload.id, 0, part).await.unwrap();
        let kept = world.add(&photo(40, 30)).await.unwrap();
        world.test.clock.advance(Duration::from_hours(25));
        world.sweep().await;
        let left = world.stored().await;
        assert!(left.iter().all(|path| path.contains(&kept.id.to_string())) && !left.is_empty(), "{left:?}");
    }
}

core_testing::on_every_engine! {
    setup = cramped;

    async fn a_space_that_is_full_says_so_and_has_room_again_when_something_is_deleted(world) {
        let mut taken = Vec::new();
        let refused = loop {
            match world.add(&photo(200, 150)).await {
                Ok(media) => taken.push(media.id),
                Err(error) => break error,
            }
            assert!(taken.len() < 20);
        };
        assert_eq!(refused.code().code, "media.quota_spent");
        world.media.library.delete(&world.ada(), taken.pop().unwrap(), None).await.unwrap();
        assert!(world.add(&photo(200, 150)).await.is_ok());
    }
}

#[tokio::test]
async fn an_upload_that_can_not_wait_is_refused_before_anything_is_written() {
    let world = with(&Engine::Sqlite, MediaConfig { waiting: 0, ..MediaConfig::default() }).await;
    let statements = StatementCounter::start(&world.test.db);
    assert_eq!(world.add(&photo(40, 30)).await.unwrap_err().code().code, "media.busy");
    assert_eq!(statements.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_that_the_store_refuses_take_no_room() {
    let world = cramped(&Engine::Sqlite).await;
    let server = S3Server::start().await.unwrap();
    let refusing = world.over(Arc::new(bucket(&server, "not the secret")));
    for _ in 0..20 {
        refusing.library.add(&world.ada(), NewMedia::default(), file(&photo(200, 150))).await.unwrap_err();
    }
    world.add(&photo(200, 150)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_uploads_at_once_lose_nothing() {
    let world = with(&Engine::Sqlite, MediaConfig { waiting: 2000, ..MediaConfig::default() }).await;
    let (picture, ada) = (photo(64, 48), world.ada());
    let uploads = (0..1000).map(|_| world.media.library.add(&ada, NewMedia::default(), file(&picture)));
    let outcomes = futures_util::future::join_all(uploads).await;
    let ids: std::collections::HashSet<_> = outcomes.into_iter().map(|outcome| outcome.unwrap().id).collect();
    assert_eq!(ids.len(), 1000);
    let stored = world.stored().await;
    assert!(ids.iter().all(|id| stored.iter().any(|path| path.contains(&id.to_string()))));
}
