//! Webhooks on every engine at hand.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod deliveries;
mod endpoints;
mod organisations;
mod receiver;
mod shapes;
mod world;

use core_testing::http::contract;
use webhooks::testing::WebhooksFixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_keep_every_promise_of_the_contract() {
    contract::check(|world| async move { WebhooksFixture::new(world) }).await;
}
