use std::collections::BTreeMap;

use core_http::MountedOperation;
use serde_json::Value;

use crate::http::{Request, TestServer};

/// What a fixture put into its feature.
#[derive(Clone, Debug, Default)]
pub struct Planted {
    /// Ids and other values of what is there, by names of the fixture's choice; for its own `request_for`.
    pub rows: BTreeMap<&'static str, String>,
    /// Paths whose GET shows something planted to its owner and must be 404 to everybody else.
    pub urls: Vec<String>,
    /// A text in what was planted that occurs nowhere else. Empty where the feature keeps nothing of anybody.
    pub canary: String,
}

impl Planted {
    /// A value by its name; empty when it is not there.
    pub fn row(&self, name: &str) -> &str {
        self.rows.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// The body of a sample.
#[derive(Clone, Debug, Default)]
pub enum SampleBody {
    /// Nothing.
    #[default]
    None,
    /// JSON.
    Json(Value),
    /// Anything else: content type and bytes.
    Raw(String, Vec<u8>),
}

/// A good request for one operation.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub(crate) path: BTreeMap<String, String>,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: SampleBody,
    pub(crate) expected: Option<u16>,
}

impl Sample {
    /// A request without anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills a name of the path.
    pub fn path(mut self, name: &str, value: impl Into<String>) -> Self {
        self.path.insert(name.to_owned(), value.into());
        self
    }

    /// The query, encoded, without the question mark.
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A JSON body.
    pub fn json(mut self, value: Value) -> Self {
        self.body = SampleBody::Json(value);
        self
    }

    /// Another body.
    pub fn raw(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = SampleBody::Raw(content_type.to_owned(), bytes.into());
        self
    }

    /// The status that the owner gets, where it is none of the row's answers (503 for a provider that tests do not have, say).
    pub fn expect(mut self, status: u16) -> Self {
        self.expected = Some(status);
        self
    }

    /// The path with every name filled in, and the query.
    pub(crate) fn target(&self, row: &MountedOperation) -> Result<String, String> {
        let mut target = row.documented_path();
        for name in row.path_names() {
            let value = self.path.get(&name).ok_or_else(|| format!("the sample does not fill {{{name}}}"))?;
            target = target.replace(&format!("{{{name}}}"), value);
        }
        if !self.query.is_empty() {
            target = format!("{target}?{}", self.query);
        }
        Ok(target)
    }

    /// The request, without a caller.
    pub(crate) fn request(&self, server: &TestServer, row: &MountedOperation) -> Request {
        self.request_to(server, row, &self.target(row).unwrap_or_default())
    }

    pub(crate) fn request_to(&self, server: &TestServer, row: &MountedOperation, target: &str) -> Request {
        let request = self.bare(server, row, target);
        match &self.body {
            SampleBody::None => request,
            SampleBody::Json(value) => request.json(value),
            SampleBody::Raw(content_type, bytes) => request.body(content_type, bytes.clone()),
        }
    }

    /// The request without its body.
    pub(crate) fn bare(&self, server: &TestServer, row: &MountedOperation, target: &str) -> Request {
        let request = server.request(row.method().as_str(), target);
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }
}
