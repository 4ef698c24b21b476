use media::testing::MediaFixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feature_keeps_every_promise_of_the_contract() {
    core_testing::http::contract::check(|world| async move {
        core_db::migrate(&world.db, &[media::ledger()]).await.unwrap();
        MediaFixture::new(world)
    })
    .await;
}
