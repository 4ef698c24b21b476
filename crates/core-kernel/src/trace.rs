use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

tokio::task_local! {
    static CURRENT: Option<TraceContext>;
}

/// The trace that a piece of work belongs to, over all processes that take part in it: 16 bytes, as 32 digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// One piece of work within a trace: 8 bytes, as 16 digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

/// Where a piece of work stands in a trace, as the header `traceparent` tells it (W3C Trace Context, level 1,
/// <https://www.w3.org/TR/trace-context-1/>). It says what belongs together and nothing about rights: whoever calls may send any.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: TraceId,
    span: SpanId,
    sampled: bool,
}

/// The text is no `traceparent`. Whoever gets one begins a trace of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent of W3C Trace Context")]
pub struct NoTraceparent;

/// Which traces are recorded, as the head of a trace decides it: the flag `sampled` of everything that follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    share: f64,
    follows_caller: bool,
}

/// All, unless the caller decided otherwise.
impl Default for Sampling {
    fn default() -> Self {
        Self::new(1.0, true)
    }
}

impl Sampling {
    /// `share` from 0 to 1 of the traces that begin here; of those that others began what they decided, or the share of them too.
    pub const fn new(share: f64, follows_caller: bool) -> Self {
        Self { share, follows_caller }
    }

    /// A piece of work that `cause` causes, or else the first one of a new trace.
    pub fn follow(self, cause: Option<TraceContext>) -> TraceContext {
        let context = TraceContext::following(cause);
        match cause {
            Some(_) if self.follows_caller => context,
            _ => TraceContext { sampled: self.takes(context.trace), ..context },
        }
    }

    /// By the last 8 bytes of the id without their last bit, as OpenTelemetry's samplers do, so that all who sample decide alike.
    fn takes(self, trace: TraceId) -> bool {
        let last = u64::try_from(trace.0.get() & u128::from(u64::MAX)).unwrap_or(u64::MAX);
        #[expect(clippy::cast_precision_loss, reason = "52 bits tell shares apart well enough")]
        let place = (last >> 1) as f64 / (1_u64 << 63) as f64;
        self.share >= 1.0 || place < self.share
    }
}

impl TraceContext {
    /// The name of the header.
    pub const HEADER: &'static str = "traceparent";

    /// The first piece of work of a new trace.
    pub fn begin() -> Self {
        let trace = (u128::from(fresh().get()) << 64) | u128::from(fresh().get());
        let trace = NonZeroU128::new(trace).unwrap_or(NonZeroU128::MIN);
        Self { trace: TraceId(trace), span: SpanId(fresh()), sampled: true }
    }

    /// A piece of work that this one causes.
    pub fn child(self) -> Self {
        Self { span: SpanId(fresh()), ..self }
    }

    /// A piece of work that `cause` causes, or else the first one of a new trace.
    pub fn following(cause: Option<Self>) -> Self {
        cause.map_or_else(Self::begin, Self::child)
    }

    /// What the work of the present task belongs to.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| *current).ok().flatten()
    }

    /// Runs `work` as this piece of work.
    pub fn enter<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(Some(self), work)
    }

    /// `work` for another task, as part of what the present task works for.
    pub fn carry<F: Future>(work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(Self::current(), work)
    }

    /// The trace.
    pub const fn trace_id(self) -> TraceId {
        self.trace
    }

    /// The piece of work.
    pub const fn span_id(self) -> SpanId {
        self.span
    }

    /// Whoever began the trace wants it recorded.
    pub const fn is_sampled(self) -> bool {
        self.sampled
    }

    /// The flags, as the header writes them.
    pub const fn flags(self) -> &'static str {
        if self.sampled { "01" } else { "00" }
    }
}

/// Ids of traces are no secrets, but must not collide and must cost nothing, since every request has some: a keyed hash of a
/// counter, with a key that the operating system's randomness gave this process.
fn fresh() -> NonZeroU64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    NonZeroU64::new(KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed))).unwrap_or(NonZeroU64::MIN)
}

/// Exactly these many hexadecimal digits, of which the letters are small.
fn digits(text: &str, count: usize) -> Result<u128, NoTraceparent> {
    let all = text.len() == count && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !all {
        return Err(NoTraceparent);
    }
    u128::from_str_radix(text, 16).map_err(|_overflow| NoTraceparent)
}

impl FromStr for TraceContext {
    type Err = NoTraceparent;

