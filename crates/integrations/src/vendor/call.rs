use std::time::Duration;

use core_egress::{Method, Url};
use core_kernel::{FieldError, Secret};
use serde::Serialize;
use serde_json::Value;

use crate::IntegrationsError;

/// With what a call proves who it is from.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// Nothing.
    Nobody,
    /// A token.
    Bearer(Secret),
    /// A name and a token.
    Basic(String, Secret),
}

/// A request to a provider.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    /// A form in place of the JSON body.
    pub(crate) form: Option<Secret>,
    /// Addresses of the settings may be anywhere, those of people are public ones.
    pub(crate) trusted: bool,
}

impl Call {
    /// True when the call changes nothing.
    pub(crate) fn reads(&self) -> bool {
        self.method == Method::GET
    }

    pub(crate) fn with_body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(own, _)| *own != name);
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn with_query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.url.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// What people are shown of it.
    pub(crate) fn planned(&self) -> PlannedRequest {
        let headers = self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let redacted = std::iter::once(("authorization".to_owned(), "[redacted]".to_owned()));
        PlannedRequest {
            method: self.method.as_str().to_owned(),
            url: self.url.to_string(),
            headers: headers.chain(redacted).collect(),
            body: self.body.clone(),
        }
    }
}

/// A request that would be sent, without what it proves itself with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedRequest {
    /// The method.
    pub method: String,
    /// The address.
    pub url: String,
    /// Headers that matter to the provider.
    pub headers: std::collections::BTreeMap<String, String>,
    /// The JSON body, where it has one.
    pub body: Option<Value>,
}

/// An answer of success.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) headers: Vec<(String, String)>,
}

impl Answer {
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer).and_then(Value::as_str)
    }

    pub(crate) fn list(&self, pointer: &str) -> &[Value] {
        self.body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// What a provider said no with. Nothing was done.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// In the provider's words, short and on one line.
    pub(crate) message: String,
    /// A limit is reached; when to come back.
    pub(crate) limited: Option<Duration>,
}

/// Why there is no answer of success.
#[derive(Debug)]
pub(crate) enum CallError {
    /// Nothing was sent.
    NotSent(String),
    /// The provider refused: nothing was done.
    Refused(Box<Refusal>),
    /// It may have been done.
    Lost(String),
    /// There is no access at all.
    NoAccess,
    /// The crate's own parts failed before anything was sent.
    Own(Box<IntegrationsError>),
}

impl From<IntegrationsError> for CallError {
    fn from(error: IntegrationsError) -> Self {
        Self::Own(Box::new(error))
    }
}

impl CallError {
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        if let Self::Refused(refusal) = self { Some(refusal) } else { None }
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.refusal().map(|refusal| refusal.status)
    }
}

/// What a failed call means where it only read, or where nothing was made.
impl From<CallError> for IntegrationsError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotSent(cause) | CallError::Lost(cause) => Self::Unavailable(cause),
            CallError::NoAccess => Self::ReconnectNeeded,
            CallError::Own(error) => *error,
            CallError::Refused(refusal) => Self::from(*refusal),
        }
    }
}

impl From<Refusal> for IntegrationsError {
    fn from(refusal: Refusal) -> Self {
        if let Some(wait) = refusal.limited {
            return Self::Limited(wait);
        }
        match refusal.status {
            401 => Self::ReconnectNeeded,
            403 => Self::Forbidden(refusal.message),
            404 | 410 => Self::TargetNotFound(refusal.message),
            _ => Self::Refused { message: refusal.message, fields: Vec::<FieldError>::new() },
        }
    }
}
