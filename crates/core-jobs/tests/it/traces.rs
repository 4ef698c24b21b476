//! What a request causes belongs to its trace, however long it waits in the database.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use core_jobs::{Event, Handler, Job, JobFailure, NewEvent, Registry, Subscription, enqueue, publish};
use core_kernel::{Owner, TraceContext};
use core_testing::TestDb;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{fresh, runner};

#[derive(Serialize, Deserialize)]
struct First;

impl Job for First {
    const NAME: &'static str = "test.first";
}

#[derive(Serialize, Deserialize)]
struct Second;

impl Job for Second {
    const NAME: &'static str = "test.second";
}

/// Which handler ran as which part of which trace.
type Seen = Arc<Mutex<Vec<(&'static str, TraceContext)>>>;

fn note(seen: &Seen, who: &'static str) {
    seen.lock().unwrap().push((who, TraceContext::current().unwrap()));
}

/// `First` publishes an event at its second try, and whoever hears of it queues `Second`.
fn chain(seen: &Seen) -> Registry {
    let mut registry = Registry::default();
    let by = Arc::clone(seen);
    let first = Handler::new::<First, _, _>(move |context, _| {
        note(&by, "first");
        async move {
            if context.attempt == 1 {
                return Err(JobFailure::retry("not yet"));
            }
            context.db.write(|tx| async move { publish(&tx, happened()).await }).await?;
            Ok(())
        }
    });
    let by = Arc::clone(seen);
    let hears = Subscription::new("test.happened", "test", move |context, _: Event| {
        note(&by, "subscriber");
        async move {
            context.db.write(|tx| async move { enqueue(&tx, &Second).await }).await?;
            Ok(())
        }
    });
    let by = Arc::clone(seen);
    let second = Handler::new::<Second, _, _>(move |_, _| {
        note(&by, "second");
        std::future::ready(Ok(()))
    });
    registry.handler(first).unwrap();
    registry.handler(second).unwrap();
    registry.subscription(hears).unwrap();
    registry
}

fn happened() -> NewEvent {
    let owner = Owner(Uuid::from_u128(5));
    NewEvent { r#type: "test.happened", version: 1, owner, subject: owner.get(), data: serde_json::json!({}) }
}

async fn queue_first(test: &TestDb) {
    test.db.write(|tx| async move { enqueue(&tx, &First).await }).await.unwrap();
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn jobs_and_events_keep_the_trace_of_who_caused_them(test) {
        let request = TraceContext::begin();
        request.enter(queue_first(&test)).await;
        let seen = Seen::default();
        let runner = runner(&test, chain(&seen));
        runner.drain().await.unwrap();
        test.clock.advance(Duration::from_hours(1));
        runner.drain().await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen.iter().map(|(who, _)| *who).collect::<Vec<_>>(), ["first", "first", "subscriber", "second"]);
        assert!(seen.iter().all(|(_, context)| context.trace_id() == request.trace_id()), "{seen:?}");
        let mut spans: Vec<String> = seen.iter().map(|(_, context)| context.span_id().to_string()).collect();
        spans.push(request.span_id().to_string());
        spans.sort();
        spans.dedup();
        assert_eq!(spans.len(), 5, "each try is a piece of work of its own");
    }

    async fn a_job_that_nobody_traces_begins_a_trace(test) {
        queue_first(&test).await;
        queue_first(&test).await;
        let seen = Seen::default();
        runner(&test, chain(&seen)).drain().await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 2);
        assert_ne!(seen[0].1.trace_id(), seen[1].1.trace_id());
    }
}
