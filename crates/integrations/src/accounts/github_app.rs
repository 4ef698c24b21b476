use core_egress::Method;
use core_kernel::{Clock, Secret, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::vendor::{Access, CallError, Hosts, Transport};
use crate::{IntegrationsError, Provider};

/// A token of an installation, for an hour.
#[derive(Clone, Debug)]
pub(crate) struct InstallationToken {
    pub(crate) token: Secret,
    pub(crate) expires_at: Timestamp,
}

/// The token by which an app speaks for itself: ten minutes at most, begun a minute ago because clocks differ.
pub(crate) fn app_token(app_id: &str, private_key: &Secret, clock: &dyn Clock) -> Result<Secret, IntegrationsError> {
    let bad = |_error| IntegrationsError::field("/credentials/private_key", "invalid_key", "an RSA private key (PEM)");
    let key = EncodingKey::from_rsa_pem(private_key.expose().as_bytes()).map_err(bad)?;
    let now = clock.now().seconds();
    let claims = json!({"iss": app_id, "iat": now - 60, "exp": now + 540});
    encode(&Header::new(Algorithm::RS256), &claims, &key).map(Secret::new).map_err(bad)
}

/// Speaks for an app.
#[derive(Clone)]
pub(crate) struct AppClient {
    pub(crate) hosts: Hosts,
    pub(crate) transport: Transport,
}

impl AppClient {
    async fn send(&self, access: &Access, who: &str, method: Method, path: &str) -> Result<Value, CallError> {
        let reads = method == Method::GET;
        let call = self.hosts.call(Provider::Github, &self.hosts.github(), method, path)?;
        // An empty POST was once answered 411.
        let call = if reads { call } else { call.with_body(json!({})) };
        let lane = self.hosts.lane(Provider::Github, &format!("app-{who}"), reads);
        Ok(self.transport.send(&call, access, &lane).await?.body)
    }

    /// The ids of the app's installations with the accounts that they are in.
    pub(crate) async fn installations(&self, access: &Access, app_id: &str) -> Result<Vec<(u64, String)>, CallError> {
        let body = self.send(access, app_id, Method::GET, "/app/installations?per_page=100").await?;
        let one = |entry: &Value| {
            let login = entry.pointer("/account/login").and_then(Value::as_str).unwrap_or_default();
            Some((entry.get("id")?.as_u64()?, login.to_owned()))
        };
        Ok(body.as_array().into_iter().flatten().filter_map(one).collect())
    }

    /// A fresh token of an installation.
    pub(crate) async fn installation_token(
        &self,
        access: &Access,
        app_id: &str,
        id: u64,
    ) -> Result<InstallationToken, CallError> {
        let body = self.send(access, app_id, Method::POST, &format!("/app/installations/{id}/access_tokens")).await?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let expires_at = text("expires_at").and_then(|text| text.parse().ok());
        match (text("token"), expires_at) {
            (Some(token), Some(expires_at)) => Ok(InstallationToken { token: Secret::new(token), expires_at }),
            _ => Err(CallError::Lost("the answer has no token".to_owned())),
        }
    }
}
