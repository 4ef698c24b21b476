use core_testing::http::contract;
use integrations::testing::{IntegrationsFixture, VendorUrls};
use mock_vendors::MockVendors;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn integrations_keep_every_promise_of_the_contract() {
    let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    contract::check(|world| {
        let kept = kept.clone();
        async move {
            let vendors = MockVendors::start(world.clock.clone()).await.unwrap();
            vendors.github.create_repository("ada/engine");
            vendors.github.set_content_limit(1_000_000);
            vendors.github.set_remaining(1_000_000);
            let urls = VendorUrls {
                github: vendors.github.base_url().to_owned(),
                notion: vendors.notion.base_url().to_owned(),
                jira: vendors.jira.base_url().to_owned(),
            };
            kept.lock().unwrap().push(vendors);
            IntegrationsFixture::new(world, &urls)
        }
    })
    .await;
}
