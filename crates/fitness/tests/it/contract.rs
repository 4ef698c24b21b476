use core_testing::http::contract;
use fitness::testing::FitnessFixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fitness_keeps_every_promise_of_the_contract() {
    contract::check(|world| async move { FitnessFixture::new(world) }).await;
}
