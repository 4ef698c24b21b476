use core_testing::http::contract;
use jobs::testing::JobsFixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_and_the_feed_keep_every_promise_of_the_contract() {
    contract::check(|world| async move { JobsFixture::new(world) }).await;
}
