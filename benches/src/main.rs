//! Measures the release server beside a bare actix-web endpoint: interleaved rounds in one run, medians, ratios. Absolute figures
//! are this machine's; the ratios are what can be compared.

mod client;
mod growth;
mod leaving;
mod llm;
mod logins;
mod process;
mod uploads;

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use argon2::{Algorithm, Argon2, Params, Version};
use client::{Connection, median, quantile, request, throughput};
use mock_llm::{MockLlm, Protocol, Scenario};
use process::Program;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 64;
const PASSWORD: &str = "a sentence that only I know";

fn say(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let server = std::path::absolute(arguments.first().context("usage: bench SERVER BARE")?)?;
    let bare = arguments.get(1).context("usage: bench SERVER BARE")?;
    let server = server.to_str().context("a path in UTF-8")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match arguments.get(2).map(String::as_str) {
            None => measure(server, bare).await,
            Some("chat") => chat(server).await,
            Some("llm") => {
                let program = |at| arguments.get(at).map(String::as_str);
                Box::pin(llm::beside(server, program(3), program(4))).await
            }
            Some("leaving") => Box::pin(leaving::leaving(server)).await,
            Some("timing") => logins::timing(server).await,
            Some("growth") => Box::pin(growth::measure(server)).await,
            Some("flood") => logins::flood(server).await,
            Some("uploads") => uploads::flood(server).await,
            Some(other) => {
                anyhow::bail!("no part {other}: chat, leaving, llm, growth, timing, flood or uploads can be measured alone")
            }
        }
    })
}

async fn measure(server: &str, bare: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let first = Program::server(server, folder.path(), &[])?.ready_after;
    let mut later = Vec::new();
    for _ in 0..ROUNDS {
        later.push(Program::server(server, folder.path(), &[])?.ready_after.as_secs_f64() * 1000.0);
    }
    say("figure                                    value      target");
    say(&format!("ready, first start                  {:8.0} ms     <= 1000", first.as_secs_f64() * 1000.0));
    say(&format!("ready, second start                 {:8.0} ms     <= 150", median(later)));
    let size = std::fs::metadata(server)?.len();
    say(&format!("binary                              {:8.1} MiB", f64::from(u32::try_from(size / 1024)?) / 1024.0));
    let running = Program::server(server, folder.path(), &[])?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    say(&format!("resident, idle                      {:8.1} MiB    <= 30", running.resident()?));
    drop(running);

    let yardstick = Program::bare(bare)?;
    rows("SQLite", server, folder.path(), &yardstick, &[]).await?;
    login(server, folder.path()).await?;
    if let Some(url) = postgres() {
        let key = "00112233445566778899aabbccddeeff".repeat(2);
        let folder = tempfile::tempdir()?;
        let environment = [("DATABASE_URL", url.as_str()), ("APP__SECURITY__MASTER_KEY", key.as_str())];
        rows("PostgreSQL", server, folder.path(), &yardstick, &environment).await?;
    }
    logins::timing(server).await?;
    logins::flood(server).await?;
    chat(server).await
}

#[expect(clippy::disallowed_methods, reason = "a measuring program has no configuration of its own")]
fn postgres() -> Option<String> {
    std::env::var("BENCH_POSTGRES_URL").ok()
}

/// Requests per second of three endpoints, as parts of the yardstick's.
async fn rows(name: &str, server: &str, folder: &Path, bare: &Program, environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let program = Program::server(server, folder, environment)?;
    let token = register(&program, &format!("{}@example.com", name.to_lowercase())).await?;
    let asked = [
        ("/livez", request("GET", "/livez", None, None), ">= 0.85"),
        ("/.well-known/jwks.json", request("GET", "/.well-known/jwks.json", None, None), ">= 0.55"),
        ("/users/me", request("GET", "/api/v1/users/me", Some(&token), None), ">= 0.14"),
    ];
    let plain = request("GET", "/", None, None);
    let mut bares = Vec::new();
    let mut ours: Vec<Vec<f64>> = vec![Vec::new(); asked.len()];
    for _ in 0..ROUNDS {
        bares.push(throughput(bare.address, &plain, CONNECTIONS, ROUND).await?);
        for (figures, (_, request, _)) in ours.iter_mut().zip(&asked) {
            figures.push(throughput(program.address, request, CONNECTIONS, ROUND).await?);
        }
    }
    let base = median(bares);
    say(&format!("bare actix-web                      {base:8.0} /s"));
    for (figures, (path, _, target)) in ours.into_iter().zip(&asked) {
        let figure = median(figures);
        say(&format!("{name:10} {path:24} {figure:8.0} /s     {:.2} {target}", figure / base));
    }
    Ok(())
}

