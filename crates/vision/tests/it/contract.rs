use core_testing::http::contract;
use vision::testing::VisionFixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vision_keeps_every_promise_of_the_contract() {
    contract::check(|world| async move { VisionFixture::new(world) }).await;
}
