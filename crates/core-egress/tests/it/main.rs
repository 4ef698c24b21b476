//! Both kinds of target against servers on the loopback interface.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests fail by panicking, and their servers end with the test"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use core_egress::{Egress, EgressConfig, EgressError, Method, Url};
use core_kernel::{Secret, TraceContext};
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Answers every connection with `pieces` and then, if so, keeps it open. Counts what it was asked.
struct Server {
    url: Url,
    requests: Arc<AtomicUsize>,
    seen: Arc<std::sync::Mutex<String>>,
}

impl Server {
    async fn start(pieces: Vec<Vec<u8>>, hang: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/path?key=canary", listener.local_addr().unwrap()).parse().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = Arc::new(std::sync::Mutex::new(String::new()));
        let (count, last) = (requests.clone(), seen.clone());
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let (count, last, pieces) = (count.clone(), last.clone(), pieces.clone());
                tokio::spawn(async move {
                    let head = head_of_request(&mut socket).await;
                    count.fetch_add(1, Ordering::SeqCst);
                    *last.lock().unwrap() = head;
                    for piece in &pieces {
                        let _ = socket.write_all(piece).await;
                    }
                    if hang {
                        std::future::pending::<()>().await;
                    }
                    // Closing with something unread would reset the connection under the answer.
                    let _ = socket.shutdown().await;
                    let _ = socket.read_to_end(&mut Vec::new()).await;
                });
            }
        });
        Self { url, requests, seen }
    }

    async fn answering(body: &str) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        Self::start(vec![head.into_bytes()], false).await
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn head_of_request(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn egress(change: impl FnOnce(&mut EgressConfig)) -> Egress {
    let mut config = EgressConfig { allow_http: true, ..EgressConfig::default() };
    change(&mut config);
    Egress::new(config).unwrap()
}

#[tokio::test]
async fn an_operator_target_may_be_anywhere_and_gets_headers_and_body() {
    let server = Server::answering(r#"{"answer":42}"#).await;
    let answer = egress(|_| {})
        .operator()
        .request(Method::POST, server.url.clone())
        .bearer(&Secret::new("token-canary"))
        .header("x-extra", "1")
        .json(&[1, 2])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let value: std::collections::HashMap<String, u8> = answer.json_capped().await.unwrap();
    assert_eq!(value.get("answer"), Some(&42));
    let seen = server.seen.lock().unwrap().to_lowercase();
    for part in ["post /path?key=canary", "authorization: bearer token-canary", "x-extra: 1", "user-agent: brickwork/"] {
        assert!(seen.contains(part), "{seen}");
    }
}

#[tokio::test]
async fn a_user_target_on_the_loopback_is_refused_by_address_and_by_name_and_nothing_is_sent() {
    let server = Server::answering("{}").await;
    let port = server.url.port().unwrap();
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "2130706433", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"] {
        let url: Url = format!("http://{host}:{port}/").parse().unwrap();
        let error = egress(|_| {}).user().request(Method::GET, url).send().await.unwrap_err();
        assert!(matches!(error, EgressError::Refused { .. }), "{host}: {error:?}");
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn an_allowed_range_lets_a_user_target_through_by_address_and_by_name() {
    let server = Server::answering("{}").await;
    let egress = egress(|config| config.allow_private = vec!["127.0.0.0/8".parse().unwrap()]);
    for host in ["127.0.0.1", "localhost"] {
        let mut url = server.url.clone();
        url.set_host(Some(host)).unwrap();
        assert_eq!(egress.user().request(Method::GET, url).send().await.unwrap().status(), 200, "{host}");
    }
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_redirect_is_the_answer_for_users_and_followed_for_operators() {
    let target = Server::answering("there").await;
    let head = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", target.url);
    let door = Server::start(vec![head.into_bytes()], false).await;
    let egress = egress(|config| config.allow_private = vec!["127.0.0.0/8".parse().unwrap()]);
    let answer = egress.user().request(Method::GET, door.url.clone()).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), target.requests()), (302, 0));
    let answer = egress.operator().request(Method::GET, door.url.clone()).send().await.unwrap();
    assert_eq!(answer.bytes_capped().await.unwrap(), "there");
}

#[tokio::test]
async fn endless_redirects_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = [0; 2048];
            let _ = socket.read(&mut head).await;
            let _ = socket
                .write_all(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await;
        }
    });
    let error = egress(|_| {}).operator().request(Method::GET, url).send().await.unwrap_err();
    assert_eq!(error, EgressError::Refused { reason: "too many redirects".to_owned() });
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused_whether_announced_or_not() {
    let announced = Server::answering(&"x".repeat(101)).await;
    let mut pieces = vec![b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()];
    pieces.extend(std::iter::repeat_n(b"a\r\n0123456789\r\n".to_vec(), 11));
    let chunked = Server::start(pieces, true).await;
    for server in [&announced, &chunked] {
        let request = egress(|config| config.max_body_bytes = 100).operator().request(Method::GET, server.url.clone());
        assert_eq!(request.send().await.unwrap().bytes_capped().await, Err(EgressError::TooLarge { limit: 100 }));
    }
    let fits = egress(|_| {}).operator().request(Method::GET, announced.url.clone()).max_body_bytes(101);
    assert_eq!(fits.send().await.unwrap().bytes_capped().await.unwrap().len(), 101);
    let request = egress(|_| {}).operator().request(Method::GET, chunked.url.clone()).max_body_bytes(25);
    let pieces: Vec<_> = request.send().await.unwrap().chunks().collect().await;
    assert_eq!(pieces.last(), Some(&Err(EgressError::TooLarge { limit: 25 })));
    assert!(pieces.iter().filter_map(|piece| piece.as_ref().ok()).map(bytes::Bytes::len).sum::<usize>() <= 25);
}

