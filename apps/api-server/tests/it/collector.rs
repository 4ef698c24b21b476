//! A collector: takes what `POST /v1/traces` and `/v1/metrics` bring and reads it by protobuf's wire format, without the code that wrote it
//! (https://protobuf.dev/programming-guides/encoding/, opentelemetry/proto/trace/v1/trace.proto, opentelemetry/proto/metrics/v1/metrics.proto).

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a span told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    /// 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
    pub(crate) kind: u8,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) failed: bool,
    /// Of the server that sent it.
    pub(crate) resource: Vec<(String, String)>,
}

impl Span {
    pub(crate) fn attribute(&self, name: &str) -> &str {
        text_of(&self.attributes, name)
    }
}

/// One number or histogram of a metric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// Of a sum, or how many a histogram has.
    pub(crate) count: u64,
    /// The upper bounds of a histogram's buckets.
    pub(crate) bounds: Vec<f64>,
}

pub(crate) fn text_of<'a>(attributes: &'a [(String, String)], name: &str) -> &'a str {
    attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

/// Heads and bodies as they came.
type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

pub(crate) struct Collector {
    pub(crate) url: String,
    received: Received,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Received::default();
        let kept = Arc::clone(&received);
        #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(serve(connection, kept));
            }
        });
        Self { url, received }
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.received.lock().unwrap().iter().map(|(head, _)| head.clone()).collect()
    }

    /// True when these bytes are anywhere in what came.
    pub(crate) fn holds(&self, needle: &str) -> bool {
        let received = self.received.lock().unwrap();
        received.iter().any(|(_, body)| body.windows(needle.len()).any(|window| window == needle.as_bytes()))
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        self.bodies("post /v1/traces ").iter().flat_map(|body| spans_of(body)).collect()
    }

    /// The points that the last report of metrics had.
    pub(crate) fn points(&self) -> Vec<Point> {
        self.bodies("post /v1/metrics ").last().map(|body| points_of(body)).unwrap_or_default()
    }

    fn bodies(&self, request: &str) -> Vec<Vec<u8>> {
        let received = self.received.lock().unwrap();
        received.iter().filter(|(head, _)| head.starts_with(request)).map(|(_, body)| body.clone()).collect()
    }
}

/// Answers each request on a connection.
async fn serve(mut connection: TcpStream, kept: Received) {
    let mut bytes = Vec::new();
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let head = end.map(|end| String::from_utf8_lossy(&bytes[..end]).to_lowercase());
        let length = head.as_ref().and_then(|head| head.lines().find_map(|line| line.strip_prefix("content-length: ")));
        let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or_default();
        if let (Some(end), Some(head)) = (end, head)
            && bytes.len() >= end + 4 + length
        {
            kept.lock().unwrap().push((head, bytes[end + 4..end + 4 + length].to_vec()));
            bytes.drain(..end + 4 + length);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
            let _answered = connection.write_all(answer).await;
            continue;
        }
        if !matches!(connection.read_buf(&mut bytes).await, Ok(read) if read > 0) {
            return;
        }
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// The fields of a message: number and content. A varint is its eight bytes, the smallest first.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                found.push((key >> 3, varint(&mut bytes).to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)).unwrap(),
            5 => 4,
            other => panic!("no wire type {other}"),
        };
        let (content, rest) = bytes.split_at(length);
        found.push((key >> 3, content.to_vec()));
        bytes = rest;
    }
    found
}

fn all(message: &[u8], number: u64) -> Vec<Vec<u8>> {
    fields(message).into_iter().filter(|(found, _)| *found == number).map(|(_, content)| content).collect()
}

fn one(message: &[u8], number: u64) -> Vec<u8> {
    all(message, number).pop().unwrap_or_default()
}

fn text(message: &[u8], number: u64) -> String {
    String::from_utf8(one(message, number)).unwrap()
}

/// `KeyValue { key = 1, value = 2 }` with `AnyValue { string = 1, bool = 2, int = 3 }`.
fn attributes(message: &[u8], number: u64) -> Vec<(String, String)> {
    let value = |value: &[u8]| match fields(value).pop() {
        Some((1, content)) => String::from_utf8(content).unwrap(),
        Some((_, number)) => i64::from_le_bytes(number.try_into().unwrap()).to_string(),
        None => String::new(),
    };
    all(message, number).iter().map(|pair| (text(pair, 1), value(&one(pair, 2)))).collect()
}

/// `ExportTraceServiceRequest { resource_spans = 1 { resource = 1, scope_spans = 2 { spans = 2 } } }`.
fn spans_of(body: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    for group in all(body, 1) {
        let resource = attributes(&one(&group, 1), 1);
        for span in all(&group, 2).iter().flat_map(|scope| all(scope, 2)) {
            spans.push(Span {
                trace: core_kernel::hex(&one(&span, 1)),
                id: core_kernel::hex(&one(&span, 2)),
                parent: core_kernel::hex(&one(&span, 4)),
                name: text(&span, 5),
                kind: one(&span, 6).first().copied().unwrap_or_default(),
                attributes: attributes(&span, 9),
                failed: one(&one(&span, 15), 3).first() == Some(&2),
                resource: resource.clone(),
            });
        }
    }
    spans
}

/// `ExportMetricsServiceRequest { resource_metrics = 1 { scope_metrics = 2 { metrics = 2 } } }`; a metric is `{ name = 1, gauge = 5, sum = 7, histogram = 9 }`.
fn points_of(body: &[u8]) -> Vec<Point> {
    let scopes: Vec<Vec<u8>> = all(body, 1).iter().flat_map(|group| all(group, 2)).collect();
    let metrics: Vec<Vec<u8>> = scopes.iter().flat_map(|scope| all(scope, 2)).collect();
    let mut points = Vec::new();
    for metric in metrics {
        let name = text(&metric, 1);
        for point in [5, 7].iter().flat_map(|kind| all(&one(&metric, *kind), 1)) {
            let count = one(&point, 6).try_into().map(u64::from_le_bytes).unwrap_or_default();
            points.push(Point { name: name.clone(), attributes: attributes(&point, 7), count, bounds: Vec::new() });
        }
        for point in all(&one(&metric, 9), 1) {
            let count = one(&point, 4).try_into().map(u64::from_le_bytes).unwrap_or_default();
            let bounds = one(&point, 7).chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect();
            points.push(Point { name: name.clone(), attributes: attributes(&point, 9), count, bounds });
        }
    }
    points
}
