//! The gateway beside LiteLLM: the same mock, each program alone on one core, the client and the mock on another. And a conversation of 10,000
//! messages.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use futures_util::stream::FuturesUnordered;
use mock_llm::{MockLlm, Protocol, Scenario};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Connection, quantile, request};
use crate::process::Program;
use crate::{register, say, timed};

/// How long each load lasts, after a warm-up of a fifth of it.
const LOAD: Duration = Duration::from_secs(5);
const CONCURRENCY: [usize; 2] = [1, 16];
/// How many streams are read for lost frames.
const STREAMS: usize = 200;
const MESSAGES: u64 = 10_000;

/// Something that answers chat completions.
struct Gateway<'a> {
    name: &'a str,
    address: SocketAddr,
    path: String,
    key: Option<String>,
    program: Option<&'a Program>,
}

impl Gateway<'_> {
    fn asks(&self, stream: bool) -> Vec<u8> {
        let body = json!({ "model": "mock", "stream": stream, "messages": [{ "role": "user", "content": "hello" }] });
        request("POST", &self.path, self.key.as_deref(), Some(&body.to_string()))
    }
}

/// What a load of chats took, in milliseconds each.
struct Figures {
    per_second: f64,
    times: Vec<f64>,
}

async fn load(gateway: &Gateway<'_>, connections: usize, time: Duration) -> anyhow::Result<Figures> {
    let (begin, asked) = (Instant::now(), gateway.asks(false));
    let asked = asked.as_slice();
    let loads = (0..connections).map(|_| async move {
        let mut connection = Connection::open(gateway.address).await?;
        let mut times = Vec::new();
        while begin.elapsed() < time {
            times.push(timed(&mut connection, asked).await?);
        }
        Ok::<_, anyhow::Error>(times)
    });
    let times: Vec<Vec<f64>> = loads.collect::<FuturesUnordered<_>>().try_collect().await?;
    let times: Vec<f64> = times.into_iter().flatten().collect();
    let calls = f64::from(u32::try_from(times.len())?);
    Ok(Figures { per_second: calls / begin.elapsed().as_secs_f64(), times })
}

