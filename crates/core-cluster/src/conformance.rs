//! What every implementation promises, as async functions that panic when a promise is broken. Each takes the cluster under
//! test, on keys of its own; [`all`] runs every one. Times are real and short: nothing is asserted about a short life except
//! that it ends.
#![expect(clippy::expect_used, reason = "a conformance suite reports by panicking")]

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::{Stream, StreamExt as _};

use crate::{Cluster, ClusterError, MAX_VALUE_BYTES, Quota};

const LONG: Duration = Duration::from_mins(10);
const SHORT: Duration = Duration::from_millis(30);
/// Far beyond what any machine needs.
const DEADLINE: Duration = Duration::from_secs(20);

/// Every promise. `one` and `other` are two replicas: two connections to one server, or twice the same in memory.
pub async fn all(one: &Cluster, other: &Cluster) {
    one.ping().await.expect("answers");
    a_burst_passes_and_the_next_is_told_when(one).await;
    keys_have_their_own_limit(one).await;
    what_was_used_comes_back(one).await;
    of_many_at_once_only_the_burst_passes(one, other).await;
    values_are_kept_replaced_and_removed(one, other).await;
    values_end(one).await;
    one_of_many_takes_and_one_of_many_puts(one, other).await;
    a_value_that_is_too_large_is_refused(one).await;
    a_lock_has_one_holder_and_growing_tokens(one, other).await;
    a_lock_ends_by_itself_and_its_late_holder_is_told(one, other).await;
    messages_reach_every_listener_in_order(one, other).await;
    channels_do_not_mix_and_silence_is_no_error(one, other).await;
}

/// A burst passes, the next check is refused with an exact time, `forget` starts anew.
pub async fn a_burst_passes_and_the_next_is_told_when(cluster: &Cluster) {
    let quota = Quota::per_hour(5);
    let unit = quota.period / 5;
    let check = |cost| cluster.limits.check("burst", quota, cost);
    for left in (0..5).rev() {
        let decision = check(1).await.expect("answers");
        assert!(decision.allowed && decision.limit == 5, "{decision:?}");
        assert_eq!((decision.remaining, decision.retry_after), (left, Duration::ZERO));
    }
    let refused = check(1).await.expect("answers");
    assert!(!refused.allowed && refused.remaining == 0, "{refused:?}");
    assert!(refused.retry_after <= unit && refused.retry_after + DEADLINE > unit, "{refused:?}");
    assert!(refused.reset_after <= quota.period && refused.reset_after + DEADLINE > quota.period, "{refused:?}");
    let dearer = check(2).await.expect("answers");
    assert!(!dearer.allowed && dearer.retry_after > unit, "{dearer:?}");
    let look = check(0).await.expect("answers");
    assert!(look.allowed && look.remaining == 0, "a cost of zero only looks: {look:?}");
    let never = check(6).await.expect("answers");
    assert!(!never.allowed && never.retry_after == quota.period, "{never:?}");
    cluster.limits.forget("burst").await.expect("answers");
    assert_eq!(check(5).await.expect("answers").remaining, 0);
}

/// One key's use is not another's, and keys may hold anything.
pub async fn keys_have_their_own_limit(cluster: &Cluster) {
    let quota = Quota::per_hour(1);
    for key in ["own a", "own b", "own:*?[x]", "own é\n"] {
        assert!(cluster.limits.check(key, quota, 1).await.expect("answers").allowed, "{key}");
        assert!(!cluster.limits.check(key, quota, 1).await.expect("answers").allowed, "{key}");
    }
}

/// After some time a unit is there again.
pub async fn what_was_used_comes_back(cluster: &Cluster) {
    let quota = Quota::new(1, SHORT);
    cluster.limits.check("back", quota, 1).await.expect("answers");
    eventually("a unit comes back", async || cluster.limits.check("back", quota, 1).await.expect("answers").allowed).await;
}

/// Checks that run at the same time, on two replicas, share one burst.
pub async fn of_many_at_once_only_the_burst_passes(one: &Cluster, other: &Cluster) {
    let quota = Quota::per_hour(10);
    let checks = (0..40).map(|number| pick(number, one, other).limits.check("many", quota, 1));
    let passed = join_all(checks).await.into_iter().filter(|result| result.as_ref().expect("answers").allowed).count();
    assert_eq!(passed, 10);
}

/// Put, get, replace, remove; any bytes; seen by both replicas.
pub async fn values_are_kept_replaced_and_removed(one: &Cluster, other: &Cluster) {
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(one.values.get("kept").await, Ok(None));
    one.values.put("kept", bytes.clone(), LONG).await.expect("answers");
    assert_eq!(other.values.get("kept").await, Ok(Some(bytes)));
    other.values.put("kept", Vec::new(), LONG).await.expect("answers");
    assert_eq!(one.values.get("kept").await, Ok(Some(Vec::new())));
    assert_eq!(one.values.put_if_absent("kept", b"x".to_vec(), LONG).await, Ok(false));
    one.values.remove("kept").await.expect("answers");
    one.values.remove("kept").await.expect("removing nothing is no error");
    assert_eq!(other.values.get("kept").await, Ok(None));
    assert_eq!(other.values.put_if_absent("kept", b"x".to_vec(), LONG).await, Ok(true));
    assert_eq!(one.values.take("kept").await, Ok(Some(b"x".to_vec())));
    assert_eq!(other.values.take("kept").await, Ok(None));
}

