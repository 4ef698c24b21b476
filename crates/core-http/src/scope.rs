use std::future::Future;
use std::sync::Arc;

use core_kernel::TraceContext;
use uuid::Uuid;

tokio::task_local! {
    static SCOPE: RequestScope;
}

/// The request that the present task works for: its id, its trace, and where the problem catalogue is.
///
/// Work that a handler starts and that may build problems later (the producer of an event stream, say) takes it along:
/// `RequestScope::current()` in the handler, [`RequestScope::enter`] around the work.
#[derive(Clone, Debug)]
pub struct RequestScope {
    /// The request id, as in `X-Request-Id`.
    pub id: Uuid,
    /// Where clients reach the server, without a slash at the end.
    pub public_url: Arc<str>,
    /// Where the request stands in its trace.
    pub trace: TraceContext,
}

impl RequestScope {
    /// The scope of the present task, when it works for a request.
    pub fn current() -> Option<Self> {
        SCOPE.try_with(Clone::clone).ok()
    }

    /// The id of the request that the present task works for.
    pub fn request_id() -> Option<Uuid> {
        SCOPE.try_with(|scope| scope.id).ok()
    }

    /// Runs `work` for this request, in its trace.
    pub fn enter<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        self.trace.enter(SCOPE.scope(self, work))
    }
}
