use std::sync::Arc;

use tokio::sync::watch;

use crate::UsageNumbers;

/// A door in a script: the server waits at it until the test opens it, so that a stall needs no sleeping.
#[derive(Clone, Debug)]
pub struct Gate {
    open: Arc<watch::Sender<bool>>,
    reached: Arc<watch::Sender<bool>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { open: Arc::new(watch::Sender::new(false)), reached: Arc::new(watch::Sender::new(false)) }
    }
}

impl Gate {
    /// Lets the server go on, now and at every later visit.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// Waits until the server stands at the gate (or has stood there).
    pub async fn reached(&self) {
        let _ = self.reached.subscribe().wait_for(|reached| *reached).await;
    }

    pub(crate) async fn pass(&self) {
        self.reached.send_replace(true);
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }
}

/// One thing that the server does while answering.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends the bytes in one write.
    Send(Vec<u8>),
    /// Sends the bytes one write each.
    SendBytewise(Vec<u8>),
    /// Waits at the gate.
    Wait(Gate),
    /// Resets the connection: nothing after it is sent.
    Reset,
    /// Closes the connection without ending the body as HTTP asks.
    Close,
}

/// One answer of the server.
#[derive(Clone, Debug)]
pub struct Script {
    /// HTTP status.
    pub status: u16,
    /// Headers besides the framing ones.
    pub headers: Vec<(String, String)>,
    /// What happens before the status line is sent.
    pub before: Vec<Step>,
    /// What happens to the body.
    pub body: Vec<Step>,
    /// What is billed for it.
    pub bill: Bill,
}

/// What a provider charges for an answer. A fault costs nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// When it was sent to its end.
    pub whole: UsageNumbers,
    /// When it was cut after it had begun. A client that leaves before pays nothing.
    pub cut: UsageNumbers,
}

impl Script {
    /// A body of one type, sent at once.
    pub fn body(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, before: Vec::new(), body: vec![Step::Send(body.into())], bill: Bill::default() }
    }

    /// A JSON body.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::body(status, "application/json; charset=utf-8", body.to_string())
    }

    /// A stream of events; each step is one write.
    pub fn events(steps: Vec<Step>) -> Self {
        let headers = vec![("content-type".to_owned(), "text/event-stream; charset=utf-8".to_owned())];
        Self { status: 200, headers, before: Vec::new(), body: steps, bill: Bill::default() }
    }

    /// The same answer with another content type.
    #[must_use]
    pub fn of_type(mut self, content_type: &str) -> Self {
        self.headers.retain(|(name, _)| name != "content-type");
        self.with_header("content-type", content_type)
    }

    /// The same answer with a price.
    #[must_use]
    pub fn billed(mut self, whole: UsageNumbers, cut: UsageNumbers) -> Self {
        self.bill = Bill { whole, cut };
        self
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same answer after a step that precedes the status line.
    #[must_use]
    pub fn after(mut self, step: Step) -> Self {
        self.before.push(step);
        self
    }
}
