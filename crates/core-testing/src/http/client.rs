use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a test waits for a server before it gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request over a connection of its own. Nothing about it is corrected: methods, headers and bodies go out as they are given,
/// so that a test can send what no client library would.
#[derive(Clone, Debug)]
pub struct Request {
    address: SocketAddr,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A file in a form.
#[derive(Clone, Copy, Debug)]
pub struct FormFile<'f> {
    /// The field that it is.
    pub field: &'f str,
    /// Its own name.
    pub name: &'f str,
    /// What it says to be.
    pub mime: &'f str,
    /// What it holds.
    pub bytes: &'f [u8],
}

impl<'f> FormFile<'f> {
    /// A photo in this field.
    pub fn jpeg(field: &'f str, bytes: &'f [u8]) -> Self {
        Self { field, name: "me.jpg", mime: "image/jpeg", bytes }
    }
}

impl Request {
    /// A request to a server at `address`.
    pub fn to(address: SocketAddr, method: &str, target: &str) -> Self {
        Self { address, method: method.to_owned(), target: target.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Signs in with a token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sends these bytes with this content type.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sends JSON.
    pub fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string())
    }

    /// Sends a form (RFC 7578): fields with their texts, then files.
    pub fn form(self, texts: &[(&str, &str)], files: &[FormFile<'_>]) -> Self {
        const BOUNDARY: &str = "a-boundary";
        let mut body = Vec::new();
        for (name, text) in texts {
            body.extend(
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").into_bytes(),
            );
        }
        for FormFile { field, name, mime, bytes } in files {
            let head = format!("content-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\ncontent-type: {mime}");
            body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").into_bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    /// Sends it and reads the whole answer. A connection that ends without one is status 0.
    pub async fn send(self) -> Reply {
        let mut stream = self.open().await;
        let reply = tokio::time::timeout(PATIENCE, stream.reply()).await;
        reply.unwrap_or_else(|_late| Reply::none())
    }

    /// Sends it and leaves the connection open, to read a stream piece by piece or to hang up.
    pub async fn open(self) -> Stream {
        let connection = self.connect().await.ok();
        Stream { connection, buffer: Vec::new() }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let mut connection = TcpStream::connect(self.address).await?;
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.method, self.target, self.address);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let has_length = self.headers.iter().any(|(name, _)| name == "content-length" || name == "transfer-encoding");
        if !has_length && (!self.body.is_empty() || !matches!(self.method.as_str(), "GET" | "HEAD")) {
            head.extend(["content-length: ", &self.body.len().to_string(), "\r\n"]);
        }
        head.push_str("\r\n");
        connection.write_all(head.as_bytes()).await?;
        // A server that refuses early closes its side; what it answered is still to be read.
        let _refused = connection.write_all(&self.body).await;
        Ok(connection)
    }
}

/// An open answer.
#[derive(Debug)]
pub struct Stream {
    connection: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Stream {
    /// Reads until `needle` has come; false when the connection ended before.
    pub async fn read_until(&mut self, needle: &str) -> bool {
        let waiting = async {
            while !self.text().contains(needle) {
                if !self.fill().await {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap_or(false)
    }

    /// Everything that came so far, head and framing included.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer).into_owned()
    }

    /// Sends more.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        match &mut self.connection {
            Some(connection) => connection.write_all(bytes).await.is_ok(),
            None => false,
        }
    }

    /// Hangs up.
    pub fn hang_up(self) {
        drop(self);
    }

    /// Reads to the end of the answer. Servers may keep the connection a while longer after a body that they refused.
    pub async fn reply(&mut self) -> Reply {
        while !self.is_whole() && self.fill().await {}
        Reply::parse(&self.buffer)
    }

    fn is_whole(&self) -> bool {
        let reply = Reply::parse(&self.buffer);
        match reply.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
            Some(length) => reply.body.len() >= length,
            None => reply.status == 204 || reply.status == 304 || self.buffer.ends_with(b"\r\n0\r\n\r\n"),
        }
    }

    async fn fill(&mut self) -> bool {
        let Some(connection) = &mut self.connection else { return false };
        matches!(connection.read_buf(&mut self.buffer).await, Ok(read) if read > 0)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status; 0 when there was no answer.
    pub status: u16,
    /// The headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Reply {
    fn none() -> Self {
        Self { status: 0, headers: Vec::new(), body: Vec::new() }
    }

    fn parse(bytes: &[u8]) -> Self {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Self::none() };
        let (head, rest) = bytes.split_at(end);
        let head = String::from_utf8_lossy(head).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).unwrap_or(0);
        let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        let headers: Vec<(String, String)> = lines.filter_map(pair).collect();
        let raw = rest.get(4..).unwrap_or_default();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if chunked { unchunk(raw) } else { raw.to_vec() };
        Self { status, headers, body }
    }

    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The problem code, when it is a problem.
    pub fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

fn unchunk(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = raw.windows(2).position(|window| window == b"\r\n") {
        let (size, rest) = raw.split_at(at);
        let size = usize::from_str_radix(String::from_utf8_lossy(size).trim(), 16).unwrap_or(0);
        let rest = rest.get(2..).unwrap_or_default();
        if size == 0 {
            break;
        }
        body.extend_from_slice(rest.get(..size).unwrap_or(rest));
        raw = rest.get(size + 2..).unwrap_or_default();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_answer_is_put_together() {
        let reply = Reply::parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        assert_eq!((reply.status, reply.text().as_str()), (200, "abcde"));
    }
}
