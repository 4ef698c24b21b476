use std::sync::{Arc, Mutex};

use core_egress::HeaderMap;
use standardwebhooks::Webhook;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The verdict of a library that we did not write, on headers, time and signature. Its clock is the real one.
    pub(crate) fn is_accepted_with(&self, secret: &str) -> bool {
        let mut headers = HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, self.header(name).parse().unwrap());
        }
        Webhook::new(secret).unwrap().verify(self.body.as_bytes(), &headers).is_ok()
    }

    /// True when that library makes one of its signatures with this secret, whatever the time.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let at = self.header("webhook-timestamp").parse().unwrap();
        let signed = Webhook::new(secret).unwrap().sign(self.header("webhook-id"), at, self.body.as_bytes()).unwrap();
        self.header("webhook-signature").split(' ').any(|signature| signature == signed)
    }
}

type Answer = dyn Fn(usize) -> String + Send + Sync;

/// A server on a free port that remembers what came and answers what it is told to.
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Answers the request of this number (0 is the first) with a whole answer.
    pub(crate) async fn start(answer: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?token=canary", listener.local_addr().unwrap());
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (kept, answer): (_, Arc<Answer>) = (Arc::clone(&received), Arc::new(answer));
        #[expect(clippy::disallowed_methods, reason = "it ends with the receiver")]
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                serve(connection, &kept, answer.as_ref()).await;
            }
        });
        Self { url, received, task }
    }

    /// One that answers a status and nothing else.
    pub(crate) async fn with_status(status: impl Fn(usize) -> u16 + Send + Sync + 'static) -> Self {
        Self::start(move |number| plain(status(number), "")).await
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A whole answer.
pub(crate) fn plain(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Some\r\ncontent-length: 5\r\nconnection: close\r\n{headers}\r\nNoted")
}

async fn serve(mut connection: TcpStream, received: &Mutex<Vec<Received>>, answer: &Answer) {
    let mut bytes = Vec::new();
    let request = loop {
        if let Some(request) = whole(&bytes) {
            break request;
        }
        if !matches!(connection.read_buf(&mut bytes).await, Ok(read) if read > 0) {
            return;
        }
    };
    let number = {
        let mut received = received.lock().unwrap();
        received.push(request);
        received.len() - 1
    };
    let text = answer(number);
    if text.is_empty() {
        // Says nothing until the other side hangs up.
        let _closed = connection.read_buf(&mut bytes).await;
        return;
    }
    let _sent = connection.write_all(text.as_bytes()).await;
}

fn whole(bytes: &[u8]) -> Option<Received> {
    let text = String::from_utf8(bytes.to_vec()).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())))
        .collect();
    let length: usize = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    (body.len() >= length).then(|| Received { headers, body: body.to_owned() })
}
