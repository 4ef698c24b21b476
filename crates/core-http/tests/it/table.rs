use std::sync::Arc;

use actix_web::HttpResponse;
use core_http::{ApiError, Operation, Sunset};
use core_testing::http::{FixedActors, TestServer};
use core_testing::{Engine, TestDb};

use crate::demo::{Demo, Notes, READ};
use crate::world::builder;

async fn faults(extra: fn() -> Operation) -> Vec<String> {
    let db = TestDb::fresh(&Engine::Sqlite, Vec::new()).await.unwrap();
    let demo = Demo { notes: Arc::new(Notes::default()), extra: vec![extra] };
    match builder(&db, TestServer::settings(), FixedActors::new()).install(Arc::new(demo)).build() {
        Ok(_) => Vec::new(),
        Err(ApiError(faults)) => faults,
    }
}

fn nothing(path: &'static str) -> Operation {
    Operation::get(path, || async { HttpResponse::NoContent().finish() }).no_content()
}

#[tokio::test]
async fn an_operation_that_is_undocumented_or_unguarded_does_not_build() {
    let named = faults(|| nothing("/x")).await;
    for part in ["no id", "no summary", "who may call it"] {
        assert!(named.iter().any(|fault| fault.contains(part)), "{part}: {named:?}");
    }
    assert_eq!(faults(|| nothing("/x").id("x").summary("X").requires(&READ)).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_id_a_place_or_a_shape_that_is_used_twice_does_not_build() {
    assert!(faults(|| nothing("/x").id("get_note").summary("X").public()).await[0].contains("`get_note` is used by"));
    assert!(faults(|| nothing("/pinned").id("x").summary("X").public()).await[0].contains("is there twice"));
    assert!(faults(|| nothing("/{slug}").id("x").summary("X").public()).await[0].contains("match the same paths"));
}

#[tokio::test]
async fn mounts_that_overlap_do_not_build() {
    let db = TestDb::fresh(&Engine::Sqlite, Vec::new()).await.unwrap();
    let demo = || Arc::new(Demo { notes: Arc::new(Notes::default()), extra: Vec::new() });
    let twice = builder(&db, TestServer::settings(), FixedActors::new()).install(demo()).install(demo()).build().unwrap_err();
    assert!(twice.to_string().contains("/api/v1/notes (notes) and /api/v1/notes (notes) overlap"), "{twice}");
}

#[tokio::test]
async fn an_operation_on_its_way_out_says_since_when_and_until_when() {
    const SUNSET: Sunset = Sunset { deprecated_at: 1_767_225_600, sunset: "Wed, 01 Jul 2026 00:00:00 GMT" };
    let db = TestDb::fresh(&Engine::Sqlite, Vec::new()).await.unwrap();
    let old: fn() -> Operation = || nothing("/old").id("old").summary("Old").public().sunset(SUNSET);
    let demo = Demo { notes: Arc::new(Notes::default()), extra: vec![old] };
    let api = builder(&db, TestServer::settings(), FixedActors::new()).install(Arc::new(demo)).build().unwrap();
    let server = TestServer::start(api).await.unwrap();
    let reply = server.get("/api/v1/notes/old").send().await;
    assert_eq!((reply.header("deprecation"), reply.header("sunset")), (Some("@1767225600"), Some(SUNSET.sunset)));
}