/// A life ends, even one of no length, and then the key is free.
pub async fn values_end(cluster: &Cluster) {
    for ttl in [SHORT, Duration::ZERO] {
        cluster.values.put("ends", b"v".to_vec(), ttl).await.expect("answers");
        eventually("a value ends", async || cluster.values.get("ends").await == Ok(None)).await;
        assert_eq!(cluster.values.put_if_absent("ends", b"v".to_vec(), ttl).await, Ok(true));
        eventually("a value ends", async || cluster.values.take("ends").await == Ok(None)).await;
    }
}

/// Of many callers at once, on two replicas, one wins.
pub async fn one_of_many_takes_and_one_of_many_puts(one: &Cluster, other: &Cluster) {
    let puts = (0..20).map(|number| pick(number, one, other).values.put_if_absent("race", vec![0], LONG));
    let won = join_all(puts).await.into_iter().filter(|result| *result == Ok(true)).count();
    assert_eq!(won, 1);
    let takes = (0..20).map(|number| pick(number, one, other).values.take("race"));
    let got = join_all(takes).await.into_iter().filter(|result| *result == Ok(Some(vec![0]))).count();
    assert_eq!(got, 1);
}

/// The size limit is the same everywhere.
pub async fn a_value_that_is_too_large_is_refused(cluster: &Cluster) {
    cluster.values.put("large", vec![7; MAX_VALUE_BYTES], LONG).await.expect("just fits");
    let bytes = MAX_VALUE_BYTES + 1;
    assert_eq!(cluster.values.put("large", vec![0; bytes], LONG).await, Err(ClusterError::TooLarge { bytes }));
    assert_eq!(cluster.values.put_if_absent("large", vec![0; bytes], LONG).await, Err(ClusterError::TooLarge { bytes }));
    assert_eq!(cluster.values.take("large").await, Ok(Some(vec![7; MAX_VALUE_BYTES])));
}

/// One holder, whatever replica asks; later holders have greater tokens.
pub async fn a_lock_has_one_holder_and_growing_tokens(one: &Cluster, other: &Cluster) {
    let mut last = 0;
    for _ in 0..5 {
        let tries = join_all((0..10).map(|number| pick(number, one, other).locks.try_lock("held", LONG))).await;
        let mut guards: Vec<_> = tries.into_iter().filter_map(|result| result.expect("answers")).collect();
        let guard = guards.pop().expect("one gets it");
        assert!(guards.is_empty(), "only one gets it");
        assert!(guard.fencing_token() > last);
        last = guard.fencing_token();
        assert_eq!(guard.extend(LONG).await, Ok(true));
        let elsewhere = other.locks.try_lock("held elsewhere", LONG).await.expect("answers").expect("another key is free");
        assert_eq!(elsewhere.release().await, Ok(true));
        assert_eq!(guard.release().await, Ok(true));
    }
}

/// A lock whose time is over is free, and its late holder can neither end nor extend the next one's.
pub async fn a_lock_ends_by_itself_and_its_late_holder_is_told(one: &Cluster, other: &Cluster) {
    let late = one.locks.try_lock("late", SHORT).await.expect("answers").expect("free");
    let mut next = None;
    let deadline = Instant::now() + DEADLINE;
    while next.is_none() {
        assert!(Instant::now() < deadline, "a lock ends by itself");
        tokio::task::yield_now().await;
        next = other.locks.try_lock("late", LONG).await.expect("answers");
    }
    let next = next.expect("the loop ends with it");
    assert!(next.fencing_token() > late.fencing_token());
    assert_eq!(late.extend(LONG).await, Ok(false));
    assert_eq!(late.release().await, Ok(false));
    assert!(one.locks.try_lock("late", LONG).await.expect("answers").is_none(), "still the next one's");
    assert_eq!(next.release().await, Ok(true));
}

/// Everybody who listens gets everything, in order, from either replica.
pub async fn messages_reach_every_listener_in_order(one: &Cluster, other: &Cluster) {
    let mut near = one.bus.subscribe("news").await.expect("answers");
    let mut far = other.bus.subscribe("news").await.expect("answers");
    let mut second = other.bus.subscribe("news").await.expect("answers");
    for number in 0..100_u8 {
        one.bus.publish("news", vec![number, 0, 255]).await.expect("answers");
    }
    for number in 0..100_u8 {
        for listener in [&mut near, &mut far, &mut second] {
            assert_eq!(heard(listener).await, [number, 0, 255]);
        }
    }
    drop(far);
    other.bus.publish("news", b"back".to_vec()).await.expect("answers");
    assert_eq!(heard(&mut near).await, b"back");
    assert_eq!(heard(&mut second).await, b"back");
}

/// A message for nobody is no error, and no listener hears another channel or what was sent before it came.
pub async fn channels_do_not_mix_and_silence_is_no_error(one: &Cluster, other: &Cluster) {
    one.bus.publish("quiet", b"before".to_vec()).await.expect("nobody listening is no error");
    let mut quiet = other.bus.subscribe("quiet").await.expect("answers");
    one.bus.publish("loud", b"elsewhere".to_vec()).await.expect("answers");
    one.bus.publish("quiet", b"after".to_vec()).await.expect("answers");
    assert_eq!(heard(&mut quiet).await, b"after");
}

fn pick<'a>(number: usize, one: &'a Cluster, other: &'a Cluster) -> &'a Cluster {
    if number.is_multiple_of(2) { one } else { other }
}

async fn heard(listener: &mut (impl Stream<Item = Vec<u8>> + Unpin)) -> Vec<u8> {
    tokio::time::timeout(DEADLINE, listener.next()).await.expect("a message in time").expect("the stream stays open")
}

/// Asks until it is so.
async fn eventually(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::task::yield_now().await;
    }
}
