//! A thousand pictures at once: what is stored, what is refused on the way, and the memory that it takes.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;

use crate::client::{Connection, quantile, request};
use crate::process::Program;
use crate::{register, say};

const UPLOADS: usize = 1000;
/// 2.8 megapixels.
const SIZE: (u16, u16) = (1920, 1440);
/// How long one upload goes on after refusals.
const PATIENCE: Duration = Duration::from_mins(15);
/// The wait before another try where the answer says none.
const PAUSE: Duration = Duration::from_secs(2);

/// What became of one upload.
struct Sent {
    id: String,
    /// Answers of 503 before the last.
    refused: u32,
    /// Connections that ended without an answer.
    broken: u32,
    /// From its first byte to its last answer, waits included.
    seconds: f64,
}

/// A thousand uploads over a thousand connections by one person; each goes on until it is stored.
pub(crate) async fn flood(server: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let program = Program::server(server, folder.path(), &[])?;
    let token = register(&program, "pictures@example.com").await?;
    let upload = form(&token, &picture()?);
    let begin = Instant::now();
    let uploads = (0..UPLOADS).map(|_| send(program.address, &upload));
    let sent: Vec<Sent> = uploads.collect::<FuturesUnordered<_>>().try_collect().await?;
    let seconds = begin.elapsed().as_secs_f64();
    let listed = listed(program.address, &token).await?;
    let kept = sent.iter().filter(|one| listed.contains(&one.id)).count();
    let total = |part: fn(&Sent) -> u32| sent.iter().map(part).sum::<u32>();
    let quantile = |part| quantile(sent.iter().map(|one| one.seconds).collect(), part);
    let rate = f64::from(u32::try_from(UPLOADS)?) / seconds;
    say(&format!("{UPLOADS} uploads at once: acknowledged and listed {kept:6}        = {UPLOADS}"));
    say(&format!("  listed                            {:8}        = {UPLOADS}", listed.len()));
    say(&format!("  refused on the way with 503       {:8}", total(|one| one.refused)));
    say(&format!("  connections that broke            {:8}", total(|one| one.broken)));
    say(&format!("  stored after, p50 and p99         {:8.1} s {:8.1} s", quantile(0.5), quantile(0.99)));
    say(&format!("  uploads a second                  {rate:8.1} /s"));
    say(&format!("  resident at most                  {:8.1} MiB    < 500", program.most_resident()?));
    anyhow::ensure!(kept == UPLOADS, "what was acknowledged is not all there");
    Ok(())
}

async fn send(address: SocketAddr, upload: &[u8]) -> anyhow::Result<Sent> {
    let begin = Instant::now();
    let mut connection = Connection::open(address).await?;
    let (mut refused, mut broken) = (0, 0);
    loop {
        anyhow::ensure!(begin.elapsed() < PATIENCE, "an upload is still refused after {PATIENCE:?}");
        match connection.ask(upload).await {
            Ok((201, body)) => {
                let media: Value = serde_json::from_slice(&body)?;
                let id = media.get("id").and_then(Value::as_str).context("an id")?.to_owned();
                return Ok(Sent { id, refused, broken, seconds: begin.elapsed().as_secs_f64() });
            }
            Ok((503, _)) => {
                refused += 1;
                let hint = connection.header("retry-after").and_then(|seconds| seconds.parse().ok());
                let closed = connection.header("connection").is_some_and(|value| value == "close");
                tokio::time::sleep(hint.map_or(PAUSE, Duration::from_secs)).await;
                if closed {
                    connection = Connection::open(address).await?;
                }
            }
            // A server that refuses a body early hangs up while it is sent, and one that waited too long for its head or body says 408.
            Ok((408, _)) | Err(_) => {
                broken += 1;
                tokio::time::sleep(PAUSE).await;
                connection = Connection::open(address).await?;
            }
            Ok((status, body)) => anyhow::bail!("status {status}: {}", String::from_utf8_lossy(&body)),
        }
    }
}

/// The ids of all pictures, page by page.
async fn listed(address: SocketAddr, token: &str) -> anyhow::Result<HashSet<String>> {
    let mut connection = Connection::open(address).await?;
    let (mut ids, mut cursor) = (HashSet::new(), String::new());
    loop {
        let (status, body) =
            connection.ask(&request("GET", &format!("/api/v1/media?limit=100{cursor}"), Some(token), None)).await?;
        anyhow::ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&body));
        let page: Value = serde_json::from_slice(&body)?;
        let items = page.get("items").and_then(Value::as_array).context("a page")?;
        ids.extend(items.iter().filter_map(|item| item.get("id")?.as_str()).map(str::to_owned));
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(ids),
        }
    }
}

fn form(token: &str, picture: &[u8]) -> Vec<u8> {
    let boundary = "a-boundary-of-the-bench";
    let mut body = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"picture.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(picture);
    body.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    let head = format!(
        "POST /api/v1/media HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\ncontent-type: multipart/form-data; \
         boundary={boundary}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// Gradients with grain, as a camera would send them.
fn picture() -> anyhow::Result<Vec<u8>> {
    let (width, height) = SIZE;
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    for y in 0..height {
        for x in 0..width {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let grain = u16::from(seed.to_le_bytes()[2] / 24);
            let [across, down] = [u32::from(x) * 200 / u32::from(width), u32::from(y) * 200 / u32::from(height)];
            for value in [across, down, u32::midpoint(across, down)] {
                pixels.push(u8::try_from(u16::try_from(value)? + grain)?);
            }
        }
    }
    let mut out = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut out, 90);
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)?;
    Ok(out)
}
