use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use crate::UsageNumbers;

/// One request that the server received, and what became of its client.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `POST`, `GET`, ...
    pub method: String,
    /// Path with its query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as JSON; `Null` when there is none, `{"base64": ...}` when it is no JSON.
    pub body: Value,
    /// The client closed or reset the connection before the answer was complete.
    pub client_left: bool,
    /// The whole answer was written.
    pub answered: bool,
    /// What is charged for it; none: it is still at work.
    pub billed: Option<UsageNumbers>,
}

impl Recorded {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// True when the client asked for a stream, in the path or in the body.
    pub fn wants_stream(&self) -> bool {
        self.path.contains(":streamGenerateContent") || self.body.get("stream").and_then(Value::as_bool).unwrap_or(false)
    }
}

/// The most that a request may hold: images included, as the providers allow.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// Reads one HTTP/1.1 request; none when the client closed between requests.
pub(crate) async fn read<R: AsyncRead + Unpin>(reader: &mut BufReader<R>) -> io::Result<Option<Recorded>> {
    let Some(line) = line(reader).await? else { return Ok(None) };
    let mut words = line.split(' ');
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no request line"));
    };
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut headers = Vec::new();
    while let Some(line) = self::line(reader).await? {
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut recorded = Recorded { method, path, headers, body: Value::Null, client_left: false, answered: false, billed: None };
    let body = read_body(reader, &recorded).await?;
    if !body.is_empty() {
        recorded.body = serde_json::from_slice(&body).unwrap_or_else(|_| serde_json::json!({ "base64": STANDARD.encode(&body) }));
    }
    Ok(Some(recorded))
}

async fn read_body<R: AsyncRead + Unpin>(reader: &mut BufReader<R>, recorded: &Recorded) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if recorded.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        loop {
            let size = line(reader).await?.unwrap_or_default();
            let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).unwrap_or(0);
            take(reader, size, &mut body).await?;
            line(reader).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    let length = recorded.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    take(reader, length, &mut body).await?;
    Ok(body)
}

async fn take<R: AsyncRead + Unpin>(reader: &mut BufReader<R>, count: usize, into: &mut Vec<u8>) -> io::Result<()> {
    if into.len().saturating_add(count) > MAX_BODY {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the request is too large"));
    }
    let mut part = vec![0; count];
    reader.read_exact(&mut part).await?;
    into.append(&mut part);
    Ok(())
}

async fn line<R: AsyncRead + Unpin>(reader: &mut BufReader<R>) -> io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}