    /// Version 00 to the letter; of later versions the parts that they promise to keep.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(5, '-');
        let mut next = |count| parts.next().ok_or(NoTraceparent).and_then(|part| digits(part, count));
        let (version, trace, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        let has_more = parts.next().is_some();
        if version == 0xff || (version == 0 && has_more) {
            return Err(NoTraceparent);
        }
        let span = u64::try_from(span).ok().and_then(NonZeroU64::new);
        let (Some(trace), Some(span)) = (NonZeroU128::new(trace), span) else { return Err(NoTraceparent) };
        Ok(Self { trace: TraceId(trace), span: SpanId(span), sampled: flags & 1 == 1 })
    }
}

/// The header's value, in version 00.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{}", self.trace, self.span, self.flags())
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceContext({self})")
    }
}

impl TraceId {
    /// As bytes, the first digit first.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }
}

impl SpanId {
    /// As bytes, the first digit first.
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// The example of the specification.
    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn the_example_of_the_specification_is_read_and_written_alike() {
        let read: TraceContext = EXAMPLE.parse().unwrap();
        assert_eq!(read.to_string(), EXAMPLE);
        assert_eq!(read.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(read.span_id().to_bytes(), [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]);
        assert!(read.is_sampled());
    }

    #[test]
    fn what_the_specification_forbids_is_none() {
        let forbidden = [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes-later",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what-comes-later",
            " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ];
        for text in forbidden {
            assert_eq!(text.parse::<TraceContext>(), Err(NoTraceparent), "{text}");
        }
    }

    #[test]
    fn later_versions_are_read_by_what_they_keep_and_unknown_flags_are_dropped() {
        for later in [
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff",
        ] {
            assert_eq!(later.parse::<TraceContext>().unwrap().to_string(), EXAMPLE);
        }
        let unsampled: TraceContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02".parse().unwrap();
        assert!(!unsampled.is_sampled());
        assert!(!unsampled.child().is_sampled());
    }

    #[test]
    fn traces_and_their_pieces_are_told_apart() {
        let all: Vec<TraceContext> = (0..1000).map(|_| TraceContext::begin()).collect();
        assert_eq!(all.iter().map(|context| context.trace_id()).collect::<HashSet<_>>().len(), 1000);
        let child = all[0].child();
        assert_eq!(child.trace_id(), all[0].trace_id());
        assert_ne!(child.span_id(), all[0].span_id());
    }

    #[test]
    fn the_head_of_a_trace_decides_whether_it_is_recorded() {
        let wanted: TraceContext = EXAMPLE.parse().unwrap();
        let unwanted: TraceContext = EXAMPLE.replace("-01", "-00").parse().unwrap();
        let decide = |share, follows| {
            let sampling = Sampling::new(share, follows);
            [None, Some(wanted), Some(unwanted)].map(|cause| sampling.follow(cause).is_sampled())
        };
        assert_eq!(decide(1.0, true), [true, true, false]);
        assert_eq!(decide(0.0, true), [false, true, false]);
        assert_eq!(decide(1.0, false), [true, true, true]);
        assert_eq!(decide(0.0, false), [false, false, false]);
        // 8448eb211c80319c is 0.5167 of all.
        assert_eq!(
            (
                Sampling::new(0.51, false).follow(Some(wanted)).is_sampled(),
                Sampling::new(0.52, false).follow(Some(wanted)).is_sampled()
            ),
            (false, true)
        );
        let tenth = (0..10_000).filter(|_| Sampling::new(0.1, true).follow(None).is_sampled()).count();
        assert!((800..1200).contains(&tenth), "{tenth}");
    }

    #[tokio::test]
    async fn work_knows_its_trace_and_hands_it_on() {
        assert_eq!(TraceContext::current(), None);
        let (outer, inner) = (TraceContext::begin(), TraceContext::begin());
        let seen = outer.enter(async move {
            let carried = TraceContext::carry(async { TraceContext::current() });
            let within = inner.enter(async { TraceContext::current() }).await;
            (TraceContext::current(), within, carried)
        });
        let (current, within, carried) = seen.await;
        assert_eq!((current, within), (Some(outer), Some(inner)));
        assert_eq!(carried.await, Some(outer), "as if it were another task");
        assert_eq!(TraceContext::current(), None);
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_so_that_it_is_read_again(text in "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?") {
            if let Ok(read) = text.parse::<TraceContext>() {
                let written = read.to_string();
                prop_assert_eq!(written.len(), 55);
                prop_assert_eq!(written.get(3..52), text.get(3..52));
                prop_assert_eq!(written.parse::<TraceContext>(), Ok(read));
            } else {
                prop_assert!(text.starts_with("ff") || text.contains(&"0".repeat(16)) || (text.starts_with("00") && text.len() > 55));
            }
        }

        #[test]
        fn no_text_makes_it_fail_otherwise(text in ".*") {
            if let Ok(read) = text.parse::<TraceContext>() {
                prop_assert_eq!(read.to_string().parse::<TraceContext>(), Ok(read));
            }
        }
    }
}
