use code::testing::CodeFixture;
use core_testing::http::contract;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn source_code_keeps_every_promise_of_the_contract() {
    contract::check(|world| async move { CodeFixture::new(world) }).await;
}
