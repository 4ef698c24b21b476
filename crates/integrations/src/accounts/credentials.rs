use core_egress::Url;
use core_kernel::{FieldError, Secret, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::{AuthKind, Connection, IntegrationsError, Provider};

/// What somebody gives to be connected; which fields are needed depends on the provider.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCredentials {
    /// A token made by hand: of GitHub, an internal one of Notion, an API token of Jira, or a personal one of Jira Data Center.
    pub token: Option<Secret>,
    /// GitHub App: its id or client id.
    pub app_id: Option<String>,
    /// GitHub App: its private key (PEM).
    pub private_key: Option<Secret>,
    /// GitHub App: its installation; absent: the only one.
    pub installation_id: Option<u64>,
    /// Jira: the address of the site.
    pub site: Option<String>,
    /// Jira Cloud: whose token it is; absent: a Data Center.
    pub email: Option<String>,
    /// When the token ends, where that is known.
    pub expires_at: Option<Timestamp>,
}

/// What a connection proves itself with, as it is sealed.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Credentials {
    Token { token: Secret },
    Basic { user: String, token: Secret },
    App { app_id: String, private_key: Secret, installation_id: u64 },
    Oauth { access_token: Secret, refresh_token: Option<Secret> },
}

impl Credentials {
    pub(crate) fn auth(&self) -> AuthKind {
        match self {
            Self::Token { .. } | Self::Basic { .. } => AuthKind::Token,
            Self::App { .. } => AuthKind::App,
            Self::Oauth { .. } => AuthKind::Oauth,
        }
    }

    /// As it is sealed; wiped when dropped.
    pub(crate) fn to_plain(&self) -> Zeroizing<Vec<u8>> {
        let value = match self {
            Self::Token { token } => json!({"kind": "token", "token": token.expose()}),
            Self::Basic { user, token } => json!({"kind": "basic", "user": user, "token": token.expose()}),
            Self::App { app_id, private_key, installation_id } => json!({
                "kind": "app", "app_id": app_id, "private_key": private_key.expose(), "installation_id": installation_id,
            }),
            Self::Oauth { access_token, refresh_token } => json!({
                "kind": "oauth", "access_token": access_token.expose(), "refresh_token": refresh_token.as_ref().map(Secret::expose),
            }),
        };
        Zeroizing::new(value.to_string().into_bytes())
    }
}

/// What sealed credentials are bound to: moved to another row they do not open.
pub(crate) fn bound_to(connection: &Connection) -> Vec<u8> {
    format!("{}:{}:{}", connection.owner, connection.provider.as_str(), connection.id).into_bytes()
}

/// What a provider told about credentials that it took.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) credentials: Credentials,
    /// What people call the account.
    pub(crate) name: String,
    pub(crate) account: Map<String, Value>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The most characters of a token; nothing else is assumed of its form.
const MAX_TOKEN: usize = 8 * 1024;

fn fault(name: &str, code: &'static str, rule: &str) -> IntegrationsError {
    IntegrationsError::field(format!("/credentials/{name}"), code, rule)
}

