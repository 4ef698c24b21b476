use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A kept-alive connection that asks the same thing again and again.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8192) })
    }

    /// Sends a request and reads its answer; gives status and body.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            anyhow::ensure!(read > 0, "the server hung up");
            let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default()).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(Ok(0), |length| length.trim().parse())?;
            let body = self.buffer.get(end + 4..).unwrap_or_default();
            if body.len() >= length {
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("a status")?;
                return Ok((status, body.to_vec()));
            }
        }
    }
}

impl Connection {
    /// A header of the last answer, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.buffer).to_ascii_lowercase();
        let head = text.split("\r\n\r\n").next()?;
        let value = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(value.trim().to_owned())
    }

    /// True when the last answer has this header (in lower case).
    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.header(name).is_some()
    }
}

/// The bytes of a request.
pub(crate) fn request(method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: bench\r\n");
    if let Some(token) = token {
        text.extend(["authorization: Bearer ", token, "\r\n"]);
    }
    if let Some(body) = body {
        text.extend(["content-type: application/json\r\ncontent-length: ", &body.len().to_string(), "\r\n\r\n", body]);
    } else {
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// Requests per second of 64 connections that never pause, from one thread.
pub(crate) async fn throughput(address: SocketAddr, request: &[u8], connections: usize, time: Duration) -> anyhow::Result<f64> {
    let begin = Instant::now();
    let loads = (0..connections).map(|_| async move {
        let mut connection = Connection::open(address).await?;
        let mut answered = 0_u32;
        while begin.elapsed() < time {
            let (status, _) = connection.ask(request).await?;
            anyhow::ensure!(status < 300, "status {status}");
            answered += 1;
        }
        Ok::<_, anyhow::Error>(answered)
    });
    let answered: Vec<u32> = loads.collect::<FuturesUnordered<_>>().try_collect().await?;
    Ok(f64::from(answered.iter().sum::<u32>()) / begin.elapsed().as_secs_f64())
}

/// The middle of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// The figure under which `part` of all figures lie.
pub(crate) fn quantile(mut figures: Vec<f64>, part: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a list")]
    let place = (figures.len() as f64 * part) as usize;
    figures.get(place.min(figures.len().saturating_sub(1))).copied().unwrap_or_default()
}
