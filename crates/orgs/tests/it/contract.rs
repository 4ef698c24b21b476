use core_testing::http::contract;
use orgs::testing::OrgsFixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organisations_keep_every_promise_of_the_contract() {
    contract::check(|world| async move { OrgsFixture::new(world) }).await;
}
