//! Redis: skipped when `TEST_REDIS_URL` is absent, unless `TEST_REQUIRE_SERVICES=1`.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests fail by panicking and say what they skip")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use core_cluster::{Cluster, ClusterError, Quota, RedisOptions, conformance, probe_redis};
use core_kernel::{Ids as _, TimeOrderedIds};
use futures_util::StreamExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

#[expect(clippy::disallowed_methods, reason = "tests find their services by these two variables")]
fn url() -> Option<String> {
    let url = std::env::var("TEST_REDIS_URL").ok().filter(|url| !url.is_empty());
    let required = std::env::var("TEST_REQUIRE_SERVICES").is_ok_and(|required| required == "1");
    assert!(url.is_some() || !required, "TEST_REQUIRE_SERVICES=1, but TEST_REDIS_URL is absent");
    if url.is_none() {
        eprintln!("skipped: TEST_REDIS_URL is absent");
    }
    url
}

/// A prefix of this test's own, and budgets that a busy machine keeps.
fn options(url: &str) -> RedisOptions {
    let prefix = format!("core-cluster-test:{}", TimeOrderedIds.next());
    RedisOptions { budget: Duration::from_secs(10), ..RedisOptions::new(url, &prefix) }
}

async fn delete_all(options: &RedisOptions) {
    let client = redis::Client::open(options.url.expose()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let pattern = format!("{}:*", options.prefix);
    let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap();
    for key in keys {
        let _: u64 = redis::cmd("DEL").arg(key).query_async(&mut connection).await.unwrap();
    }
}

#[tokio::test]
async fn redis_keeps_every_promise() {
    let Some(url) = url() else { return };
    let options = options(&url);
    probe_redis(&url).await.unwrap();
    let (one, other) = (Cluster::redis_with(&options).unwrap(), Cluster::redis_with(&options).unwrap());
    conformance::all(&one, &other).await;
    delete_all(&options).await;
}

#[tokio::test]
async fn every_key_but_the_fencing_counter_ends() {
    let Some(url) = url() else { return };
    let options = options(&url);
    let cluster = Cluster::redis_with(&options).unwrap();
    cluster.values.put("k", vec![], Duration::from_mins(1)).await.unwrap();
    cluster.limits.check("k", Quota::per_minute(2), 1).await.unwrap();
    let _guard = cluster.locks.try_lock("k", Duration::from_mins(1)).await.unwrap().unwrap();
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let pattern = format!("{}:*", options.prefix);
    let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap();
    assert_eq!(keys.len(), 4, "{keys:?}");
    for key in keys.iter().filter(|key| !key.ends_with(":fence:all")) {
        let left: i64 = redis::cmd("PTTL").arg(key).query_async(&mut connection).await.unwrap();
        assert!((1..=60_000).contains(&left), "{key} lives for {left} ms");
    }
    delete_all(&options).await;
}

#[tokio::test]
async fn a_lost_connection_comes_back_and_so_do_its_subscriptions() {
    let Some(url) = url() else { return };
    let relay = Relay::start(&url).await;
    let options = RedisOptions { failures_to_pause: u32::MAX, ..options(&relay.url) };
    let cluster = Cluster::redis_with(&options).unwrap();
    let mut listener = cluster.bus.subscribe("c").await.unwrap();
    relay.cut();
    // What is sent while the connection is away is lost, so send until one arrives.
    let deadline = Instant::now() + Duration::from_secs(30);
    let heard = loop {
        assert!(Instant::now() < deadline, "the subscription is back in time");
        let _ = cluster.bus.publish("c", b"hello".to_vec()).await;
        if let Ok(heard) = tokio::time::timeout(Duration::from_millis(50), listener.next()).await {
            break heard;
        }
    };
    assert_eq!(heard.as_deref(), Some(&b"hello"[..]));
    delete_all(&RedisOptions { url: url.as_str().into(), ..options }).await;
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_within_the_budget_and_then_at_once() {
    // A port that was free a moment ago and that nobody listens on.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let options = RedisOptions {
        budget: Duration::from_millis(20),
        failures_to_pause: 3,
        ..RedisOptions::new(&format!("redis://127.0.0.1:{port}"), "away")
    };
    let cluster = Cluster::redis_with(&options).unwrap();
    for _ in 0..3 {
        assert!(matches!(cluster.ping().await, Err(ClusterError::Unavailable(_))));
    }
    let ClusterError::Unavailable(problem) = cluster.ping().await.unwrap_err() else { panic!("another error") };
    assert!(problem.contains("pause"), "{problem}");
    assert!(matches!(cluster.bus.subscribe("c").await, Err(ClusterError::Unavailable(_))));
    assert!(probe_redis(&format!("redis://127.0.0.1:{port}")).await.is_err());
}

#[tokio::test]
async fn an_unreadable_address_is_refused_without_the_password() {
    for url in ["http://user:canary@host", "redis://user:canary@", "nonsense"] {
        let error = Cluster::redis(url, "p").unwrap_err();
        assert!(matches!(error, ClusterError::Misconfigured(_)), "{error}");
        assert!(!format!("{error} {error:?} {:?}", RedisOptions::new(url, "p")).contains("canary"), "{error}");
    }
}

/// Passes bytes on to Redis until its connections are cut.
struct Relay {
    url: String,
    open: Arc<Mutex<Vec<AbortHandle>>>,
    accepting: AbortHandle,
}

impl Relay {
    #[expect(clippy::disallowed_methods, reason = "the tasks of a test end with its runtime")]
    async fn start(url: &str) -> Self {
        let (_, rest) = url.split_once("://").unwrap();
        let (credentials, rest) = rest.rsplit_once('@').map_or(("", rest), |(credentials, rest)| (credentials, rest));
        let (target, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (target, credentials) = (target.to_owned(), credentials.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let open: Arc<Mutex<Vec<AbortHandle>>> = Arc::default();
        let connections = open.clone();
        let accepting = tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut server = TcpStream::connect(&target).await.unwrap();
                let relay = tokio::spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
                connections.lock().unwrap().push(relay.abort_handle());
            }
        });
        let at = if credentials.is_empty() { "" } else { "@" };
        Self { url: format!("redis://{credentials}{at}{address}/{database}"), open, accepting: accepting.abort_handle() }
    }

    fn cut(&self) {
        let open = std::mem::take(&mut *self.open.lock().unwrap());
        assert!(!open.is_empty());
        open.iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