#[tokio::test]
async fn silence_before_the_head_and_within_the_body_is_ended() {
    let mute = Server::start(vec![], true).await;
    let total = Duration::from_millis(50);
    let request = egress(|_| {}).operator().request(Method::GET, mute.url.clone()).timeout(total);
    assert_eq!(request.send().await.unwrap_err(), EgressError::Timeout { phase: "total", limit: total });

    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n".to_vec();
    let stalled = Server::start(vec![head], true).await;
    let idle = Duration::from_millis(50);
    let request = egress(|_| {}).operator().request(Method::GET, stalled.url.clone()).idle_timeout(idle);
    let pieces: Vec<_> = request.send().await.unwrap().chunks().collect().await;
    assert_eq!(pieces, [Ok("hi".into()), Err(EgressError::Timeout { phase: "idle", limit: idle })]);
}

#[tokio::test]
async fn no_error_carries_the_url_or_the_body() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let gone: Url = format!("http://{closed}/?key=canary").parse().unwrap();
    let connect = egress(|_| {}).operator().request(Method::GET, gone).send().await.unwrap_err();
    assert!(matches!(connect, EgressError::Connect(_)) && connect.nothing_was_sent(), "{connect:?}");
    let garbage = Server::start(vec![b"canary canary\r\n\r\n".to_vec()], false).await;
    let broken = egress(|_| {}).operator().request(Method::GET, garbage.url.clone()).send().await.unwrap_err();
    assert!(matches!(broken, EgressError::Broken(_)) && !broken.nothing_was_sent(), "{broken:?}");
    let text = Server::answering(r#"{"canary": }"#).await;
    let answer = egress(|_| {}).operator().request(Method::GET, text.url.clone()).send().await.unwrap();
    let json = answer.json_capped::<u8>().await.unwrap_err();
    let header =
        egress(|_| {}).operator().request(Method::GET, text.url.clone()).header("x", "canary\n").send().await.unwrap_err();
    for error in [connect, broken, json, header] {
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_snippet_is_short_and_never_fails() {
    let server = Server::answering(&"é".repeat(500)).await;
    let answer = egress(|_| {}).operator().request(Method::GET, server.url.clone()).send().await.unwrap();
    assert_eq!(answer.snippet(11).await, "ééééé");
}

#[tokio::test]
async fn targets_of_the_operator_hear_of_the_trace_and_those_of_users_do_not() {
    let server = Server::answering("{}").await;
    let egress = egress(|config| config.allow_private = vec!["127.0.0.0/8".parse().unwrap()]);
    let work = TraceContext::begin();
    for (client, hears) in [(egress.operator(), true), (egress.user(), false)] {
        work.enter(client.request(Method::GET, server.url.clone()).send()).await.unwrap();
        let head = server.seen.lock().unwrap().clone();
        let sent = head.lines().find_map(|line| line.strip_prefix("traceparent: "));
        assert_eq!(sent.is_some(), hears, "{head}");
        if let Some(sent) = sent {
            let sent: TraceContext = sent.parse().unwrap();
            assert_eq!(sent.trace_id(), work.trace_id());
            assert_ne!(sent.span_id(), work.span_id(), "the call is a piece of work of its own");
        }
    }
    egress.operator().request(Method::GET, server.url.clone()).send().await.unwrap();
    assert!(!server.seen.lock().unwrap().contains("traceparent"), "work outside of traces tells of none");
}