async fn register(program: &Program, email: &str) -> anyhow::Result<String> {
    let mut connection = Connection::open(program.address).await?;
    let body = serde_json::json!({"email": email, "password": PASSWORD}).to_string();
    let (status, answer) = connection.ask(&request("POST", "/api/v1/auth/register", None, Some(&body))).await?;
    if status == 409 {
        let (_, answer) = connection.ask(&request("POST", "/api/v1/auth/login", None, Some(&body))).await?;
        let tokens: serde_json::Value = serde_json::from_slice(&answer)?;
        return Ok(tokens.get("access_token").and_then(|token| token.as_str()).context("a token")?.to_owned());
    }
    let tokens: serde_json::Value = serde_json::from_slice(&answer)?;
    Ok(tokens.pointer("/tokens/access_token").and_then(|token| token.as_str()).context("a token")?.to_owned())
}

/// Logins per second beside plain argon2 with as many threads as the server has places, while somebody else asks 200 times a
/// second for their profile.
async fn login(server: &str, folder: &Path) -> anyhow::Result<()> {
    let program = Program::server(server, folder, &[])?;
    let token = register(&program, "probe@example.com").await?;
    let body = serde_json::json!({"email": "probe@example.com", "password": PASSWORD}).to_string();
    let login = request("POST", "/api/v1/auth/login", None, Some(&body));
    let places = std::thread::available_parallelism()?.get().saturating_sub(1).max(1);
    let (mut ratios, mut probes) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let plain = argon2_rate(places, ROUND)?;
        let stop = std::cell::Cell::new(false);
        let load = async {
            let rate = throughput(program.address, &login, places * 2, ROUND * 2).await;
            stop.set(true);
            rate
        };
        let probe = async {
            let mut connection = Connection::open(program.address).await?;
            let ask = request("GET", "/api/v1/users/me", Some(&token), None);
            let mut times = Vec::new();
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            while !stop.get() {
                ticks.tick().await;
                let begin = Instant::now();
                connection.ask(&ask).await?;
                times.push(begin.elapsed().as_secs_f64() * 1000.0);
            }
            Ok::<_, anyhow::Error>(times)
        };
        let (rate, times) = tokio::join!(load, probe);
        ratios.push(rate? / plain);
        probes.extend(times?);
    }
    say(&format!("login beside argon2, {places} place(s)         {:8.2}        >= 0.9", median(ratios)));
    say(&format!("  /users/me meanwhile, p99          {:8.1} ms     < 20", quantile(probes, 0.99)));
    Ok(())
}

fn argon2_rate(threads: usize, time: Duration) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let work = move || {
        let params = Params::new(19_456, 2, 1, None).map_err(|error| anyhow::anyhow!("{error}"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (mut done, mut out) = (0_u32, [0_u8; 32]);
        while begin.elapsed() < time {
            argon2
                .hash_password_into(PASSWORD.as_bytes(), b"saltsaltsaltsalt", &mut out)
                .map_err(|error| anyhow::anyhow!("{error}"))?;
            done += 1;
        }
        Ok::<_, anyhow::Error>(done)
    };
    let workers: Vec<_> = (0..threads).map(|_| std::thread::spawn(work)).collect();
    let mut done = 0;
    for worker in workers {
        done += worker.join().map_err(|_panic| anyhow::anyhow!("a worker panicked"))??;
    }
    Ok(f64::from(done) / begin.elapsed().as_secs_f64())
}

/// What one unary chat through the server costs over the same question asked of the provider directly.
async fn chat(server: &str) -> anyhow::Result<()> {
    let mock = MockLlm::start().await?;
    mock.play(Protocol::OpenAiChat, Scenario::Ok);
    let base = mock.base_url(Protocol::OpenAiChat);
    let folder = tempfile::tempdir()?;
    let environment =
        [("OPENAI_API_KEY", "bench"), ("OPENAI_BASE_URL", base.as_str()), ("APP__LLM__DEFAULT_MODEL", "openai/mock")];
    let program = Program::server(server, folder.path(), &environment)?;
    let token = register(&program, "chat@example.com").await?;
    let through = request("POST", "/api/v1/llm/prompt", Some(&token), Some("{\"prompt\":\"hello\"}"));
    let direct = "{\"model\":\"mock\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    let (host, path) = base.trim_start_matches("http://").split_once('/').context("a base URL with a path")?;
    let direct = request("POST", &format!("/{path}/chat/completions"), None, Some(direct));
    let address = host.parse()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut connection = Connection::open(program.address).await?;
    for _ in 0..300 {
        let mut provider = Connection::open(address).await?;
        theirs.push(timed(&mut provider, &direct).await?);
        ours.push(timed(&mut connection, &through).await?);
    }
    say(&format!("chat through a mock, added p50      {:8.2} ms     <= 0.5", median(ours) - median(theirs)));
    Ok(())
}

async fn timed(connection: &mut Connection, request: &[u8]) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let (status, body) = connection.ask(request).await?;
    anyhow::ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&body));
    Ok(begin.elapsed().as_secs_f64() * 1000.0)
}
