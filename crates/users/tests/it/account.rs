use std::time::Duration;

use core_feature::{Feature, MemoryExport};
use core_jobs::{JobState, admin};
use core_kernel::{ActorKind, PageRequest, UserId};
use users::{Identities, IdentityStatus, UsersError};
use uuid::Uuid;

use crate::world::{ADA, World, fresh};

async fn status(world: &World) -> IdentityStatus {
    world.identities.find(ADA).await.unwrap().unwrap().status
}

async fn queued(world: &World) -> Vec<(String, JobState)> {
    let page = admin::list(&world.test.db, None, &PageRequest::default()).await.unwrap();
    page.items.into_iter().map(|job| (job.name, job.state)).collect()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_closed_account_ends_at_once_and_is_erased_by_a_job(world) {
        world.users.profiles.close(&world.ada()).await.unwrap();
        assert_eq!(status(&world).await, IdentityStatus::Closed);
        assert!(world.personal_data.erased().is_empty());
        world.worker().drain().await.unwrap();
        assert_eq!(world.personal_data.erased(), [ADA]);
        assert_eq!(queued(&world).await, [("users.erase_person".to_owned(), JobState::Done)]);
    }

    async fn an_account_that_identity_does_not_close_is_not_erased_later_either(world) {
        world.identities.refuse_closing();
        assert!(world.users.profiles.close(&world.ada()).await.is_err());
        assert!(queued(&world).await.is_empty());
    }

    async fn closing_twice_queues_one_erasure(world) {
        world.users.profiles.close(&world.ada()).await.unwrap();
        world.users.profiles.close(&world.ada()).await.unwrap();
        assert_eq!(queued(&world).await.len(), 1);
    }

    async fn an_erasure_that_fails_is_tried_again_until_it_succeeds(world) {
        world.personal_data.fail(2);
        world.users.profiles.close(&world.ada()).await.unwrap();
        for _ in 0..3 {
            world.worker().drain().await.unwrap();
            world.test.clock.advance(Duration::from_hours(2));
        }
        assert_eq!(world.personal_data.erased(), [ADA]);
    }

    async fn the_job_closes_the_identity_when_the_request_did_not_get_that_far(world) {
        let identity = world.identities.find(ADA).await.unwrap().unwrap();
        world.users.profiles.close(&world.ada()).await.unwrap();
        world.identities.put(identity);
        world.worker().drain().await.unwrap();
        assert_eq!(status(&world).await, IdentityStatus::Closed);
    }

    async fn only_the_person_closes_their_account(world) {
        let kinds = [ActorKind::ApiKey { key: Uuid::nil() }, ActorKind::Impersonated { by: UserId(Uuid::from_u128(1)) }];
        for kind in kinds {
            let mut actor = world.ada();
            actor.kind = kind;
            assert!(matches!(world.users.profiles.close(&actor).await.unwrap_err(), UsersError::NotInPerson));
        }
        assert_eq!(status(&world).await, IdentityStatus::Active);
        assert!(queued(&world).await.is_empty());
    }

    async fn an_export_holds_the_profile_and_an_erasure_leaves_nothing(world) {
        let bob = UserId(Uuid::from_u128(0xB0B));
        world.identities.register(bob, "bob@example.com", None, world.test.db.ambient().now());
        for user in [ADA, bob] {
            world.users.profiles.of(user).await.unwrap().unwrap();
        }
        let mut export = MemoryExport::default();
        world.users.export(ADA.into(), &mut export).await.unwrap();
        assert_eq!(export.rows.len(), 1);
        assert_eq!((export.rows[0].0.as_str(), &export.rows[0].1["email"]), ("profile", &"ada@example.com".into()));

        for _ in 0..2 {
            world.users.erase(ADA.into()).await.unwrap();
        }
        let mut rest = MemoryExport::default();
        world.users.export(ADA.into(), &mut rest).await.unwrap();
        assert!(rest.rows.is_empty());
        world.users.export(bob.into(), &mut rest).await.unwrap();
        assert_eq!(rest.rows.len(), 1);
    }
}
