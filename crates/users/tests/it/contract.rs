use core_testing::http::contract;
use users::testing::UsersFixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn profiles_keep_every_promise_of_the_contract() {
    contract::check(|world| async move { UsersFixture::new(world) }).await;
}
