use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use core_cluster::{Cluster, ClusterError, Decision, Quota, RateLimiter};
use core_egress::{Egress, EgressConfig};
use core_kernel::{Secret, UserId, Visibility};
use core_testing::http::FixedActors;
use core_testing::{Engine, FrozenClock, TestDb};
use integrations::testing::VendorUrls;
use integrations::{Deps, Integrations, NewConnection, NewCredentials, NewPage, Pause, Provider, Settings, permissions};
use mock_vendors::MockVendors;
use uuid::Uuid;

/// Counts what a limiter lets through.
#[derive(Debug)]
struct Counted {
    inner: Arc<dyn RateLimiter>,
    allowed: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl RateLimiter for Counted {
    async fn check(&self, key: &str, quota: Quota, cost: u32) -> Result<Decision, ClusterError> {
        let decision = self.inner.check(key, quota, cost).await?;
        if decision.allowed && cost > 0 {
            self.allowed.fetch_add(1, Ordering::SeqCst);
        }
        Ok(decision)
    }

    async fn forget(&self, key: &str) -> Result<(), ClusterError> {
        self.inner.forget(key).await
    }
}

/// A network without a delay of its own: the clock moves when all that was let out has arrived.
#[derive(Debug)]
struct Arrived {
    clock: Arc<FrozenClock>,
    allowed: Arc<AtomicUsize>,
    vendors: Arc<MockVendors>,
}

#[async_trait::async_trait]
impl Pause for Arrived {
    async fn pause(&self, time: Duration) {
        while self.vendors.notion.served() < self.allowed.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.clock.advance(time + Duration::from_micros(999));
    }
}

/// A thousand writes at once under the provider's own clock, where no second holds more than three calls: it never has to refuse one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_queued_writes_meet_no_429() {
    let test = TestDb::fresh(&Engine::Sqlite, vec![integrations::ledger()]).await.unwrap();
    let vendors = Arc::new(MockVendors::start(test.clock.clone()).await.unwrap());
    let allowed = Arc::new(AtomicUsize::new(0));
    let plain = Cluster::in_memory(test.clock.clone());
    let limits = Arc::new(Counted { inner: plain.limits.clone(), allowed: allowed.clone() });
    let urls = VendorUrls {
        github: vendors.github.base_url().to_owned(),
        notion: vendors.notion.base_url().to_owned(),
        jira: vendors.jira.base_url().to_owned(),
    };
    let mut config = urls.config();
    config.max_wait_seconds = 3600;
    let integrations = Integrations::new(Deps {
        db: test.db.clone(),
        config,
        egress: Egress::new(EgressConfig::default()).unwrap(),
        cluster: Cluster { limits, ..plain },
        public_url: "https://api.example".to_owned(),
        pause: Arc::new(Arrived { clock: test.clock.clone(), allowed: allowed.clone(), vendors: vendors.clone() }),
    });
    let ada = FixedActors::person(UserId(Uuid::from_u128(0xA1)), &permissions::ALL, test.db.ambient().now());
    let settings = Settings { parent: Some(vendors.notion.share_page("Home")), ..Settings::default() };
    let credentials = NewCredentials { token: Some(Secret::new("ntn_test")), ..NewCredentials::default() };
    let new = NewConnection { provider: Provider::Notion, credentials, settings, name: None, visibility: Visibility::Private };
    integrations.connections.create(&ada, new).await.unwrap();
    test.clock.advance(Duration::from_secs(2));

    let began = test.db.ambient().now();
    let writes = (0..1000).map(|at| {
        let new = NewPage { title: Some(format!("Page {at}")), markdown: "text".to_owned(), ..NewPage::default() };
        let (creations, ada) = (integrations.creations.clone(), ada.clone());
        async move { creations.create_notion_page(&ada, new, None).await }
    });
    let made = futures_util::future::join_all(writes).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1000, "{:?}", made.iter().find(|made| made.is_err()));
    assert_eq!((vendors.notion.answered(429), vendors.notion.pages().len()), (0, 1001));
    let calls = vendors.notion.served() - 1;
    let took = test.db.ambient().now().since(began);
    // Three a second and not much slower.
    let least = Duration::from_millis(333) * u32::try_from(calls - 1).unwrap();
    assert!(took >= least && took < least + least / 50, "{calls} calls took {took:?}");
}
