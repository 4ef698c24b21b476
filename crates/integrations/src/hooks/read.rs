//! What a delivery says of itself.

use aws_lc_rs::digest;
use bytes::Bytes;
use core_kernel::Secret;
use serde::Deserialize;
use serde_json::Value;

use super::{HookKind, HooksError};

/// The longest name of an event and id of a delivery.
const LONGEST: usize = 200;
/// The longest token of Notion's handshake.
const LONGEST_TOKEN: usize = 512;
/// No handshake is larger.
const LARGEST_HANDSHAKE: usize = 4096;

/// A request to a hook: its body as it came, and the headers that count.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    /// The bytes, which are what is signed.
    pub body: Bytes,
    /// True for `application/x-www-form-urlencoded`, which GitHub may be set to.
    pub form: bool,
    /// `X-Hub-Signature-256`.
    pub github_signature: Option<String>,
    /// `X-GitHub-Event`.
    pub github_event: Option<String>,
    /// `X-GitHub-Delivery`.
    pub github_delivery: Option<String>,
    /// `X-Notion-Signature`.
    pub notion_signature: Option<String>,
    /// `X-Hub-Signature`.
    pub jira_signature: Option<String>,
    /// `X-Atlassian-Webhook-Identifier`.
    pub jira_identifier: Option<String>,
    /// `Authorization`.
    pub authorization: Option<Secret>,
}

/// What is known of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// What the provider calls it.
    pub(super) event_type: String,
    /// The provider's own id of it.
    pub(super) delivery: String,
    /// The body as JSON.
    pub(super) payload: String,
}

#[derive(Deserialize)]
struct GithubBody {
    #[serde(default)]
    action: Option<Value>,
}

#[derive(Deserialize)]
struct NotionBody {
    id: String,
    #[serde(rename = "type")]
    event_type: String,
}

#[derive(Deserialize)]
struct JiraBody {
    #[serde(rename = "webhookEvent")]
    event: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Handshake {
    verification_token: String,
}

/// The token of Notion's handshake, where it is one. It is not signed: nobody has the token before.
pub(super) fn handshake(delivery: &Delivery) -> Option<Secret> {
    if delivery.body.len() > LARGEST_HANDSHAKE || delivery.notion_signature.is_some() {
        return None;
    }
    let token = serde_json::from_slice::<Handshake>(&delivery.body).ok()?.verification_token;
    let fits = (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Secret::new(token))
}

impl Delivery {
    /// True when GitHub asks whether anybody is there.
    pub(super) fn is_ping(&self, kind: HookKind) -> bool {
        kind == HookKind::Github && self.github_event.as_deref() == Some("ping")
    }

    /// The SHA-256 of the body. GitHub does not sign the id of a delivery, so a body that comes again under another id is known by this.
    pub(super) fn digest(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, &self.body).as_ref().to_vec()
    }

    pub(super) fn read(&self, kind: HookKind) -> Result<Told, HooksError> {
        let text = self.text()?;
        // serde takes a list for a struct too.
        if !text.trim_start().starts_with('{') {
            return Err(HooksError::NotReadable("The body is no JSON object"));
        }
        let unreadable = |_odd: serde_json::Error| HooksError::NotReadable("The body is not the JSON that this provider sends");
        let (event_type, delivery) = match kind {
            HookKind::Github => {
                let event = self.github_event.clone().ok_or(HooksError::NotReadable("The header X-GitHub-Event is missing"))?;
                let delivery = self.github_delivery.clone();
                let delivery = delivery.ok_or(HooksError::NotReadable("The header X-GitHub-Delivery is missing"))?;
                let body: GithubBody = serde_json::from_str(&text).map_err(unreadable)?;
                let action = body.action.as_ref().and_then(Value::as_str);
                (action.map_or_else(|| event.clone(), |action| format!("{event}.{action}")), delivery)
            }
            HookKind::Notion => {
                let body: NotionBody = serde_json::from_str(&text).map_err(unreadable)?;
                (body.event_type, body.id)
            }
            HookKind::Jira | HookKind::JiraApp => {
                let body: JiraBody = serde_json::from_str(&text).map_err(unreadable)?;
                let event = body.event.strip_prefix("jira:").map(str::to_owned).unwrap_or(body.event);
                // Old servers send no identifier; the body then stands for itself.
                (event, self.jira_identifier.clone().unwrap_or_else(|| core_kernel::hex(&self.digest())))
            }
        };
        let fits = |text: &str| (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits(&event_type) || !fits(&delivery) {
            return Err(HooksError::NotReadable("The event has no usable name or id"));
        }
        Ok(Told { event_type, delivery, payload: text })
    }

    /// The JSON: the body itself, or the field `payload` of a form.
    fn text(&self) -> Result<String, HooksError> {
        if self.form {
            let field = url::form_urlencoded::parse(&self.body).find(|(name, _)| name == "payload");
            return field.map(|(_, text)| text.into_owned()).ok_or(HooksError::NotReadable("The form has no field `payload`"));
        }
        std::str::from_utf8(&self.body).map(str::to_owned).map_err(|_invalid| HooksError::NotReadable("The body is not UTF-8"))
    }
}
