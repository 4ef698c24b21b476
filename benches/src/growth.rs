//! What many rows, many requests and many listeners cost.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Connection, quantile, request, throughput};
use crate::process::Program;
use crate::{CONNECTIONS, register, say};

/// A list: its name, its path, and the table that holds it.
const LISTS: [(&str, &str, &str); 3] = [
    ("conversations", "/api/v1/llm/conversations", "conversations"),
    ("workouts", "/api/v1/fitness/workouts", "fitness_workouts"),
    ("measurements", "/api/v1/fitness/measurements", "fitness_measurements"),
];

const FEW: u32 = 1_000;
const MANY: u32 = 1_000_000;
const ASKED: usize = 300;
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Everything of this part.
pub(crate) async fn measure(server: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("data/brickwork.sqlite").display().to_string();
    lists("SQLite", server, folder.path(), &file, &[("APP__SECURITY__MASTER_KEY", KEY)]).await?;
    if let Some(url) = crate::postgres() {
        let folder = tempfile::tempdir()?;
        let environment = [("APP__SECURITY__MASTER_KEY", KEY), ("DATABASE_URL", url.as_str())];
        lists("PostgreSQL", server, folder.path(), &url, &environment).await?;
    }
    requests(server).await?;
    streams(server).await
}

/// The first page and the tenth of lists of a thousand rows of one person and of a million.
async fn lists(name: &str, server: &str, folder: &Path, target: &str, environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut figures: Vec<[f64; 2]> = Vec::new();
    for (rows, from) in [(FEW, 1), (MANY, FEW)] {
        if from == 1 {
            let program = Program::server(server, folder, environment)?;
            first_rows(&program).await?;
        }
        for (_, _, table) in LISTS {
            multiply(target, table, rows - from)?;
        }
        let program = Program::server(server, folder, environment)?;
        let token = register(&program, "many@example.com").await?;
        for (_, path, _) in LISTS {
            figures.push(pages(&program, &token, path).await?);
        }
    }
    let (few, many) = figures.split_at(LISTS.len());
    for ((list, ..), (few, many)) in LISTS.iter().zip(few.iter().zip(many)) {
        for (page, (few, many)) in ["first page", "tenth page"].iter().zip(few.iter().zip(many)) {
            let ratio = many / few;
            say(&format!("{name:10} {list:14} {page:10} p50 {few:6.2} ms, of a million {many:6.2} ms  {ratio:5.2} <= 1.5"));
        }
    }
    Ok(())
}

async fn first_rows(program: &Program) -> anyhow::Result<()> {
    let token = register(program, "many@example.com").await?;
    let mut connection = Connection::open(program.address).await?;
    let bodies = [
        json!({"title": "One of many", "memory": false}),
        json!({"title": "One of many", "started_at": "2026-01-01T10:00:00Z", "ended_at": "2026-01-01T11:00:00Z"}),
        json!({"kind": "mass", "value": "80 kg", "measured_at": "2026-01-01T10:00:00Z"}),
    ];
    for ((_, path, _), body) in LISTS.iter().zip(bodies) {
        let (status, answer) = connection.ask(&request("POST", path, Some(&token), Some(&body.to_string()))).await?;
        anyhow::ensure!(status == 201, "{path}: {status} {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

/// Medians in milliseconds: of the first page, and of the one that nine cursors lead to.
async fn pages(program: &Program, token: &str, path: &str) -> anyhow::Result<[f64; 2]> {
    let mut connection = Connection::open(program.address).await?;
    let first = format!("{path}?limit=50");
    let mut deep = first.clone();
    for _ in 0..9 {
        let (status, page) = connection.ask(&request("GET", &deep, Some(token), None)).await?;
        anyhow::ensure!(status == 200, "{deep}: {status}");
        let page: Value = serde_json::from_slice(&page)?;
        let cursor = page.get("next_cursor").and_then(Value::as_str).context("more pages")?;
        deep = format!("{first}&cursor={cursor}");
    }
    let mut figures = [0.0; 2];
    for (figure, path) in figures.iter_mut().zip([first, deep]) {
        let asked = request("GET", &path, Some(token), None);
        let mut times = Vec::with_capacity(ASKED);
        for _ in 0..ASKED {
            let begin = Instant::now();
            connection.ask(&asked).await?;
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
        }
        *figure = quantile(times, 0.5);
    }
    Ok(figures)
}

/// Copies the first row of a table, from outside as everything here.
fn multiply(target: &str, table: &str, times: u32) -> anyhow::Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/multiply.py");
    let done = Command::new("python3").args([script, target, table, &times.to_string()]).status()?;
    anyhow::ensure!(done.success(), "{table} could not be multiplied");
    Ok(())
}

/// Memory over a million requests.
async fn requests(server: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let program = Program::server(server, folder.path(), &[])?;
    let token = register(&program, "busy@example.com").await?;
    let asked = request("GET", "/api/v1/users/me", Some(&token), None);
    let (mut sent, mut marks) = (0.0, vec![100_000.0, 250_000.0, 500_000.0, 1_000_000.0].into_iter().peekable());
    while let Some(mark) = marks.peek().copied() {
        let round = Duration::from_secs(1);
        sent += throughput(program.address, &asked, CONNECTIONS, round).await?;
        if sent >= mark {
            say(&format!("resident after {mark:9.0} requests    {:8.1} MiB", program.resident()?));
            marks.next();
        }
    }
    Ok(())
}

/// Memory of ten thousand streams of events that nothing happens on.
async fn streams(server: &str) -> anyhow::Result<()> {
    const STREAMS: u32 = 10_000;
    let folder = tempfile::tempdir()?;
    let program = Program::server(server, folder.path(), &[])?;
    let token = register(&program, "listener@example.com").await?;
    let before = program.resident()?;
    let asked = request("GET", "/api/v1/events", Some(&token), None);
    let mut open = Vec::new();
    for _ in 0..STREAMS {
        let mut stream = TcpStream::connect(program.address).await?;
        stream.write_all(&asked).await?;
        let mut head = vec![0; 1024];
        let read = stream.read(&mut head).await?;
        let head = String::from_utf8_lossy(head.get(..read).unwrap_or_default()).into_owned();
        anyhow::ensure!(head.starts_with("HTTP/1.1 200"), "stream {}: {head}", open.len());
        open.push(stream);
    }
    let after = program.resident()?;
    let each = (after - before) * 1024.0 / f64::from(STREAMS);
    say(&format!("resident with {STREAMS} idle streams       {after:8.1} MiB    <= 300, {each:.1} KiB each"));
    drop(open);
    Ok(())
}
