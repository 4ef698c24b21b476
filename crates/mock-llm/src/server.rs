use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::{Gate, Protocol, Recorded, Scenario, Script, Step, UsageNumbers, request};

/// A provider on a socket of this machine. It ends when it is dropped.
#[derive(Debug)]
pub struct MockLlm {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: DropGuard,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    gate: Mutex<Gate>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Script>,
    playing: Option<(Protocol, Scenario, usize)>,
    requests: Vec<Recorded>,
    /// Sockets that are open now.
    connections: usize,
}

impl Shared {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_modify(|version| *version = version.wrapping_add(1));
        result
    }

    fn gate(&self) -> Gate {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl MockLlm {
    /// Listens on a free port of the loopback address. Call it inside a tokio runtime.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (shared, stop, tasks) = (Arc::new(Shared::default()), CancellationToken::new(), TaskTracker::new());
        let (serving, ended, connections) = (Arc::clone(&shared), stop.clone(), tasks.clone());
        tasks.spawn(ended.clone().run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = Arc::clone(&serving);
                connections.spawn(ended.clone().run_until_cancelled_owned(async move { serve(stream, &serving).await }));
            }
        }));
        Ok(Self { address, shared, _stop: stop.drop_guard() })
    }

    /// What a client is given as base URL for `protocol`.
    pub fn base_url(&self, protocol: Protocol) -> String {
        format!("http://{}{}", self.address, protocol.dialect().base_path())
    }

    /// Every request from now on is answered by `scenario`, from its first attempt on.
    pub fn play(&self, protocol: Protocol, scenario: Scenario) {
        self.shared.with(|state| state.playing = Some((protocol, scenario, 0)));
    }

    /// The next request is answered by `script`; queued ones come first, in order.
    pub fn push(&self, script: Script) {
        self.shared.with(|state| state.queue.push_back(script));
    }

    /// The gate at which the stalling scenarios wait. [`MockLlm::new_gate`] closes it again.
    pub fn gate(&self) -> Gate {
        self.shared.gate()
    }

    /// Puts a fresh, closed gate in place and returns it.
    pub fn new_gate(&self) -> Gate {
        let gate = Gate::default();
        *self.shared.gate.lock().unwrap_or_else(PoisonError::into_inner) = gate.clone();
        gate
    }

    /// Everything received so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.with(|state| state.requests.clone())
    }

    /// How many sockets are open now, idle ones that clients keep included.
    pub fn connections(&self) -> usize {
        self.shared.with(|state| state.connections)
    }

    /// What the provider charges for everything that it has answered so far.
    pub fn bill(&self) -> UsageNumbers {
        self.requests().iter().filter_map(|request| request.billed).fold(UsageNumbers::default(), UsageNumbers::plus)
    }

    /// Waits until every request so far has its price.
    pub async fn billed(&self) {
        self.until(|requests| requests.iter().all(|request| request.billed.is_some())).await;
    }

    /// Waits until `condition` holds over what was received.
    pub async fn until(&self, condition: impl Fn(&[Recorded]) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        loop {
            changed.borrow_and_update();
            let holds = {
                let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
                condition(&state.requests)
            };
            if holds || changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until the client of the request number `index` (from 0) has hung up.
    pub async fn client_left(&self, index: usize) {
        self.until(|requests| requests.get(index).is_some_and(|request| request.client_left)).await;
    }
}

/// A socket that is open.
struct Open<'a>(&'a Shared);

impl<'a> Open<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.with(|state| state.connections += 1);
        Self(shared)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.with(|state| state.connections = state.connections.saturating_sub(1));
    }
}