/// A token as it can stand in a header.
fn token(name: &str, secret: Option<Secret>) -> Result<Secret, IntegrationsError> {
    let secret = secret.ok_or_else(|| fault(name, "missing_field", "is needed"))?;
    let text = secret.expose().trim();
    let fits = (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits {
        return Err(fault(name, "invalid_token", "1 to 8192 visible ASCII characters"));
    }
    Ok(Secret::new(text))
}

impl NewCredentials {
    /// The name of a field that this provider does not take.
    fn foreign(&self, provider: Provider) -> Option<&'static str> {
        use Provider::{Github, Jira};
        let app = provider == Github;
        let jira = provider == Jira;
        [
            ("app_id", self.app_id.is_some(), app),
            ("private_key", self.private_key.is_some(), app),
            ("installation_id", self.installation_id.is_some(), app),
            ("site", self.site.is_some(), jira),
            ("email", self.email.is_some(), jira),
        ]
        .into_iter()
        .find_map(|(name, there, takes)| (there && !takes).then_some(name))
    }

    /// Reads what a provider needs, before it is asked anything.
    pub(crate) fn parse(self, provider: Provider) -> Result<Parsed, IntegrationsError> {
        if let Some(name) = self.foreign(provider) {
            return Err(fault(name, "unknown_field", "no credential of this provider"));
        }
        match provider {
            Provider::Github if self.app_id.is_some() || self.private_key.is_some() => {
                if self.token.is_some() {
                    return Err(fault("token", "unknown_field", "either a token or an app"));
                }
                let app_id =
                    self.app_id.filter(|id| (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()));
                let app_id = app_id.ok_or_else(|| fault("app_id", "invalid_text", "1 to 100 visible ASCII characters"))?;
                let key = self.private_key.filter(|key| key.expose().len() <= MAX_TOKEN && !key.expose().contains('\0'));
                let private_key = key.ok_or_else(|| fault("private_key", "invalid_key", "a PEM of at most 8 KiB"))?;
                Ok(Parsed::App { app_id, private_key, installation_id: self.installation_id })
            }
            Provider::Github | Provider::Notion => {
                Ok(Parsed::Token { token: token("token", self.token)?, expires_at: self.expires_at })
            }
            Provider::Jira => {
                let site = site(self.site.as_deref().unwrap_or_default()).ok_or_else(|| {
                    fault("site", "invalid_site", "the https address of the site, such as https://acme.atlassian.net")
                })?;
                let email = self.email.map(|email| email.trim().to_owned());
                if email
                    .as_ref()
                    .is_some_and(|email| !(3..=254).contains(&email.len()) || email.contains([':', '\0', '\r', '\n']))
                {
                    return Err(fault("email", "invalid_email", "the address of the account whose token it is"));
                }
                Ok(Parsed::Jira { site, email, token: token("token", self.token)?, expires_at: self.expires_at })
            }
        }
    }
}

/// Credentials that are complete.
#[derive(Clone, Debug)]
pub(crate) enum Parsed {
    Token { token: Secret, expires_at: Option<Timestamp> },
    App { app_id: String, private_key: Secret, installation_id: Option<u64> },
    Jira { site: String, email: Option<String>, token: Secret, expires_at: Option<Timestamp> },
}

/// The address of a Jira: `acme`, `acme.atlassian.net` and whole addresses with a context path are taken.
fn site(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > 500 {
        return None;
    }
    let whole = match (text.contains("://"), text.contains(['.', ':'])) {
        (true, _) => text.to_owned(),
        (false, true) => format!("https://{text}"),
        (false, false) => format!("https://{text}.atlassian.net"),
    };
    let url = Url::parse(&whole).ok()?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    let known = matches!(url.scheme(), "https" | "http") && url.host_str().is_some();
    (plain && known).then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// What is wrong with the name of a connection.
pub(crate) fn name_fault(name: &str) -> Option<FieldError> {
    let fits = (1..=100).contains(&name.trim().chars().count()) && !name.chars().any(char::is_control);
    (!fits).then(|| FieldError::new("/name", "invalid_text", "1 to 100 characters on one line"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_name_a_host_or_an_address() {
        for (text, expected) in [
            ("acme", Some("https://acme.atlassian.net")),
            ("acme.atlassian.net", Some("https://acme.atlassian.net")),
            ("https://jira.example/context/", Some("https://jira.example/context")),
            ("https://user@jira.example", None),
            ("https://jira.example/?a=b", None),
            ("ftp://jira.example", None),
            ("", None),
        ] {
            assert_eq!(site(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn tokens_are_opaque_and_never_printed() {
        let long = format!("ghs_1_{}", "a.b-c_".repeat(90));
        let given = NewCredentials { token: Some(Secret::new(format!(" {long} "))), ..NewCredentials::default() };
        let Ok(Parsed::Token { token, .. }) = given.parse(Provider::Github) else { panic!("a long token is refused") };
        assert_eq!(token.expose(), long);
        let credentials = Credentials::Token { token };
        assert!(!format!("{credentials:?}").contains("ghs_"));
        let read: Credentials = serde_json::from_slice(&credentials.to_plain()).unwrap();
        assert!(matches!(read, Credentials::Token { token } if token.expose() == long));
    }

    #[test]
    fn what_a_provider_does_not_take_is_named() {
        let given = NewCredentials { token: Some(Secret::new("t")), site: Some("acme".to_owned()), ..NewCredentials::default() };
        let Err(IntegrationsError::Invalid(fields)) = given.parse(Provider::Notion) else { panic!("a site was taken") };
        assert_eq!(fields.first().map(|field| field.pointer.as_str()), Some("/credentials/site"));
    }
}
