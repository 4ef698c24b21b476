//! An absolute address, taken apart more strictly than browsers do: what they would mend is refused.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What is escaped in a segment of a path.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

const MOST_SEGMENTS: usize = 64;
const MOST_PARAMETERS: usize = 32;

/// An address that is well formed.
#[derive(Debug)]
pub(super) struct Address {
    /// In small letters.
    pub(super) scheme: String,
    /// In small letters, ASCII, without the dot at the end.
    pub(super) host: String,
    /// None: the scheme's own.
    pub(super) port: Option<u16>,
    /// Decoded once. No segment is empty, `.` or `..`.
    pub(super) segments: Vec<String>,
    /// Decoded.
    query: Vec<(String, String)>,
    /// Decoded; empty where there is none.
    pub(super) fragment: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.replace("&amp;", "&");
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = host_and_port(authority, &scheme)?;
        Some(Self {
            segments: segments(path)?,
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().take(MOST_PARAMETERS).collect(),
            fragment: decoded(fragment)?,
            scheme,
            host,
            port,
        })
    }

    /// The first value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Host, with the port where it is not the scheme's own: how settings name hosts.
    pub(super) fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    pub(super) fn is_web(&self) -> bool {
        matches!(self.scheme.as_str(), "https" | "http")
    }
}

/// Without a name of somebody: it is there to mislead. Only `git@` of ssh is what everybody writes.
fn host_and_port(authority: &str, scheme: &str) -> Option<(String, Option<u16>)> {
    let place = match authority.rsplit_once('@') {
        None => authority,
        Some(("git", place)) if matches!(scheme, "ssh" | "git+ssh") => place,
        Some(_) => return None,
    };
    let (host, port) = match place.split_once(':') {
        None => (place, None),
        Some((host, digits)) => (host, Some(digits.parse::<u16>().ok()?)),
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_label =
        |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let own = match scheme {
        "https" | "git+https" | "notion" => 443,
        "http" => 80,
        "git" => 9418,
        _ => 22,
    };
    (host.len() <= 253 && host.split('.').all(is_label)).then(|| (host, port.filter(|port| *port != own)))
}

fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Some(Vec::new());
    }
    let all: Option<Vec<String>> = path.split('/').take(MOST_SEGMENTS + 1).map(decoded).collect();
    let odd = |segment: &String| matches!(segment.as_str(), "" | "." | "..");
    all.filter(|all| all.len() <= MOST_SEGMENTS && !all.iter().any(odd))
}

/// Decoded once: what is escaped twice stays escaped.
fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.chars().any(char::is_control)).then(|| text.into_owned())
}

/// `https://`, the authority and these segments, escaped.
pub(super) fn written<'a>(authority: &str, segments: impl IntoIterator<Item = &'a str>) -> String {
    let mut url = format!("https://{authority}");
    for segment in segments.into_iter().flat_map(|segment| segment.split('/')).filter(|segment| !segment.is_empty()) {
        url.push('/');
        url.extend(utf8_percent_encode(segment, SEGMENT));
    }
    url
}
