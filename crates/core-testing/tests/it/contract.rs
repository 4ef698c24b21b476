use core_testing::Engine;
use core_testing::http::contract;

use crate::diary::{DiaryFixture, Flaw};

async fn faults(flaw: Flaw) -> String {
    contract::verify(&Engine::Sqlite, &|world| async move { DiaryFixture::new(world, flaw) }).await.join("\n")
}

#[track_caller]
fn names(faults: &str, part: &str) {
    assert!(faults.contains(part), "expected {part:?} in:\n{faults}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feature_that_keeps_every_promise_passes_on_every_engine() {
    contract::check(|world| async move { DiaryFixture::new(world, Flaw::None) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_without_a_sample_is_named() {
    names(&faults(Flaw::NoSample).await, "list_entries: has no sample");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_see_is_named() {
    let shown = faults(Flaw::ShownToStrangers).await;
    names(&shown, "get_entry: a stranger: expected 404, got 200");
    names(&shown, "list_entries: a stranger: sees what it must not");
    names(&shown, "privacy: a stranger at /api/v1/diary/{id}: expected 404");
    let shown = faults(Flaw::ShownToColleagues).await;
    names(&shown, "get_entry: a colleague: expected 404, got 200");
    names(&shown, "list_entries: a colleague: sees what it must not");
    assert!(!shown.contains("a stranger"), "{shown}");
    names(&faults(Flaw::ToldThatItIsThere).await, "tells that something is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_facade_that_does_not_check_is_named_although_the_guard_does() {
    let faults = faults(Flaw::FacadeLetsIn).await;
    names(&faults, "write_entry: everything but diary:write, at the facade: expected 403");
    assert!(!faults.contains("everything but diary:write: "), "{faults}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_500_on_strange_input_is_named() {
    names(&faults(Flaw::PanicsOnLongText).await, "write_entry: text = \"xxxxxxxxxxxxxxxxxxx: got 500");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_beside_the_document_is_named() {
    names(&faults(Flaw::UndocumentedStatus).await, "write_entry: the owner: 201 is not documented");
    names(&faults(Flaw::NoLocation).await, "write_entry: the owner: 201 without Location");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_or_an_erasure_with_gaps_is_named() {
    names(&faults(Flaw::ExportForgets).await, "privacy: export leaves the canary out");
    names(&faults(Flaw::EraseForgets).await, "privacy: erase leaves the canary");
}
