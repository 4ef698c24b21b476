//! What a product changes without touching this crate: a rule, a claim, a mail.

use std::sync::Arc;

use auth::{Applicant, Auth, AuthError, Deps, Policies, Registered, RegistrationPolicy, TokenClaims, TokenSubject, Verdict};
use base64::Engine as _;
use core_kernel::PortError;
use core_mail::Templates;
use core_testing::{Engine, TestDb};
use serde_json::{Map, Value, json};

use crate::trust::{self, trusting};
use crate::world::{World, deps, quick, with_mails};

/// Only people of one domain.
struct OwnDomain;

#[async_trait::async_trait]
impl RegistrationPolicy for OwnDomain {
    async fn check(&self, applicant: &Applicant) -> Result<Verdict, PortError> {
        let own = applicant.email.ends_with("@example.com");
        Ok(if own { Verdict::Allowed } else { Verdict::Refused("Only addresses of example.com.".to_owned()) })
    }
}

/// Nobody, and it is told who asked.
struct Nobody;

#[async_trait::async_trait]
impl RegistrationPolicy for Nobody {
    async fn check(&self, applicant: &Applicant) -> Result<Verdict, PortError> {
        assert_eq!((applicant.provider.as_deref(), applicant.invited), (Some("local"), false));
        Ok(Verdict::Refused("Nobody at all.".to_owned()))
    }
}

/// The same claims for everybody.
struct Fixed(Value);

#[async_trait::async_trait]
impl TokenClaims for Fixed {
    async fn claims(&self, subject: &TokenSubject) -> Result<Map<String, Value>, PortError> {
        assert!(!subject.amr.is_empty());
        Ok(self.0.as_object().cloned().unwrap_or_default())
    }
}

async fn product(engine: &Engine, policies: Policies) -> (TestDb, Auth) {
    let test = TestDb::fresh(engine, vec![auth::ledger()]).await.unwrap();
    let auth = Auth::new(Deps { policies, ..deps(&test, quick()) }).unwrap();
    auth.start().await.unwrap();
    (test, auth)
}

fn body_of(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

#[tokio::test]
async fn a_product_adds_its_own_rule_on_who_may_register() {
    let policies = Policies { registration: Arc::new(OwnDomain), ..Policies::default() };
    let (_test, auth) = product(&Engine::Sqlite, policies).await;
    let refused = auth.accounts.register(World::registration("eve@elsewhere.example")).await;
    let Err(AuthError::RegistrationRefused(reason)) = refused else { panic!("{refused:?}") };
    assert_eq!(reason, "Only addresses of example.com.");
    let accepted = auth.accounts.register(World::registration("Ada@Example.com")).await;
    assert!(matches!(accepted, Ok(Registered::SignedIn(..))), "{accepted:?}");
}

#[tokio::test]
async fn the_rule_holds_for_people_who_come_by_a_provider_too() {
    let trust = trust::fresh(&Engine::Sqlite).await;
    let registration = Arc::new(Nobody);
    let policies = Policies { registration, ..Policies::default() };
    let strict = Auth::new(Deps { policies, ..deps(&trust.world.test, trusting(&trust.issuer, quick())) }).unwrap();
    strict.start().await.unwrap();
    let returned = trust.at_provider("local", None).await;
    let target = strict.oauth.callback("local", returned).await.unwrap();
    assert!(target.ends_with("error=auth.registration_refused"), "{target}");
}

#[tokio::test]
async fn a_product_adds_its_own_claims_and_the_token_still_works_here() {
    let policies = Policies { token_claims: Arc::new(Fixed(json!({"tariff": "pro", "seats": 3}))), ..Policies::default() };
    let (_test, auth) = product(&Engine::Sqlite, policies).await;
    let Registered::SignedIn(_, tokens) = auth.accounts.register(World::registration("ada@example.com")).await.unwrap() else {
        panic!("asked to check mail")
    };
    let claims = body_of(&tokens.access_token);
    assert_eq!((&claims["tariff"], &claims["seats"]), (&json!("pro"), &json!(3)));
    assert!(auth.sessions.identify(&tokens.access_token, true).await.is_ok());
    let next = auth.sessions.refresh(&tokens.refresh_token.as_str().into()).await.unwrap();
    assert_eq!(body_of(&next.access_token)["tariff"], "pro");
}

#[tokio::test]
async fn a_product_can_not_write_the_servers_own_claims_nor_swell_the_token() {
    for wrong in [json!({"sub": "somebody else"}), json!({"much": "x".repeat(auth::MAX_OWN_CLAIMS)})] {
        let (_test, auth) =
            product(&Engine::Sqlite, Policies { token_claims: Arc::new(Fixed(wrong)), ..Policies::default() }).await;
        let refused = auth.accounts.register(World::registration("ada@example.com")).await;
        assert!(matches!(refused, Err(AuthError::Internal(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_product_words_a_mail_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("auth.verify_email.subject"), "Welcome to Acme").unwrap();
    std::fs::write(folder.path().join("auth.verify_email.txt"), "Open {{ link }}").unwrap();
    let engine = Engine::Sqlite;
    let test = TestDb::fresh(&engine, vec![auth::ledger()]).await.unwrap();
    let templates = Templates::new(auth::mail_templates(), Some(folder.path()));
    let world = with_mails(&engine, test, quick(), templates).await;
    world.register("ada@example.com").await;
    assert_eq!(world.mails().await, 1);
    let mail = world.mailer.sent().remove(0);
    assert_eq!(mail.content.subject, "Welcome to Acme");
    assert!(mail.content.text.starts_with("Open https://example.com/account/verify-email#token="), "{}", mail.content.text);
}