/// How many of the streams lack a part of the text or the end.
async fn lost(gateway: &Gateway<'_>) -> anyhow::Result<usize> {
    let mut lost = 0;
    for _ in 0..STREAMS {
        let mut stream = TcpStream::connect(gateway.address).await?;
        stream.write_all(&gateway.asks(true)).await?;
        let mut bytes = Vec::new();
        while !bytes.windows(12).any(|window| window == b"data: [DONE]") {
            if stream.read_buf(&mut bytes).await? == 0 {
                break;
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let content = |line: &str| {
            let chunk: Value = serde_json::from_str(line.strip_prefix("data: ")?).ok()?;
            chunk.pointer("/choices/0/delta/content")?.as_str().map(str::to_owned)
        };
        let said: String = text.lines().filter_map(content).collect();
        lost += usize::from(said != Scenario::TEXT || !text.contains("data: [DONE]"));
    }
    Ok(lost)
}

/// The rows of one gateway; `direct` is what the mock takes alone, by concurrency.
async fn rows(gateway: &Gateway<'_>, direct: &[Figures]) -> anyhow::Result<()> {
    for (connections, alone) in CONCURRENCY.into_iter().zip(direct) {
        load(gateway, connections, LOAD / 5).await?;
        let spent = || gateway.program.map_or(Ok(Duration::ZERO), Program::processor);
        let before = spent()?;
        let found = load(gateway, connections, LOAD).await?;
        let each = spent()?.saturating_sub(before).as_secs_f64() * 1e6 / f64::from(u32::try_from(found.times.len())?);
        let p = |part| (quantile(found.times.clone(), part), quantile(alone.times.clone(), part));
        let ((p50, alone50), (p99, alone99)) = (p(0.5), p(0.99));
        let resident = gateway.program.map_or(Ok(0.0), Program::resident)?;
        say(&format!(
            "{:28} {connections:4} {:9.0} {p50:8.2} {p99:8.2} {:9.2} {:9.2} {resident:8.1} {each:8.0}",
            gateway.name,
            found.per_second,
            p50 - alone50,
            p99 - alone99
        ));
    }
    say(&format!("{:28} {} of {STREAMS} streams lost a frame", gateway.name, lost(gateway).await?));
    Ok(())
}

async fn api_key(address: SocketAddr, token: &str) -> anyhow::Result<String> {
    let wanted = json!({ "name": "bench", "scopes": ["llm:chat", "llm:read"] }).to_string();
    let mut connection = Connection::open(address).await?;
    let (_, answer) = connection.ask(&request("POST", "/api/v1/auth/api-keys", Some(token), Some(&wanted))).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    Ok(answer.get("secret").and_then(Value::as_str).context("an API key")?.to_owned())
}

pub(crate) fn environment(base: &str) -> [(&str, &str); 3] {
    [("OPENAI_API_KEY", "bench"), ("OPENAI_BASE_URL", base), ("APP__LLM__DEFAULT_MODEL", "openai/mock")]
}

/// The table. `gateway` is a server that was built without what no gateway needs, `litellm` that program; without them: ours alone.
pub(crate) async fn beside(server: &str, gateway: Option<&str>, litellm: Option<&str>) -> anyhow::Result<()> {
    let mock = MockLlm::start().await?;
    mock.play(Protocol::OpenAiChat, Scenario::Ok);
    let base = mock.base_url(Protocol::OpenAiChat);
    let host = base.trim_start_matches("http://").split('/').next().context("a base URL")?.parse()?;
    let plain = Gateway { name: "the mock alone", address: host, path: "/v1/chat/completions".into(), key: None, program: None };
    let mut direct = Vec::new();
    say("gateway                     conc   calls/s      p50      p99 added p50 added p99  RSS MiB us/call");
    for connections in CONCURRENCY {
        load(&plain, connections, LOAD / 5).await?;
        let found = load(&plain, connections, LOAD).await?;
        let (p50, p99) = (quantile(found.times.clone(), 0.5), quantile(found.times.clone(), 0.99));
        say(&format!("{:28} {connections:4} {:9.0} {p50:8.2} {p99:8.2}", plain.name, found.per_second));
        direct.push(found);
    }
    let ours = [(Some(server), "brickwork"), (gateway, "gateway only")];
    for (binary, name) in ours.into_iter().filter_map(|(binary, name)| Some((binary?, name))) {
        // The ledger is a part of every call: without persistence means that its file is in memory.
        for (place, folder) in [("in memory", tempfile::tempdir_in("/dev/shm")?), ("on disk", tempfile::tempdir()?)] {
            let program = Program::pinned_server(binary, folder.path(), &environment(&base))?;
            let token = register(&program, "bench@example.com").await?;
            let key = Some(api_key(program.address, &token).await?);
            let path = "/openai/v1/chat/completions".to_owned();
            let name = format!("{name}, ledger {place}");
            rows(&Gateway { name: &name, address: program.address, path, key, program: Some(&program) }, &direct).await?;
        }
    }
    if let Some(binary) = litellm {
        let folder = tempfile::tempdir()?;
        let program = Program::litellm(binary, folder.path(), &base)?;
        let path = "/v1/chat/completions".to_owned();
        let gateway = Gateway { name: "litellm", address: program.address, path, key: None, program: Some(&program) };
        rows(&gateway, &direct).await?;
    }
    long_conversation(server, &base).await
}

/// The last page of a long conversation, and a message to it, without what the model takes.
async fn long_conversation(server: &str, base: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let program = Program::server(server, folder.path(), &environment(base))?;
    let token = register(&program, "long@example.com").await?;
    let id = |number: u64| format!("00000000-0000-7000-8000-{number:012x}");
    let message = |number: u64| {
        let role = if number % 2 == 1 { "user" } else { "assistant" };
        let parent = (number > 1).then(|| id(number - 1));
        json!({ "id": id(number), "parent_id": parent, "role": role, "parts": [{ "type": "text", "text": format!("Turn {number}") }],
                "status": "complete" })
    };
    let messages: Vec<Value> = (1..=MESSAGES).map(message).collect();
    let archive = json!({ "format": "brickwork.conversation/1", "messages": messages }).to_string();
    let mut connection = Connection::open(program.address).await?;
    let import = request("POST", "/api/v1/llm/conversations/import", Some(&token), Some(&archive));
    let (status, made) = connection.ask(&import).await?;
    anyhow::ensure!(status == 201, "status {status}: {}", String::from_utf8_lossy(&made));
    let made: Value = serde_json::from_slice(&made)?;
    let talk = made.get("id").and_then(Value::as_str).context("a conversation")?;
    let path = format!("/api/v1/llm/conversations/{talk}/messages");
    let list = request("GET", &format!("{path}?limit=50&order=desc"), Some(&token), None);
    let send = request("POST", &path, Some(&token), Some(&json!({ "content": "And?" }).to_string()));
    let (mut opened, mut sent) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        opened.push(timed(&mut connection, &list).await?);
        let begin = Instant::now();
        let (status, body) = connection.ask(&send).await?;
        anyhow::ensure!(status < 300, "status {status}: {}", String::from_utf8_lossy(&body));
        sent.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    for (name, times) in [("last page of 10,000, p99", opened), ("message to 10,000, p99", sent)] {
        say(&format!("{name:34} {:8.2} ms     < 20", quantile(times, 0.99)));
    }
    Ok(())
}

/// A config file of LiteLLM with the mock as its only model.
pub(crate) fn litellm_config(folder: &Path, base: &str) -> anyhow::Result<std::path::PathBuf> {
    let model = json!({ "model": "openai/mock", "api_base": base, "api_key": "bench" });
    // JSON is YAML.
    let config = json!({
        "model_list": [{ "model_name": "mock", "litellm_params": model }],
        "litellm_settings": { "telemetry": false, "num_retries": 0 },
    });
    let path = folder.join("config.yaml");
    std::fs::write(&path, config.to_string())?;
    Ok(path)
}
