use std::io::{Cursor, Read};
use std::time::Duration;

use core_feature::Feature;
use core_kernel::{Actor, ActorKind, DomainError, ErrorKind, PageRequest, UserId};
use futures_util::TryStreamExt;
use users::{ExportStatus, UsersError};
use uuid::Uuid;

use crate::world::{ADA, World, fresh};

async fn archive(world: &World, actor: &Actor) -> Vec<u8> {
    let export = world.users.exports.start(actor).await.unwrap();
    world.worker().drain().await.unwrap();
    let opened = world.users.exports.open(actor, export.id).await.unwrap();
    let chunks: Vec<_> = opened.chunks.try_collect().await.unwrap();
    let bytes = chunks.concat();
    assert_eq!(bytes.len() as u64, opened.bytes);
    bytes
}

async fn kept(world: &World) -> usize {
    world.blobs.list(None).try_collect::<Vec<_>>().await.unwrap().len()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn an_export_is_an_archive_of_what_the_features_hold(world) {
        let bytes = archive(&world, &world.ada()).await;
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        zip.by_name("diary/entries.ndjson").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, format!("{{\"of\":\"{ADA}\"}}\n"));
    }

    async fn asking_again_while_one_is_made_gives_that_one(world) {
        let ada = world.ada();
        let first = world.users.exports.start(&ada).await.unwrap();
        assert_eq!((first.status, world.users.exports.start(&ada).await.unwrap().id), (ExportStatus::Queued, first.id));
        world.worker().drain().await.unwrap();
        assert_eq!(world.users.exports.get(&ada, first.id).await.unwrap().status, ExportStatus::Succeeded);
        assert_ne!(world.users.exports.start(&ada).await.unwrap().id, first.id);
        assert_eq!(world.users.exports.list(&ada, &PageRequest::default()).await.unwrap().items.len(), 2);
    }

    async fn an_export_that_fails_is_tried_again_and_given_up_in_the_end(world) {
        let ada = world.ada();
        for (failures, end) in [(3, ExportStatus::Succeeded), (4, ExportStatus::Failed)] {
            world.personal_data.fail(failures);
            let export = world.users.exports.start(&ada).await.unwrap();
            for _ in 0..4 {
                world.worker().drain().await.unwrap();
                world.test.clock.advance(Duration::from_hours(1));
            }
            assert_eq!(world.users.exports.get(&ada, export.id).await.unwrap().status, end);
        }
    }

    async fn somebody_elses_export_is_not_there_and_programs_get_none(world) {
        let export = world.users.exports.start(&world.ada()).await.unwrap();
        world.worker().drain().await.unwrap();
        let eve = world.person(UserId(Uuid::from_u128(0xE5E)));
        for outcome in [world.users.exports.get(&eve, export.id).await.map(drop), world.users.exports.open(&eve, export.id).await.map(drop)] {
            assert_eq!(outcome.unwrap_err().code().kind, ErrorKind::NotFound);
        }
        for kind in [ActorKind::ApiKey { key: Uuid::nil() }, ActorKind::Impersonated { by: UserId(Uuid::from_u128(1)) }] {
            let mut actor = world.ada();
            actor.kind = kind;
            assert!(matches!(world.users.exports.start(&actor).await.unwrap_err(), UsersError::NotInPerson));
            assert!(matches!(world.users.exports.open(&actor, export.id).await.unwrap_err(), UsersError::NotInPerson));
        }
    }

    async fn an_archive_is_removed_after_a_week(world) {
        archive(&world, &world.ada()).await;
        assert_eq!(kept(&world).await, 1);
        world.test.clock.advance(Duration::from_hours(24 * 7 + 25));
        world.worker().drain().await.unwrap();
        assert_eq!(kept(&world).await, 0);
        assert!(world.users.exports.list(&world.ada(), &PageRequest::default()).await.unwrap().items.is_empty());
    }

    async fn an_erasure_removes_the_archives_and_one_that_is_being_made(world) {
        archive(&world, &world.ada()).await;
        world.users.exports.start(&world.ada()).await.unwrap();
        for _ in 0..2 {
            world.users.erase(ADA.into()).await.unwrap();
        }
        world.worker().drain().await.unwrap();
        assert_eq!(kept(&world).await, 0);
    }
}
