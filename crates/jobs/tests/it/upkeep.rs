use std::time::Duration;

use core_db::{Begin, IdempotencyStore};
use core_feature::{Feature, MemoryExport};
use core_jobs::{EnqueueOptions, JobState, admin, events_after};
use core_kernel::{Owner, PageRequest};
use serde_json::json;

use crate::world::{ADA, BOB, World, fresh};

const DAY: Duration = Duration::from_hours(24);

async fn brews(world: &World) -> Vec<JobState> {
    let page = admin::list(&world.test.db, None, &PageRequest::default()).await.unwrap();
    page.items.into_iter().filter(|job| job.name == "test.brew").map(|job| job.state).collect()
}

async fn events(world: &World, owner: Owner) -> usize {
    events_after(&world.test.db, 0, &[owner], 100).await.unwrap().len()
}

/// What the health checks say, by name.
async fn health(world: &World) -> Vec<(&'static str, Result<(), String>)> {
    let mut said = Vec::new();
    for check in world.jobs.health_checks() {
        assert!(!check.critical(), "{} must only degrade", check.name());
        said.push((check.name(), check.check().await));
    }
    said
}

fn owned() -> EnqueueOptions {
    EnqueueOptions { owner: Some(ADA.into()), ..EnqueueOptions::default() }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn what_is_over_is_swept_when_its_time_has_come(world) {
        world.work().await;
        world.enqueue(true, EnqueueOptions::default()).await;
        world.enqueue(false, EnqueueOptions::default()).await;
        world.happen(ADA.into(), "tea.ready", json!({})).await;
        let keys = IdempotencyStore::new(world.test.db.clone());
        assert_eq!(keys.begin("ada", "key", &[0; 32], DAY).await.unwrap(), Begin::Started);

        world.test.clock.advance(DAY * 8);
        world.work().await;
        assert_eq!(brews(&world).await, [JobState::Dead]);
        assert_eq!(events(&world, ADA.into()).await, 1);
        // Swept: the same key with another request starts anew instead of being a mismatch.
        assert_eq!(keys.begin("ada", "key", &[1; 32], DAY).await.unwrap(), Begin::Started);

        world.test.clock.advance(DAY * 23);
        world.work().await;
        assert!(brews(&world).await.is_empty());
        assert_eq!(events(&world, ADA.into()).await, 0);
    }

    async fn jobs_that_wait_are_never_swept(world) {
        world.work().await;
        let late = world.test.db.ambient().now().plus(DAY * 100);
        world.enqueue(true, EnqueueOptions { run_at: Some(late), ..EnqueueOptions::default() }).await;
        world.test.clock.advance(DAY * 99);
        world.work().await;
        assert_eq!(brews(&world).await, [JobState::Ready]);
    }

    async fn more_than_one_round_is_swept_at_once(world) {
        world.work().await;
        for _ in 0..40 {
            world.enqueue(true, EnqueueOptions::default()).await;
        }
        world.work().await;
        assert_eq!(admin::sweep(&world.test.db, world.test.db.ambient().now().plus(DAY), world.test.db.ambient().now(), 7).await.unwrap(), 7);
        world.test.clock.advance(DAY * 8);
        world.work().await;
        assert!(brews(&world).await.is_empty());
    }

    async fn a_job_that_gave_up_degrades_readiness_for_a_day(world) {
        assert!(health(&world).await.into_iter().all(|(_, said)| said.is_ok()));
        world.enqueue(false, EnqueueOptions::default()).await;
        world.work().await;
        let said = health(&world).await;
        let failed: Vec<_> = said.iter().filter(|(_, said)| said.is_err()).map(|(name, _)| *name).collect();
        assert_eq!(failed, ["jobs.dead_letters"]);
        world.test.clock.advance(DAY + Duration::from_secs(1));
        assert!(health(&world).await.into_iter().all(|(_, said)| said.is_ok()));
    }

    async fn a_queue_that_nobody_works_on_degrades_readiness(world) {
        world.enqueue(true, EnqueueOptions::default()).await;
        world.test.clock.advance(Duration::from_mins(6));
        let said = health(&world).await;
        let failed: Vec<_> = said.iter().filter(|(_, said)| said.is_err()).map(|(name, _)| *name).collect();
        assert_eq!(failed, ["jobs.backlog"]);
        world.work().await;
        assert!(health(&world).await.into_iter().all(|(_, said)| said.is_ok()));
    }

    async fn an_export_holds_events_and_jobs_and_an_erasure_leaves_what_still_runs(world) {
        for owner in [ADA, BOB] {
            world.happen(owner.into(), "tea.ready", json!({"leaf": "darjeeling"})).await;
        }
        world.enqueue(true, owned()).await;
        world.work().await;
        world.enqueue(true, owned()).await;
        let mut export = MemoryExport::default();
        world.jobs.export(ADA.into(), &mut export).await.unwrap();
        let collections: Vec<_> = export.rows.iter().map(|(collection, _)| collection.as_str()).collect();
        assert_eq!(collections, ["events", "jobs", "jobs"]);

        for _ in 0..2 {
            world.jobs.erase(ADA.into()).await.unwrap();
        }
        assert_eq!((events(&world, ADA.into()).await, events(&world, BOB.into()).await), (0, 1));
        assert_eq!(brews(&world).await, [JobState::Ready]);
    }
}
