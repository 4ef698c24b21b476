use std::time::Duration;

use core_kernel::Secret;

/// How to reach Redis, and for how long to wait for it.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS.
    pub url: Secret,
    /// In front of every key and channel, such as `brickwork:production`.
    pub prefix: String,
    /// The most time that one call may take.
    pub budget: Duration,
    /// After how many failures in a row calls pause.
    pub failures_to_pause: u32,
    /// How long they pause.
    pub pause: Duration,
}

impl RedisOptions {
    /// A budget of 100 ms, and a pause of 10 s after 5 failures.
    pub fn new(url: &str, prefix: &str) -> Self {
        Self {
            url: Secret::new(url),
            prefix: prefix.to_owned(),
            budget: Duration::from_millis(100),
            failures_to_pause: 5,
            pause: Duration::from_secs(10),
        }
    }
}
