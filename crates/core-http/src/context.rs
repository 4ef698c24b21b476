use std::cell::{Cell, OnceCell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};
use core_kernel::{Actor, TraceContext};
use uuid::Uuid;

use crate::large_bodies::Sender;
use crate::mount::MountedOperation;
use crate::{Api, IdempotencyKey, LimitClass, Problem, codes};

/// What the layers of one request tell each other. One allocation, in the request's extensions.
pub(crate) struct RequestContext {
    pub(crate) request_id: Uuid,
    pub(crate) trace: TraceContext,
    pub(crate) api: Arc<Api>,
    pub(crate) client: OnceCell<IpAddr>,
    pub(crate) operation: OnceCell<Arc<MountedOperation>>,
    pub(crate) actor: RefCell<Option<Arc<Actor>>>,
    pub(crate) limit: Cell<Option<LimitState>>,
    pub(crate) idempotency: OnceCell<IdempotencyKey>,
}

/// What the rate limiter said.
#[derive(Clone, Copy)]
pub(crate) struct LimitState {
    pub(crate) class: LimitClass,
    pub(crate) quota: u32,
    pub(crate) window_seconds: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_seconds: u64,
}

impl RequestContext {
    pub(crate) fn new(request_id: Uuid, trace: TraceContext, api: Arc<Api>) -> Rc<Self> {
        Rc::new(Self {
            request_id,
            trace,
            api,
            client: OnceCell::new(),
            operation: OnceCell::new(),
            actor: RefCell::new(None),
            limit: Cell::new(None),
            idempotency: OnceCell::new(),
        })
    }

    /// The context of a request; missing only when the app was not built by [`crate::app`].
    pub(crate) fn of(request: &HttpRequest) -> Result<Rc<Self>, Problem> {
        let found = request.extensions().get::<Rc<Self>>().cloned();
        found.ok_or_else(|| Problem::new(&codes::INTERNAL, "The server could not finish the request."))
    }

    pub(crate) fn operation(&self) -> Result<&Arc<MountedOperation>, Problem> {
        self.operation.get().ok_or_else(|| Problem::internal("a handler ran outside the operation table"))
    }

    /// Who sends the body of this request.
    pub(crate) fn sender(&self, request: &HttpRequest) -> Sender {
        match self.actor.borrow().as_deref() {
            Some(actor) => Sender::User(actor.subject),
            None => Sender::Address(crate::client_ip::subscriber(self.client_ip(request))),
        }
    }

    pub(crate) fn client_ip(&self, request: &HttpRequest) -> IpAddr {
        *self.client.get_or_init(|| crate::client_ip::of(request, self.api.trusted_proxies()))
    }
}
