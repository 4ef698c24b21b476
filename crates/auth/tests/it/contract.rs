use auth::testing::AuthFixture;
use core_testing::http::contract;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identity_keeps_every_promise_of_the_contract() {
    contract::check(AuthFixture::new).await;
}