async fn serve(stream: TcpStream, shared: &Shared) {
    let _open = Open::new(shared);
    // Each write is its own packet, so that a client sees the chunks that a script names.
    let _ = stream.set_nodelay(true);
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    while let Ok(Some(recorded)) = request::read(&mut reader).await {
        let gate = shared.gate();
        let (index, script) = shared.with(|state| {
            let script = next_script(state, &recorded, &gate);
            state.requests.push(recorded);
            (state.requests.len() - 1, script)
        });
        let mut begun = false;
        let outcome = tokio::select! {
            biased;
            () = gone(&mut reader) => Outcome::ClientLeft,
            outcome = write(&mut writer, &script, &mut begun) => outcome,
        };
        let billed = match outcome {
            Outcome::Answered => script.bill.whole,
            _ if begun => script.bill.cut,
            _ => UsageNumbers::default(),
        };
        shared.with(|state| {
            if let Some(request) = state.requests.get_mut(index) {
                request.client_left = outcome == Outcome::ClientLeft;
                request.answered = outcome == Outcome::Answered;
                request.billed = Some(billed);
            }
        });
        match outcome {
            Outcome::Answered => {}
            Outcome::ClientLeft | Outcome::Closed => return,
            Outcome::Reset => {
                // Without linger, and without the orderly end that dropping the half would send, closing is a reset.
                let _ = writer.as_ref().set_zero_linger();
                writer.forget();
                return;
            }
        }
    }
}

fn next_script(state: &mut State, recorded: &Recorded, gate: &Gate) -> Script {
    if let Some(script) = state.queue.pop_front() {
        return script;
    }
    let Some((protocol, scenario, attempt)) = &mut state.playing else {
        return Script::body(418, "text/plain", "no script was given to the mock");
    };
    let script = scenario.script(*protocol, recorded, *attempt, gate);
    *attempt += 1;
    script
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Answered,
    ClientLeft,
    Closed,
    Reset,
}

/// Ends when the client closes its side. A next request that arrives early stays in the buffer.
async fn gone(reader: &mut BufReader<OwnedReadHalf>) {
    if reader.fill_buf().await.is_ok_and(|early| !early.is_empty()) {
        std::future::pending::<()>().await;
    }
}

async fn write(writer: &mut OwnedWriteHalf, script: &Script, begun: &mut bool) -> Outcome {
    match try_write(writer, script, begun).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::ClientLeft,
    }
}

async fn try_write(writer: &mut OwnedWriteHalf, script: &Script, begun: &mut bool) -> io::Result<Outcome> {
    for step in &script.before {
        if let Some(end) = perform(writer, step, false).await? {
            return Ok(end);
        }
    }
    let whole = match script.body.as_slice() {
        [] => Some(Vec::new()),
        [Step::Send(bytes)] => Some(bytes.clone()),
        _ => None,
    };
    let mut head = format!("HTTP/1.1 {} {}\r\n", script.status, reason(script.status));
    for (name, value) in &script.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if let Some(body) = whole {
        let _ = write!(head, "content-length: {}\r\n\r\n", body.len());
        *begun = true;
        let mut bytes = head.into_bytes();
        bytes.extend(body);
        writer.write_all(&bytes).await?;
        return Ok(Outcome::Answered);
    }
    head.push_str("transfer-encoding: chunked\r\n\r\n");
    writer.write_all(head.as_bytes()).await?;
    for step in &script.body {
        *begun = *begun || matches!(step, Step::Send(_) | Step::SendBytewise(_));
        if let Some(end) = perform(writer, step, true).await? {
            return Ok(end);
        }
    }
    writer.write_all(b"0\r\n\r\n").await?;
    Ok(Outcome::Answered)
}

async fn perform(writer: &mut OwnedWriteHalf, step: &Step, chunked: bool) -> io::Result<Option<Outcome>> {
    match step {
        Step::Send(bytes) => send(writer, bytes, chunked).await?,
        Step::SendBytewise(bytes) => {
            for byte in bytes {
                send(writer, &[*byte], chunked).await?;
                tokio::task::yield_now().await;
            }
        }
        Step::Wait(gate) => gate.pass().await,
        Step::Reset => return Ok(Some(Outcome::Reset)),
        Step::Close => return Ok(Some(Outcome::Closed)),
    }
    Ok(None)
}

