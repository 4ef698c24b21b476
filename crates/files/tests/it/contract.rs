use core_testing::http::contract;
use files::testing::FilesFixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_keep_every_promise_of_the_contract() {
    contract::check(|world| async move { FilesFixture::new(world).unwrap() }).await;
}
