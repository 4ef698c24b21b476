use passkey_authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey_client::{Client, DefaultClientData};
use passkey_crypto::AvailableBackend;
use passkey_types::Passkey;
use passkey_types::ctap2::{Aaguid, Ctap2Error};
use serde_json::{Value, json};
use url::Url;

/// Where the server's own pages are.
pub(crate) const HERE: &str = "https://example.com";

/// A browser with an authenticator that holds one passkey: another library than the server's.
#[derive(Clone, Default)]
pub(crate) struct Device {
    passkey: Option<Passkey>,
    counts: bool,
}

/// Somebody who touches the device, and is known to it or not.
struct Somebody {
    known: bool,
}

#[async_trait::async_trait]
impl UserValidationMethod for Somebody {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(&self, _: UiHint<'a, Passkey>, _: bool, _: bool) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: self.known })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

impl Device {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One that counts its signatures, as keys do that stay in their hardware.
    pub(crate) fn counting() -> Self {
        Self { counts: true, ..Self::default() }
    }

    fn authenticator(&self, known: bool) -> Authenticator<Option<Passkey>, Somebody, AvailableBackend> {
        let mut made = Authenticator::new(Aaguid::new_empty(), self.passkey.clone(), Somebody { known }, AvailableBackend);
        made.set_make_credentials_with_signature_counter(self.counts);
        made
    }

    /// `navigator.credentials.create` on a page of ours.
    pub(crate) async fn create(&mut self, options: &Value) -> Value {
        self.create_at(HERE, options, true).await
    }

    pub(crate) async fn create_at(&mut self, origin: &str, options: &Value, known: bool) -> Value {
        let mut client = Client::new(self.authenticator(known));
        let request = serde_json::from_value(json!({"publicKey": asking_as(options, known)})).unwrap();
        let made = client.register(&Url::parse(origin).unwrap(), request, DefaultClientData).await.unwrap();
        self.passkey.clone_from(client.authenticator().store());
        serde_json::to_value(made).unwrap()
    }

    /// `navigator.credentials.get` on a page of ours.
    pub(crate) async fn get(&mut self, options: &Value) -> Value {
        self.get_at(HERE, options, true).await
    }

    pub(crate) async fn get_at(&mut self, origin: &str, options: &Value, known: bool) -> Value {
        let mut client = Client::new(self.authenticator(known));
        let request = serde_json::from_value(json!({"publicKey": asking_as(options, known)})).unwrap();
        let given = client.authenticate(&Url::parse(origin).unwrap(), request, DefaultClientData).await.unwrap();
        self.passkey.clone_from(client.authenticator().store());
        serde_json::to_value(given).unwrap()
    }
}

/// The options; where the device does not know who touches it, with the wish dropped that it should, as a dishonest page would.
fn asking_as(options: &Value, known: bool) -> Value {
    let mut options = options.clone();
    // An empty list and none mean the same; the library offers what it has only where there is none.
    if options["allowCredentials"].as_array().is_some_and(Vec::is_empty) {
        options["allowCredentials"] = Value::Null;
    }
    if !known {
        for place in ["/userVerification", "/authenticatorSelection/userVerification"] {
            if let Some(wish) = options.pointer_mut(place) {
                *wish = json!("discouraged");
            }
        }
    }
    options
}