async fn send(writer: &mut OwnedWriteHalf, bytes: &[u8], chunked: bool) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    if !chunked {
        return writer.write_all(bytes).await;
    }
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    writer.write_all(&chunk).await
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        529 => "Overloaded",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    async fn send(mock: &MockLlm, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(mock.address).await.unwrap();
        let path = "/v1/chat/completions";
        let head = format!("POST {path} HTTP/1.1\r\nhost: mock\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        stream
    }

    async fn read_until(stream: &mut TcpStream, end: &str) -> String {
        let mut text = Vec::new();
        while !String::from_utf8_lossy(&text).contains(end) {
            let mut part = [0; 1024];
            let count = stream.read(&mut part).await.unwrap();
            assert_ne!(count, 0, "closed before {end:?}: {:?}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&part[..count]);
        }
        String::from_utf8(text).unwrap()
    }

    #[tokio::test]
    async fn a_stream_has_every_piece_and_the_terminal_evidence() {
        let mock = MockLlm::start().await.unwrap();
        mock.play(Protocol::OpenAiChat, Scenario::Ok);
        let text = read_until(&mut send(&mock, r#"{"stream":true}"#).await, "0\r\n\r\n").await;
        for piece in ["text/event-stream", "Hello", "world!", "\"finish_reason\":\"stop\"", "prompt_tokens", "data: [DONE]"] {
            assert!(text.contains(piece), "{piece} is not in {text}");
        }
        assert!(mock.requests()[0].wants_stream());
    }

    #[tokio::test]
    async fn a_client_that_leaves_while_the_server_stalls_is_noticed() {
        let mock = MockLlm::start().await.unwrap();
        mock.play(Protocol::OpenAiChat, Scenario::StallMidStream);
        let mut stream = send(&mock, r#"{"stream":true}"#).await;
        read_until(&mut stream, "Hello").await;
        mock.gate().reached().await;
        drop(stream);
        mock.client_left(0).await;
        assert!(!mock.requests()[0].answered);
        assert_eq!(mock.bill(), UsageNumbers::CUT);
    }

    #[tokio::test]
    async fn a_fault_comes_once_and_then_the_answer() {
        let mock = MockLlm::start().await.unwrap();
        mock.play(Protocol::OpenAiChat, Scenario::Once(crate::Fault::Unavailable));
        let mut stream = send(&mock, "{}").await;
        assert!(read_until(&mut stream, "}").await.starts_with("HTTP/1.1 503"));
        assert!(read_until(&mut send(&mock, "{}").await, "usage").await.starts_with("HTTP/1.1 200"));
        mock.billed().await;
        assert_eq!(mock.bill(), UsageNumbers::ORDINARY, "a fault costs nothing");
    }

    #[tokio::test]
    async fn a_reset_ends_the_connection_in_the_middle_of_a_line() {
        let mock = MockLlm::start().await.unwrap();
        mock.play(Protocol::OpenAiChat, Scenario::ResetMidLine);
        let mut stream = send(&mock, r#"{"stream":true}"#).await;
        read_until(&mut stream, "{\"cand").await;
        mock.gate().open();
        let mut rest = Vec::new();
        assert_eq!(stream.read_to_end(&mut rest).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[test]
    fn every_scenario_has_a_script_in_every_protocol() {
        let gate = Gate::default();
        let body = serde_json::json!({ "stream": true });
        let request = |path: &str| Recorded {
            method: "POST".into(),
            path: path.into(),
            headers: Vec::new(),
            body: body.clone(),
            client_left: false,
            answered: false,
            billed: None,
        };
        for protocol in Protocol::ALL {
            for scenario in Scenario::FORMS {
                let script = scenario.script(protocol, &request("/v1beta/models/m:streamGenerateContent"), 1, &gate);
                let sent: Vec<u8> = script
                    .body
                    .iter()
                    .flat_map(|step| match step {
                        Step::Send(bytes) | Step::SendBytewise(bytes) => bytes.clone(),
                        _ => Vec::new(),
                    })
                    .collect();
                let sent = String::from_utf8(sent).unwrap();
                assert!(sent.contains("Hello") && sent.contains("world!"), "{protocol:?} {scenario:?}: {sent}");
            }
        }
    }
}
