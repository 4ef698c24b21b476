//! The contract of core-jobs on every engine at hand.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod traces;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use core_db::DbError;
use core_jobs::{
    CatchUp, EnqueueOptions, Event, Handler, Job, JobFailure, JobId, JobQueue, JobState, NewEvent, Registry, Runner,
    RunnerConfig, Schedule, Subscription, TableQueue, admin, enqueue, enqueue_with, publish,
};
use core_kernel::{Owner, PageRequest};
use core_testing::{Engine, TestDb};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
struct Greet {
    name: String,
}

impl Job for Greet {
    const NAME: &'static str = "test.greet";
    const MAX_ATTEMPTS: i32 = 3;
}

#[derive(Serialize, Deserialize)]
struct SendToken {
    token: String,
}

impl Job for SendToken {
    const NAME: &'static str = "test.send_token";
    const SEALED: bool = true;
}

async fn fresh(engine: &Engine) -> TestDb {
    TestDb::fresh(engine, Vec::new()).await.unwrap()
}

fn runner(test: &TestDb, registry: Registry) -> Runner {
    Runner::new(test.db.clone(), registry, RunnerConfig::default())
}

type Log = Arc<Mutex<Vec<String>>>;

fn greeter(log: &Log) -> Registry {
    let mut registry = Registry::default();
    let log = Arc::clone(log);
    let greet = Handler::new::<Greet, _, _>(move |context, job| {
        log.lock().unwrap().push(format!("{} try {}", job.name, context.attempt));
        let outcome = if job.name == "poison" { Err(JobFailure::retry("no")) } else { Ok(()) };
        std::future::ready(outcome)
    });
    registry.handler(greet).unwrap();
    registry
}

