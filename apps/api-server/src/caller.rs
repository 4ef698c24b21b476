//! A client of the API: for the audit of any deployment, and for the demo.

#![expect(clippy::indexing_slicing, reason = "problems are looked into by member; one that is not there is null")]

use std::time::Duration;

use bytes::Bytes;
use core_egress::{Client, HeaderMap, Method, Url};
use core_kernel::Secret;
use serde_json::Value;

/// How often a call that was limited is made again, and how long its wait may be.
const PATIENCE: (u32, u64) = (3, 70);

/// The header of a JSON body.
pub(crate) const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// Somebody who calls a deployment.
pub(crate) struct Caller<'a> {
    client: &'a Client,
    base: &'a Url,
    token: Option<Secret>,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(client: &'a Client, base: &'a Url) -> Self {
        Self { client, base, token: None }
    }

    /// The same, signed in.
    pub(crate) fn with(&self, token: Secret) -> Self {
        Self { token: Some(token), ..*self }
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.call("GET", path, None, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.call("POST", path, Some(body.to_string().into()), &JSON).await
    }

    /// One call. Being limited is waited for: a deployment may keep its limits while it is looked at.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Bytes>,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let mut attempt = 0;
        loop {
            let answer = self.once(method, path, body.clone(), headers).await?;
            let wait = answer.header("retry-after").and_then(|wait| wait.parse().ok()).unwrap_or(1);
            if answer.status != 429 || attempt == PATIENCE.0 || wait > PATIENCE.1 {
                return Ok(answer);
            }
            attempt += 1;
            tokio::time::sleep(Duration::from_secs(wait)).await;
        }
    }

    async fn once(&self, method: &str, path: &str, body: Option<Bytes>, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let mut request = self.client.request(method.parse::<Method>()?, self.base.join(path)?);
        if let Some(token) = &self.token {
            request = request.bearer(token);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes_capped().await? })
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body; null where it is no JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as it came.
    #[cfg(feature = "full")]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    #[cfg(feature = "full")]
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// True when the text is anywhere in the body.
    pub(crate) fn shows(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    /// The type of the body without its parameters.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.header("content-type").and_then(|whole| whole.split(';').next()).map(str::trim)
    }

    /// One of these statuses, and a problem document (RFC 9457) where it is an error.
    pub(crate) fn expect(&self, statuses: &[u16]) -> Result<(), String> {
        if !statuses.contains(&self.status) {
            return Err(format!("{} came, not {statuses:?}", self.status));
        }
        if self.status >= 400 { self.is_problem() } else { Ok(()) }
    }

    /// Not carried out, for whatever reason.
    pub(crate) fn expect_refusal(&self) -> Result<(), String> {
        if self.status < 400 || self.status >= 500 {
            return Err(format!("{} came, which is no refusal", self.status));
        }
        self.is_problem()
    }

    /// A problem document with everything that ours have.
    pub(crate) fn is_problem(&self) -> Result<(), String> {
        if self.content_type() != Some("application/problem+json") {
            return Err(format!("{} with {:?} is no problem document", self.status, self.content_type()));
        }
        let body = self.json();
        let missing = ["type", "title", "detail", "instance", "code"].into_iter().find(|member| !body[*member].is_string());
        if let Some(member) = missing {
            return Err(format!("the problem has no {member}"));
        }
        if body["status"] == self.status {
            Ok(())
        } else {
            Err(format!("the problem says {} under {}", body["status"], self.status))
        }
    }
}
