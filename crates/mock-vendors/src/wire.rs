use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use url::form_urlencoded;

/// The most that a request may hold.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// One request that a mock received.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// `POST`, `GET`, ...
    pub method: String,
    /// Path as it was sent, without the query.
    pub path: String,
    /// The decoded pairs of the query.
    pub query: Vec<(String, String)>,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it was sent.
    pub body: Vec<u8>,
    /// The status of the answer; none when there was none.
    pub status: Option<u16>,
}

impl Recorded {
    /// The first header of that name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The first query parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A field of the body, whether it is a form or JSON.
    pub fn field(&self, name: &str) -> Option<String> {
        if self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            return form_urlencoded::parse(&self.body).find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
        }
        self.json().get(name).and_then(Value::as_str).map(str::to_owned)
    }

    /// What follows a scheme such as `Bearer` in `Authorization`.
    pub fn credential(&self, scheme: &str) -> Option<&str> {
        let (own, rest) = self.header("authorization")?.split_once(' ')?;
        own.eq_ignore_ascii_case(scheme).then_some(rest)
    }

    /// The segments of the path, decoded once.
    pub fn segments(&self) -> Vec<String> {
        let decode = |segment: &str| {
            let plus = segment.replace('+', "%2B");
            form_urlencoded::parse(format!("x={plus}").as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        // `&` and `=` would end the pair, so they are encoded first.
        let safe = |segment: &str| decode(&segment.replace('&', "%26").replace('=', "%3D"));
        self.path.split('/').filter(|segment| !segment.is_empty()).map(safe).collect()
    }
}

/// An answer of a mock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers besides the framing.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    /// A page, as proxies answer it.
    pub fn html(status: u16) -> Self {
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        Self { status, headers, body: b"<!doctype html><title>Oh no</title><h1>Something is broken</h1>".to_vec() }
    }

    /// Nothing but a status.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// User and password of `Authorization: Basic`.
pub(crate) fn basic(request: &Recorded) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(request.credential("basic")?).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Reads one HTTP/1.1 request; none when the client closed between requests.
pub(crate) async fn read<R: AsyncRead + Unpin>(reader: &mut BufReader<R>) -> io::Result<Option<Recorded>> {
    let Some(first) = line(reader).await? else { return Ok(None) };
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no request line"));
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let mut recorded = Recorded { method: method.to_owned(), path: path.to_owned(), query, ..Recorded::default() };
    while let Some(line) = line(reader).await?.filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':') {
            recorded.headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let length = recorded.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0_usize);
    if length > MAX_BODY {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the request is too large"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    recorded.body = body;
    Ok(Some(recorded))
}

async fn line<R: AsyncRead + Unpin>(reader: &mut BufReader<R>) -> io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_once() {
        let recorded = Recorded { path: "/repos/o/r/contents/a%20b/c%23d/%252e/x&y=z+1".into(), ..Recorded::default() };
        assert_eq!(recorded.segments(), ["repos", "o", "r", "contents", "a b", "c#d", "%2e", "x&y=z+1"]);
    }
}
