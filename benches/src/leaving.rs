//! Clients that hang up on a stream: how soon the provider learns of it, what is kept of the answer, and whether memory grows.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use mock_llm::{MockLlm, Protocol, Scenario};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Connection, quantile, request};
use crate::process::Program;
use crate::{register, say};

const ROUNDS: usize = 1_000;
/// The rounds after which memory is read.
const LOOKS: [usize; 4] = [100, 250, 500, 1_000];
/// How long anything may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// When a client leaves, and what is to become of the answer.
struct Way {
    name: &'static str,
    scenario: Scenario,
    /// What the client has read when it leaves.
    seen: &'static str,
    /// In a conversation answers are finished without their viewer, elsewhere they are given up.
    conversation: bool,
    state: &'static str,
    text: &'static str,
}

const WAYS: [Way; 4] = [
    Way {
        name: "before the first token: hung up",
        scenario: Scenario::StallBeforeFirstByte,
        seen: "event: start",
        conversation: false,
        state: "cancelled",
        text: "",
    },
    Way {
        name: "mid-stream: hung up",
        scenario: Scenario::StallMidStream,
        seen: "\"Hello\"",
        conversation: false,
        state: "cancelled",
        text: Scenario::PARTIAL,
    },
    Way {
        name: "mid-stream, drained: stored",
        scenario: Scenario::StallMidStream,
        seen: "\"Hello\"",
        conversation: true,
        state: "complete",
        text: Scenario::TEXT,
    },
    Way {
        name: "after the last: stored",
        scenario: Scenario::Ok,
        seen: "event: done",
        conversation: false,
        state: "complete",
        text: Scenario::TEXT,
    },
];

/// The server, the provider behind it, and somebody who keeps leaving.
struct Stage<'a> {
    mock: &'a MockLlm,
    address: SocketAddr,
    token: String,
    /// For everything that is no stream.
    connection: Connection,
}

impl Stage<'_> {
    fn asks(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        request(method, &format!("/api/v1/llm/{path}"), Some(&self.token), body.map(Value::to_string).as_deref())
    }

    async fn json(&mut self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let asked = self.asks(method, path, body);
        let (status, answer) = self.connection.ask(&asked).await?;
        anyhow::ensure!(status < 300, "{path}: status {status}: {}", String::from_utf8_lossy(&answer));
        Ok(serde_json::from_slice(&answer)?)
    }

    /// A stream that was read until `seen`, and what was read.
    async fn open(&self, asked: &[u8], seen: &str) -> anyhow::Result<(TcpStream, String)> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(asked).await?;
        let mut bytes = Vec::new();
        loop {
            anyhow::ensure!(stream.read_buf(&mut bytes).await? > 0, "it ended: {}", String::from_utf8_lossy(&bytes));
            let text = String::from_utf8_lossy(&bytes);
            if text.contains(seen) {
                return Ok((stream, text.into_owned()));
            }
        }
    }

    /// One round: the generation and the milliseconds that `way` asks for.
    async fn leave(&mut self, way: &Way) -> anyhow::Result<(String, f64)> {
        let (gate, index) = (self.mock.new_gate(), self.mock.requests().len());
        self.mock.play(Protocol::OpenAiChat, way.scenario);
        let asked = if way.conversation {
            let talk = self.json("POST", "conversations", Some(&json!({}))).await?;
            let talk = talk.get("id").and_then(Value::as_str).context("a conversation")?;
            self.asks("POST", &format!("conversations/{talk}/messages"), Some(&json!({ "content": "Hi?", "stream": true })))
        } else {
            self.asks("POST", "prompt", Some(&json!({ "prompt": "Hi?", "stream": true })))
        };
        let (stream, head) = self.open(&asked, way.seen).await?;
        let id =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("brickwork-generation-id: ").map(str::to_owned));
        let id = id.context("the id of the generation")?.trim().to_owned();
        if way.scenario != Scenario::Ok {
            gate.reached().await;
        }
        let begin = Instant::now();
        drop(stream);
        match (way.state, way.conversation) {
            ("cancelled", _) => self.mock.client_left(index).await,
            (_, true) => {
                gate.open();
                self.open(&self.asks("GET", &format!("generations/{id}/events"), None), "event: done").await?;
            }
            _ => drop(self.json("GET", &format!("generations/{id}"), None).await?),
        }
        let took = begin.elapsed().as_secs_f64() * 1000.0;
        // A generation tells of its end when that is stored.
        self.open(&self.asks("GET", &format!("generations/{id}/events"), None), "event: done").await?;
        Ok((id, took))
    }

    /// Whether the ledger says of a generation what it has to.
    async fn kept(&mut self, id: &str, way: &Way) -> anyhow::Result<bool> {
        let row = self.json("GET", &format!("generations/{id}"), None).await?;
        let is = |field: &str, value: &str| row.get(field).and_then(Value::as_str) == Some(value);
        Ok(is("state", way.state) && is("text", way.text))
    }
}

/// The table.
pub(crate) async fn leaving(server: &str) -> anyhow::Result<()> {
    let mock = MockLlm::start().await?;
    let base = mock.base_url(Protocol::OpenAiChat);
    let folder = tempfile::tempdir()?;
    let program = Program::server(server, folder.path(), &crate::llm::environment(&base))?;
    let token = register(&program, "leaver@example.com").await?;
    let connection = Connection::open(program.address).await?;
    let mut stage = Stage { mock: &mock, address: program.address, token, connection };
    let (mut times, mut ids) = (WAYS.map(|_| Vec::new()), Vec::with_capacity(ROUNDS));
    for round in 0..ROUNDS {
        let place = round % WAYS.len();
        let (Some(way), Some(taken)) = (WAYS.get(place), times.get_mut(place)) else { continue };
        let left = tokio::time::timeout(PATIENCE, Box::pin(stage.leave(way))).await;
        let (id, took) = left.with_context(|| format!("round {round}, {}", way.name))??;
        taken.push(took);
        ids.push((id, way));
        if LOOKS.contains(&(round + 1)) {
            say(&format!("after {:5} rounds                 {:8.1} MiB resident", round + 1, program.resident()?));
        }
    }
    say("a client leaves                    times   p50 ms   p99 ms   max ms   target");
    for (way, times) in WAYS.iter().zip(times) {
        let figure = |part| quantile(times.clone(), part);
        let (p50, p99, most) = (figure(0.5), figure(0.99), figure(1.0));
        say(&format!("{:34} {:5} {p50:8.2} {p99:8.2} {most:8.2}    < 200", way.name, times.len()));
    }
    let mut wrong = 0;
    for (id, way) in &ids {
        wrong += usize::from(!stage.kept(id, way).await?);
    }
    say(&format!(
        "of {ROUNDS} rows {wrong} have another state or text than they should; {} sockets to the provider",
        mock.connections()
    ));
    Ok(())
}
