use std::fmt::{self, Write as _};
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::wire::{self, Recorded, Reply};

/// What a vendor does with a request.
pub(crate) trait Vendor: Send + Sync + 'static {
    /// Carries the request out and answers it. `base` is where this mock listens.
    fn answer(&self, base: &str, request: &Recorded) -> Reply;
}

/// What goes wrong once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done, and the connection ends without an answer.
    CutBefore,
    /// Everything is done, and the connection ends without an answer.
    CutAfter,
    /// Nothing is done, and nothing is answered until the client leaves.
    SilentBefore,
    /// Everything is done, and nothing is answered until the client leaves.
    SilentAfter,
    /// Nothing is done, and this is the answer.
    Instead(Reply),
    /// Everything is done, and this is the answer.
    Masked(Reply),
}

#[derive(Debug)]
struct Rule {
    method: String,
    path: String,
    fault: Fault,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    requests: Vec<Recorded>,
    served: usize,
}

/// A vendor on a socket of this machine. It ends when it is dropped. Everything that the vendor knows is reached through it.
pub struct Mock<V> {
    vendor: Arc<V>,
    base: String,
    state: Arc<Mutex<State>>,
    _stop: DropGuard,
}

impl<V> fmt::Debug for Mock<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").field("base", &self.base).finish_non_exhaustive()
    }
}

impl<V> Deref for Mock<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.vendor
    }
}

impl<V> Mock<V> {
    /// Where it listens, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// The next request of this method whose path holds `path` fares so. Rules are used in the order they were given, once each.
    pub fn fail(&self, method: &str, path: &str, fault: Fault) {
        let rule = Rule { method: method.to_owned(), path: path.to_owned(), fault };
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rules.push(rule);
    }

    /// Everything received so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).requests.clone()
    }

    /// How many requests were worked on to their end.
    pub fn served(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).served
    }

    /// How many requests of this method came whose path holds `path`.
    pub fn count(&self, method: &str, path: &str) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.iter().filter(|request| request.method == method && request.path.contains(path)).count()
    }

    /// How many requests were answered with this status.
    pub fn answered(&self, status: u16) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.iter().filter(|request| request.status == Some(status)).count()
    }
}

#[expect(private_bounds, reason = "the three vendors of this crate are all there are")]
impl<V: Vendor> Mock<V> {
    /// Listens on a free port of the loopback address. Call it inside a tokio runtime.
    pub async fn start(vendor: V) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address: SocketAddr = listener.local_addr()?;
        let mock = Arc::new(Served { vendor: Arc::new(vendor), base: format!("http://{address}"), state: Arc::default() });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (serving, ended, connections) = (Arc::clone(&mock), stop.clone(), tasks.clone());
        tasks.spawn(ended.clone().run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = Arc::clone(&serving);
                connections.spawn(ended.clone().run_until_cancelled_owned(async move { serve(stream, &serving).await }));
            }
        }));
        let Served { vendor, base, state } = mock.as_ref();
        Ok(Self { vendor: Arc::clone(vendor), base: base.clone(), state: Arc::clone(state), _stop: stop.drop_guard() })
    }
}

struct Served<V> {
    vendor: Arc<V>,
    base: String,
    state: Arc<Mutex<State>>,
}

impl<V: Vendor> Served<V> {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of the request among all that came, and what goes wrong with it.
    fn record(&self, request: &Recorded) -> (usize, Option<Fault>) {
        self.with(|state| {
            state.requests.push(request.clone());
            let fits = |rule: &Rule| rule.method == request.method && request.path.contains(&rule.path);
            let fault = state.rules.iter().position(fits).map(|at| state.rules.remove(at).fault);
            (state.requests.len() - 1, fault)
        })
    }
}

async fn serve<V: Vendor>(stream: TcpStream, served: &Served<V>) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    while let Ok(Some(request)) = wire::read(&mut reader).await {
        let (index, fault) = served.record(&request);
        let done = || served.vendor.answer(&served.base, &request);
        let reply = match fault {
            None => done(),
            Some(Fault::CutBefore) => return,
            Some(Fault::CutAfter) => {
                done();
                return;
            }
            Some(Fault::SilentBefore) => return gone(&mut reader).await,
            Some(Fault::SilentAfter) => {
                done();
                return gone(&mut reader).await;
            }
            Some(Fault::Instead(reply)) => reply,
            Some(Fault::Masked(reply)) => {
                done();
                reply
            }
        };
        served.with(|state| {
            state.served += 1;
            if let Some(request) = state.requests.get_mut(index) {
                request.status = Some(reply.status);
            }
        });
        if writer.write_all(&encode(&reply)).await.is_err() {
            return;
        }
    }
}

/// Ends when the client closes its side.
async fn gone(reader: &mut BufReader<OwnedReadHalf>) {
    while reader.fill_buf().await.is_ok_and(|more| !more.is_empty()) {
        let read = reader.buffer().len();
        reader.consume(read);
    }
}

fn encode(reply: &Reply) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Status\r\n", reply.status);
    for (name, value) in &reply.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "content-length: {}\r\n\r\n", reply.body.len());
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&reply.body);
    bytes
}