async fn greet(test: &TestDb, name: &str) -> JobId {
    let name = name.to_owned();
    test.db
        .write(|tx| {
            let job = Greet { name: name.clone() };
            async move { enqueue(&tx, &job).await }
        })
        .await
        .unwrap()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_job_is_queued_with_its_transaction_or_not_at_all(test) {
        let failed: Result<(), DbError> = test.db.write(|tx| async move {
            enqueue(&tx, &Greet { name: "lost".into() }).await?;
            Err(DbError::NotFound)
        }).await;
        assert!(failed.is_err());
        greet(&test, "kept").await;
        let log = Log::default();
        assert_eq!(runner(&test, greeter(&log)).drain().await.unwrap(), 1);
        assert_eq!(*log.lock().unwrap(), ["kept try 1"]);
    }

    async fn a_poison_job_is_tried_as_often_as_it_may_and_then_dead(test) {
        let id = greet(&test, "poison").await;
        let log = Log::default();
        let runner = runner(&test, greeter(&log));
        for _ in 0..5 {
            runner.drain().await.unwrap();
            test.clock.advance(Duration::from_hours(1));
        }
        assert_eq!(log.lock().unwrap().len(), 3);
        let status = admin::get(&test.db, id).await.unwrap();
        assert_eq!((status.state, status.last_error.as_deref()), (JobState::Dead, Some("no")));
        let deaths = core_jobs::events_after(&test.db, 0, &[Owner(Uuid::nil())], 10).await.unwrap();
        assert_eq!(deaths.iter().map(|event| (event.r#type.as_str(), event.subject)).collect::<Vec<_>>(), [("job.dead", id.get())]);
        assert!(admin::retry(&test.db, id).await.unwrap());
        assert!(!admin::retry(&test.db, id).await.unwrap(), "only what has ended can be retried");
        assert_eq!(runner.drain().await.unwrap(), 1);
    }

    async fn a_job_whose_worker_dies_comes_back_until_its_tries_are_used_up(test) {
        let id = greet(&test, "crash").await;
        let queue = TableQueue::new(test.db.clone());
        let lease = Duration::from_secs(30);
        for attempt in 1..=3 {
            let claimed = queue.claim(Uuid::from_u128(attempt), 10, lease).await.unwrap();
            assert_eq!((claimed.len(), claimed[0].attempt), (1, i32::try_from(attempt).unwrap()));
            assert_eq!(queue.reap().await.unwrap(), 0, "a live lease is left alone");
            test.clock.advance(lease + Duration::from_millis(1));
            assert_eq!(queue.reap().await.unwrap(), 1);
        }
        assert!(queue.claim(Uuid::from_u128(9), 10, lease).await.unwrap().is_empty());
        assert_eq!(admin::get(&test.db, id).await.unwrap().state, JobState::Dead);
    }

    async fn a_worker_that_lost_its_lease_has_no_say(test) {
        let id = greet(&test, "slow").await;
        let queue = TableQueue::new(test.db.clone());
        let lease = Duration::from_secs(30);
        let (slow, fast) = (Uuid::from_u128(1), Uuid::from_u128(2));
        queue.claim(slow, 1, lease).await.unwrap();
        test.clock.advance(Duration::from_secs(31));
        queue.reap().await.unwrap();
        queue.claim(fast, 1, lease).await.unwrap();
        assert_eq!(queue.heartbeat(slow, &[id], lease).await.unwrap(), [id]);
        queue.complete(slow, id).await.unwrap();
        assert_eq!(admin::get(&test.db, id).await.unwrap().state, JobState::Running);
        assert!(queue.heartbeat(fast, &[id], lease).await.unwrap().is_empty());
        queue.complete(fast, id).await.unwrap();
        assert_eq!(admin::get(&test.db, id).await.unwrap().state, JobState::Done);
    }

    async fn two_workers_never_take_the_same_job(test) {
        for number in 0..20 { greet(&test, &number.to_string()).await; }
        let claims = (1..=4).map(|worker| { let queue = TableQueue::new(test.db.clone()); async move {
            let mut mine = Vec::new();
            loop {
                let claimed = queue.claim(Uuid::from_u128(worker), 3, Duration::from_mins(1)).await.unwrap();
                if claimed.is_empty() { return mine; }
                mine.extend(claimed.into_iter().map(|job| job.id));
            }
        }});
        let mut all: Vec<JobId> = futures_util::future::join_all(claims).await.into_iter().flatten().collect();
        all.sort();
        let taken = all.len();
        all.dedup();
        assert_eq!(all.len(), taken, "a job was taken twice");
        // A round that finds every row locked by others takes nothing; what is left is taken by the next look.
        let rest = TableQueue::new(test.db.clone()).claim(Uuid::from_u128(9), 20, Duration::from_mins(1)).await.unwrap();
        assert_eq!(taken + rest.len(), 20);
    }

    async fn a_unique_key_holds_while_the_job_is_open_and_not_longer(test) {
        let again = || async {
            test.db.write(|tx| async move {
                let options = EnqueueOptions { unique_key: Some("k".into()), ..EnqueueOptions::default() };
                enqueue_with(&tx, &Greet { name: "once".into() }, options).await
            }).await.unwrap()
        };
        assert!(again().await.is_some());
        assert!(again().await.is_none());
        runner(&test, greeter(&Log::default())).drain().await.unwrap();
        assert!(again().await.is_some());
    }

    async fn a_cancelled_job_does_not_run(test) {
        let id = greet(&test, "never").await;
        assert!(admin::cancel(&test.db, id).await.unwrap());
        let log = Log::default();
        runner(&test, greeter(&log)).drain().await.unwrap();
        assert!(log.lock().unwrap().is_empty());
        assert!(!admin::cancel(&test.db, id).await.unwrap());
        assert!(matches!(admin::cancel(&test.db, JobId(Uuid::nil())).await, Err(DbError::NotFound)));
    }

    async fn a_panic_fails_the_job_and_not_the_worker(test) {
        #[derive(Serialize, Deserialize)]
        struct Panics;
        impl Job for Panics { const NAME: &'static str = "test.panics"; const MAX_ATTEMPTS: i32 = 1; }
        let id = test.db.write(|tx| async move { enqueue(&tx, &Panics).await }).await.unwrap();
        let mut registry = greeter(&Log::default());
        registry.handler(Handler::new::<Panics, _, _>(|_, _| async { panic!("on purpose") })).unwrap();
        greet(&test, "after").await;
        assert_eq!(runner(&test, registry).drain().await.unwrap(), 2);
        assert_eq!(admin::get(&test.db, id).await.unwrap().state, JobState::Dead);
    }

    async fn a_sealed_payload_is_not_readable_in_the_database(test) {
        test.db.write(|tx| async move { enqueue(&tx, &SendToken { token: "canary-4711".into() }).await }).await.unwrap();
        use sea_orm::ConnectionTrait;
        #[expect(clippy::disallowed_methods, reason = "looks at what a thief of the file would see")]
        let all = sea_orm::Statement::from_string(test.db.backend(), "SELECT payload FROM jobs");
        let row = test.db.read().query_one_raw(all).await.unwrap().unwrap();
        assert!(!row.try_get::<String>("", "payload").unwrap().contains("canary"));
        let got = Log::default();
        let mut registry = Registry::default();
        let seen = Arc::clone(&got);
        registry.handler(Handler::new::<SendToken, _, _>(move |_, job| { seen.lock().unwrap().push(job.token); std::future::ready(Ok(())) })).unwrap();
        runner(&test, registry).drain().await.unwrap();
        assert_eq!(*got.lock().unwrap(), ["canary-4711"]);
    }

    async fn an_event_reaches_each_subscriber_once_and_takes_its_place_in_the_order(test) {
        let owner = Owner(Uuid::from_u128(5));
        let log = Log::default();
        let mut registry = Registry::default();
        for subscriber in ["first", "second"] {
            let log = Arc::clone(&log);
            registry.subscription(Subscription::new("user.created", subscriber, move |_, event: Event| {
                log.lock().unwrap().push(format!("{subscriber} {}", event.data["n"]));
                std::future::ready(Ok(()))
            })).unwrap();
        }
        for n in 1..=3 {
            test.db.write(|tx| async move {
                publish(&tx, NewEvent { r#type: "user.created", version: 1, owner, subject: owner.get(), data: serde_json::json!({"n": n}) }).await
            }).await.unwrap();
        }
        let runner = runner(&test, registry);
        assert_eq!(runner.drain().await.unwrap(), 6);
        assert_eq!(runner.drain().await.unwrap(), 0);
        let mut seen = log.lock().unwrap().clone();
        seen.sort();
        assert_eq!(seen, ["first 1", "first 2", "first 3", "second 1", "second 2", "second 3"]);
        let feed = core_jobs::events_after(&test.db, 1, &[owner], 10).await.unwrap();
        assert_eq!(feed.iter().map(|event| event.sequence).collect::<Vec<_>>(), [Some(2), Some(3)]);
        assert!(core_jobs::events_after(&test.db, 0, &[Owner(Uuid::from_u128(6))], 10).await.unwrap().is_empty());
    }

    async fn a_schedule_fires_once_across_replicas(test) {
        let ran = Arc::new(AtomicU32::new(0));
        let replica = || {
            let ran = Arc::clone(&ran);
            let mut registry = Registry::default();
            registry.handler(Handler::new::<Greet, _, _>(move |_, _| { ran.fetch_add(1, Ordering::SeqCst); std::future::ready(Ok(())) })).unwrap();
            registry.schedule(Schedule::new("hourly", "0 * * * *", CatchUp::Once, || Greet { name: "tick".into() }).unwrap()).unwrap();
            runner(&test, registry)
        };
        let (one, two) = (replica(), replica());
        one.drain().await.unwrap();
        for expected in 1..=3 {
            test.clock.advance(Duration::from_hours(1));
            let (left, right) = futures_util::future::join(one.drain(), two.drain()).await;
            left.unwrap();
            right.unwrap();
            // A replica that looked while the other one fired runs what was queued.
            one.drain().await.unwrap();
            assert_eq!(ran.load(Ordering::SeqCst), expected);
        }
        test.clock.advance(Duration::from_hours(10));
        one.drain().await.unwrap();
        assert_eq!(ran.load(Ordering::SeqCst), 4, "missed fires are made up for once");
    }

    async fn a_running_worker_hears_of_new_jobs_and_gives_back_what_it_can_not_finish(test) {
        #[derive(Serialize, Deserialize)]
        struct Hangs;
        impl Job for Hangs { const NAME: &'static str = "test.hangs"; }
        let started = Arc::new(tokio::sync::Notify::new());
        let tell = Arc::clone(&started);
        let mut registry = Registry::default();
        registry.handler(Handler::new::<Hangs, _, _>(move |_, _| { tell.notify_one(); std::future::pending() })).unwrap();
        let config = RunnerConfig { grace: Duration::from_millis(10), ..RunnerConfig::default() };
        let runner = Arc::new(Runner::new(test.db.clone(), registry, config));
        let stop = CancellationToken::new();
        let (working, ended) = (Arc::clone(&runner), stop.clone());
        #[expect(clippy::disallowed_methods, reason = "the test joins it below")]
        let task = tokio::spawn(async move { working.run(ended).await });
        let id = test.db.write(|tx| async move { enqueue(&tx, &Hangs).await }).await.unwrap();
        started.notified().await;
        stop.cancel();
        task.await.unwrap();
        let status = admin::get(&test.db, id).await.unwrap();
        assert_eq!((status.state, status.attempt), (JobState::Ready, 0));
    }

    async fn administration_lists_by_state(test) {
        greet(&test, "poison").await;
        greet(&test, "fine").await;
        runner(&test, greeter(&Log::default())).drain().await.unwrap();
        let done = admin::list(&test.db, Some(JobState::Done), &PageRequest::default()).await.unwrap();
        assert_eq!((done.items.len(), done.items[0].name.as_str()), (1, "test.greet"));
        assert_eq!(admin::list(&test.db, None, &PageRequest::default()).await.unwrap().items.len(), 2);
        let counts = admin::counts(&test.db, &[JobState::Done, JobState::Dead]).await.unwrap();
        assert_eq!(counts, [(JobState::Done, 1)]);
    }
}
