use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use auth::testing::{CLIENT, CLIENT_SECRET, Fault, TestIssuer};
use auth::{
    AuthConfig, AuthError, Device, EmailVerification, OauthConfig, OauthProviderConfig, OauthReturn, OauthStart, Proof,
    RegistrationSetting, SecondProof, SignIn, Tokens,
};
use core_feature::Feature;
use core_kernel::{Actor, ActorKind, Clock, DomainError, FieldError, Secret};
use core_testing::{Engine, TestDb};

use crate::world::{PASSWORD, World, deps, quick, with_database};

const REDIRECT: &str = "https://app.example/signed-in";
// The pair of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Identity with an issuer that it trusts.
struct Trust {
    world: World,
    issuer: TestIssuer,
}

/// `local` is the issuer, `hub` is GitHub's face of it.
fn trusting(issuer: &TestIssuer, config: AuthConfig) -> AuthConfig {
    let provider = |kind: &str| -> OauthProviderConfig {
        let kind = serde_json::from_value(serde_json::json!(kind)).unwrap();
        OauthProviderConfig {
            kind: Some(kind),
            issuer: issuer.url.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: CLIENT_SECRET.into(),
            ..OauthProviderConfig::default()
        }
    };
    let hub = OauthProviderConfig { issuer: format!("{}/", issuer.url), ..provider("github") };
    let oauth = OauthConfig {
        redirect_uris: vec![REDIRECT.to_owned(), "http://127.0.0.1/native".to_owned()],
        providers: BTreeMap::from([("local".to_owned(), provider("oidc")), ("hub".to_owned(), hub)]),
        ..OauthConfig::default()
    };
    assert_eq!(oauth.validate(), []);
    AuthConfig { oauth, ..config }
}

async fn configured(engine: &Engine, config: AuthConfig) -> Trust {
    let test = TestDb::fresh(engine, vec![auth::ledger()]).await.unwrap();
    let issuer = TestIssuer::start(Arc::clone(&test.clock) as Arc<dyn Clock>);
    let config = trusting(&issuer, config);
    Trust { world: with_database(engine, test, config).await, issuer }
}

async fn fresh(engine: &Engine) -> Trust {
    configured(engine, quick()).await
}

async fn closed(engine: &Engine) -> Trust {
    configured(engine, AuthConfig { registration: RegistrationSetting::Invite, ..quick() }).await
}

async fn strict(engine: &Engine) -> Trust {
    configured(engine, AuthConfig { email_verification: EmailVerification::Required, ..quick() }).await
}

fn start() -> OauthStart {
    OauthStart { redirect_uri: REDIRECT.to_owned(), code_challenge: CHALLENGE.to_owned() }
}

/// What an address says in its query.
fn query(address: &str) -> BTreeMap<String, String> {
    let (_, query) = address.split_once('?').unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn returned(address: &str) -> OauthReturn {
    let mut query = query(address);
    let mut take = |name: &str| query.remove(name);
    OauthReturn { state: take("state"), code: take("code").map(Secret::new), error: take("error"), iss: take("iss") }
}

/// How a journey ended at the client: a code, or a problem code.
type Ended = Result<Secret, String>;

impl Trust {
    /// What the browser brings back from the provider.
    async fn at_provider(&self, provider: &str, link_to: Option<&Actor>) -> OauthReturn {
        let url = self.world.auth.oauth.start(link_to, provider, start()).await.unwrap();
        returned(&self.issuer.visit(&url).await)
    }

    async fn come_back(&self, provider: &str, returned: OauthReturn) -> Ended {
        let target = self.world.auth.oauth.callback(provider, returned).await.unwrap();
        assert!(target.starts_with(&format!("{REDIRECT}?")), "{target}");
        let mut query = query(&target);
        assert_eq!(query.len(), 1, "{target}");
        query.remove("code").map(Secret::new).ok_or_else(|| query.remove("error").unwrap())
    }

    async fn journey(&self, provider: &str) -> Ended {
        let returned = self.at_provider(provider, None).await;
        self.come_back(provider, returned).await
    }

    async fn exchange(&self, code: &Secret) -> Result<SignIn, AuthError> {
        self.world.auth.oauth.exchange(code, &VERIFIER.into(), Device::default()).await
    }

    async fn sign_in(&self, provider: &str) -> Tokens {
        let code = self.journey(provider).await.unwrap();
        self.exchange(&code).await.unwrap().tokens().unwrap()
    }

    /// Registers Ada with a password, and proves her address.
    async fn verified_ada(&self) -> Actor {
        let (_, tokens) = self.world.register("ada@example.com").await;
        let code = self.world.mailed_code().await;
        self.world.auth.recovery.verify_email(&code.as_str().into()).await.unwrap();
        self.world.actor(&tokens).await
    }

    async fn link(&self, actor: &Actor) -> Result<SignIn, AuthError> {
        let returned = self.at_provider("local", Some(actor)).await;
        let code = self.come_back("local", returned).await.unwrap();
        self.exchange(&code).await
    }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn somebody_new_gets_an_account_without_a_password_and_finds_it_again(trust) {
        let names: Vec<_> = trust.world.auth.oauth.providers().into_iter().map(|provider| provider.label).collect();
        assert_eq!(names, ["GitHub", "local"]);
        let tokens = trust.sign_in("local").await;
        let identity = trust.world.auth.sessions.identify(&tokens.access_token, true).await.unwrap();
        assert_eq!(identity.amr, ["fed"]);
        let account = trust.world.auth.accounts.find(identity.user).await.unwrap().unwrap();
        assert_eq!((account.email.as_str(), account.display_name.as_deref()), ("Ada@example.com", Some("Ada")));
        assert!(account.email_verified_at.is_some());
        assert_eq!(trust.world.events("user.created").await.len(), 1);
        // The address there may change, or be another's by now: it is the subject that counts.
        trust.issuer.sign_in_as("1815", Some("moved@example.com"), false);
        let again = trust.sign_in("local").await;
        assert_eq!(trust.world.auth.sessions.identify(&again.access_token, true).await.unwrap().user, identity.user);
        assert_eq!(trust.issuer.requests("/keys"), 1, "keys are kept");
        assert_eq!(trust.issuer.requests("/.well-known/openid-configuration"), 1, "so is what discovery found");
    }

    async fn github_has_no_id_token_and_its_primary_address_counts(trust) {
        let tokens = trust.sign_in("hub").await;
        let actor = trust.world.actor(&tokens).await;
        let account = trust.world.auth.accounts.find(actor.subject).await.unwrap().unwrap();
        assert_eq!(account.email.as_str(), "Ada@example.com");
        let linked = trust.world.auth.identities.list(&actor).await.unwrap();
        assert_eq!((linked.len(), linked[0].provider.as_str(), linked[0].subject.as_str()), (1, "hub", "1815"));
        trust.issuer.sign_in_as("2", Some("new@example.com"), false);
        assert_eq!(trust.journey("hub").await.unwrap_err(), "auth.provider_email_unverified");
    }

    async fn an_address_that_is_told_later_is_asked_for_and_must_be_of_the_same_person(trust) {
        trust.issuer.tell_address_later();
        trust.issuer.misbehave(&[Fault::UserInfoOfSomebodyElse]);
        assert_eq!(trust.journey("local").await.unwrap_err(), "auth.provider_answer_invalid");
        trust.issuer.misbehave(&[]);
        let actor = trust.world.actor(&trust.sign_in("local").await).await;
        let linked = trust.world.auth.identities.list(&actor).await.unwrap();
        assert_eq!(linked[0].email.as_deref(), Some("Ada@example.com"));
    }

    async fn what_a_provider_does_wrong_is_told_to_the_client_and_makes_no_account(trust) {
        let invalid = "auth.provider_answer_invalid";
        let unavailable = "auth.provider_unavailable";
        for (fault, code) in [
            (Fault::WrongNonce, invalid),
            (Fault::NoNonce, invalid),
            (Fault::WrongAudience, invalid),
            (Fault::SecondAudienceWithoutParty, invalid),
            (Fault::ForeignParty, invalid),
            (Fault::WrongIssuer, invalid),
            (Fault::Expired, invalid),
            (Fault::FromTheFuture, invalid),
            (Fault::Old, invalid),
            (Fault::AlgNone, invalid),
            (Fault::HmacWithPublicKey, invalid),
            (Fault::OtherKey, invalid),
            (Fault::AccessTokenType, invalid),
            (Fault::NoIdToken, invalid),
            (Fault::NoSubject, invalid),
            (Fault::WrongResponseIssuer, invalid),
            (Fault::NoResponseIssuer, invalid),
            (Fault::Denied, "auth.sign_in_cancelled"),
            (Fault::ServerError, "auth.provider_refused"),
            (Fault::TokenEndpointFails, unavailable),
            (Fault::TokenEndpointSpeaksHtml, invalid),
        ] {
            trust.issuer.misbehave(&[fault]);
            assert_eq!(trust.journey("local").await.unwrap_err(), code, "{fault:?}");
        }
        assert_eq!(trust.world.events("user.created").await, Vec::<serde_json::Value>::new());
        trust.issuer.misbehave(&[]);
        trust.sign_in("local").await;
    }

    async fn keys_that_are_too_large_are_not_read_to_the_end(trust) {
        trust.issuer.misbehave(&[Fault::HugeKeys]);
        assert_eq!(trust.journey("local").await.unwrap_err(), "auth.provider_unavailable");
    }

    async fn discovery_must_be_of_the_issuer_and_lead_to_https(trust) {
        for fault in [Fault::DiscoveryOfAnotherIssuer, Fault::PlainEndpoint] {
            trust.issuer.misbehave(&[fault]);
            let refused = trust.world.auth.oauth.start(None, "local", start()).await;
            assert!(matches!(refused, Err(AuthError::ProviderAnswer(_))), "{refused:?}");
        }
    }

    async fn a_new_key_is_read_at_once_but_not_again_and_again(trust) {
        trust.sign_in("local").await;
        trust.issuer.rotate_key();
        trust.sign_in("local").await;
        assert_eq!(trust.issuer.requests("/keys"), 2);
        trust.issuer.rotate_key();
        for _ in 0..3 {
            assert_eq!(trust.journey("local").await.unwrap_err(), "auth.provider_answer_invalid");
        }
        assert_eq!(trust.issuer.requests("/keys"), 2, "once a minute");
        trust.world.test.clock.advance(Duration::from_mins(1));
        trust.sign_in("local").await;
        assert_eq!(trust.issuer.requests("/keys"), 3);
    }

    async fn a_state_works_once_for_its_provider_and_for_ten_minutes(trust) {
        let oauth = &trust.world.auth.oauth;
        let refused = |outcome: Result<String, AuthError>| assert!(matches!(outcome, Err(AuthError::InvalidState)), "{outcome:?}");
        refused(oauth.callback("local", OauthReturn::default()).await);
        refused(oauth.callback("local", OauthReturn { state: Some("made up".into()), code: Some("x".into()), ..OauthReturn::default() }).await);
        let first = trust.at_provider("local", None).await;
        trust.come_back("local", first.clone()).await.unwrap();
        refused(oauth.callback("local", first).await);
        let other = trust.at_provider("local", None).await;
        refused(oauth.callback("hub", other.clone()).await);
        refused(oauth.callback("local", other).await);
        let late = trust.at_provider("local", None).await;
        trust.world.test.clock.advance(Duration::from_mins(10));
        refused(oauth.callback("local", late).await);
        assert!(matches!(oauth.callback("nobody", OauthReturn::default()).await, Err(AuthError::UnknownProvider)));
    }

    async fn a_code_works_once_for_a_minute_and_only_for_whoever_began(trust) {
        let oauth = &trust.world.auth.oauth;
        let stolen = trust.journey("local").await.unwrap();
        let misspelt = oauth.exchange(&stolen, &"too short".into(), Device::default()).await;
        assert!(matches!(misspelt, Err(AuthError::Invalid(_))));
        let thief = oauth.exchange(&stolen, &VERIFIER.to_lowercase().into(), Device::default()).await;
        assert!(matches!(thief, Err(AuthError::InvalidCode)));
        assert!(matches!(trust.exchange(&stolen).await, Err(AuthError::InvalidCode)), "a wrong guess uses it up");
        let late = trust.journey("local").await.unwrap();
        trust.world.test.clock.advance(Duration::from_mins(1));
        assert!(matches!(trust.exchange(&late).await, Err(AuthError::InvalidCode)));
        let code = trust.journey("local").await.unwrap();
        trust.exchange(&code).await.unwrap();
        assert!(matches!(trust.exchange(&code).await, Err(AuthError::InvalidCode)), "replayed");
        // A state is no exchange code, nor the other way round.
        let state = trust.at_provider("local", None).await.state.unwrap();
        assert!(matches!(trust.exchange(&Secret::new(state)).await, Err(AuthError::InvalidCode)));
    }

    async fn of_fifty_copies_of_an_exchange_one_wins(trust) {
        let code = &trust.journey("local").await.unwrap();
        let outcomes = futures_util::future::join_all((0..50).map(|_| trust.exchange(code))).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(AuthError::InvalidCode))), "{outcomes:?}");
    }

    async fn somebody_new_in_many_windows_at_once_gets_one_account(trust) {
        let mut codes = Vec::new();
        for _ in 0..12 {
            codes.push(trust.journey("local").await.unwrap());
        }
        let outcomes = futures_util::future::join_all(codes.iter().map(|code| trust.exchange(code))).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(trust.world.events("user.created").await.len(), 1);
    }

    async fn only_a_listed_address_is_gone_back_to(trust) {
        let oauth = &trust.world.auth.oauth;
        for uri in ["https://evil.example/", "https://app.example/signed-in/..", "https://app.example/signed-in?x", "//evil.example", ""] {
            let refused = oauth.start(None, "local", OauthStart { redirect_uri: uri.to_owned(), ..start() }).await;
            let Err(AuthError::Invalid(faults)) = refused else { panic!("{uri}: {refused:?}") };
            assert_eq!(faults.iter().map(|fault: &FieldError| fault.pointer.as_str()).collect::<Vec<_>>(), ["/redirect_uri"]);
        }
        let native = OauthStart { redirect_uri: "http://127.0.0.1:51004/native".to_owned(), ..start() };
        let url = oauth.start(None, "local", native).await.unwrap();
        let target = oauth.callback("local", returned(&trust.issuer.visit(&url).await)).await.unwrap();
        assert!(target.starts_with("http://127.0.0.1:51004/native?code="), "{target}");
        for challenge in ["", "plain", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", VERIFIER.get(1..).unwrap()] {
            let refused = oauth.start(None, "local", OauthStart { code_challenge: challenge.to_owned(), ..start() }).await;
            assert!(matches!(refused, Err(AuthError::Invalid(_))), "{challenge}");
        }
        assert!(matches!(oauth.start(None, "nobody", start()).await, Err(AuthError::UnknownProvider)));
    }

    async fn an_address_that_the_provider_does_not_vouch_for_makes_no_account(trust) {
        for (email, verified) in [(Some("ada@example.com"), false), (None, true), (Some("not an address"), true)] {
            trust.issuer.sign_in_as("7", email, verified);
            assert_eq!(trust.journey("local").await.unwrap_err(), "auth.provider_email_unverified", "{email:?}");
        }
    }

    async fn an_account_with_a_proved_address_is_found_by_it_and_told(trust) {
        let actor = trust.verified_ada().await;
        trust.issuer.sign_in_as("7", Some("ADA@example.com"), false);
        assert_eq!(trust.journey("local").await.unwrap_err(), "auth.provider_email_unverified", "the provider has to vouch for it");
        trust.issuer.sign_in_as("7", Some("ADA@example.com"), true);
        let tokens = trust.sign_in("local").await;
        assert_eq!(trust.world.actor(&tokens).await.subject, actor.subject);
        trust.world.mails().await;
        assert_eq!(trust.world.mailer.sent().pop().unwrap().content.subject, "The ways to sign in to your account were changed");
        trust.world.login("ada@example.com", PASSWORD).await;
    }

    async fn an_account_that_lies_in_wait_under_the_address_is_neither_entered_nor_linked(trust) {
        // Somebody registers with Ada's address, which they can't prove.
        let (_, tokens) = trust.world.register("ada@example.com").await;
        let intruder = trust.world.actor(&tokens).await;
        assert_eq!(trust.journey("local").await.unwrap_err(), "auth.link_required");
        // Nor can they hang an identity of theirs on it, which would stay when Ada gets the account.
        trust.issuer.sign_in_as("666", Some("mallory@example.com"), true);
        let returned = trust.at_provider("local", Some(&intruder)).await;
        assert_eq!(trust.come_back("local", returned).await.unwrap_err(), "auth.email_not_verified");
        assert_eq!(trust.world.auth.identities.list(&intruder).await.unwrap(), []);
        // Ada proves the address by mail; then the provider's word is enough.
        trust.world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let code = trust.world.mailed_code().await;
        trust.world.auth.recovery.reset_password(&code.as_str().into(), &"another sentence, just for me".into()).await.unwrap();
        trust.issuer.sign_in_as("1815", Some("ada@example.com"), true);
        assert_eq!(trust.world.actor(&trust.sign_in("local").await).await.subject, intruder.subject);
        assert!(matches!(trust.world.auth.sessions.identify(&tokens.access_token, true).await, Err(AuthError::SessionEnded)));
    }

    async fn what_was_decided_at_the_provider_is_decided_again_at_the_exchange(trust) {
        let code = trust.journey("local").await.unwrap();
        // Meanwhile somebody registers with the address.
        trust.world.register("ada@example.com").await;
        assert!(matches!(trust.exchange(&code).await, Err(AuthError::LinkRequired)));
    }

    async fn a_signed_in_person_links_an_identity_under_another_address(trust) {
        let actor = trust.verified_ada().await;
        trust.issuer.sign_in_as("7", Some("countess@elsewhere.example"), false);
        trust.link(&actor).await.unwrap();
        trust.link(&actor).await.unwrap();
        assert_eq!(trust.world.auth.identities.list(&actor).await.unwrap().len(), 1);
        assert_eq!(trust.world.actor(&trust.sign_in("local").await).await.subject, actor.subject);
        // It is hers alone.
        let (_, tokens) = trust.world.register("bob@example.com").await;
        let code = trust.world.mailed_code().await;
        trust.world.auth.recovery.verify_email(&code.as_str().into()).await.unwrap();
        let bob = trust.world.actor(&tokens).await;
        let returned = trust.at_provider("local", Some(&bob)).await;
        assert_eq!(trust.come_back("local", returned).await.unwrap_err(), "auth.identity_taken");
    }

    async fn a_link_needs_the_person_and_the_session_that_asked(trust) {
        let actor = trust.verified_ada().await;
        let program = Actor { kind: ActorKind::ApiKey { key: actor.subject.get() }, session: None, ..actor.clone() };
        let refused = trust.world.auth.oauth.start(Some(&program), "local", start()).await;
        assert!(matches!(refused, Err(AuthError::PersonNeeded)));
        let returned = trust.at_provider("local", Some(&actor)).await;
        let code = trust.come_back("local", returned).await.unwrap();
        trust.world.auth.sessions.logout(&actor).await.unwrap();
        assert!(matches!(trust.exchange(&code).await, Err(AuthError::SessionEnded)));
        assert_eq!(trust.world.auth.identities.list(&actor).await.unwrap(), []);
    }

    async fn the_last_way_in_can_not_be_removed(trust) {
        let actor = trust.world.actor(&trust.sign_in("local").await).await;
        let identities = &trust.world.auth.identities;
        let only = identities.list(&actor).await.unwrap()[0].id;
        assert!(matches!(identities.unlink(&actor, only).await, Err(AuthError::LastWayIn)));
        let program = Actor { kind: ActorKind::ApiKey { key: actor.subject.get() }, session: None, ..actor.clone() };
        assert!(matches!(identities.unlink(&program, only).await, Err(AuthError::PersonNeeded)));
        // A second identity is a way in, and so is a password.
        trust.issuer.sign_in_as("7", None, false);
        trust.link(&actor).await.unwrap();
        identities.unlink(&actor, only).await.unwrap();
        let left = identities.list(&actor).await.unwrap()[0].id;
        assert!(matches!(identities.unlink(&actor, left).await, Err(AuthError::LastWayIn)));
        assert_eq!(identities.list(&actor).await.unwrap().len(), 1, "nothing was removed");
        trust.world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let code = trust.world.mailed_code().await;
        trust.world.auth.recovery.reset_password(&code.as_str().into(), &PASSWORD.into()).await.unwrap();
        let actor = trust.world.actor(&trust.world.login("ada@example.com", PASSWORD).await).await;
        identities.unlink(&actor, left).await.unwrap();
        assert!(identities.unlink(&actor, left).await.unwrap_err().code().code.ends_with("not_found"));
    }

    async fn of_two_who_remove_the_last_two_ways_one_wins(trust) {
        let actor = trust.world.actor(&trust.sign_in("local").await).await;
        trust.issuer.sign_in_as("7", None, false);
        trust.link(&actor).await.unwrap();
        let identities = &trust.world.auth.identities;
        let all = identities.list(&actor).await.unwrap();
        let outcomes = futures_util::future::join_all(all.iter().map(|identity| identities.unlink(&actor, identity.id))).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(AuthError::LastWayIn))), "{outcomes:?}");
    }

    async fn an_account_without_a_password_answers_as_one_with_another_password(trust) {
        let tokens = trust.sign_in("local").await;
        let actor = trust.world.actor(&tokens).await;
        let login = trust.world.auth.sessions.login("ada@example.com", &PASSWORD.into(), Device::default()).await;
        assert!(matches!(login, Err(AuthError::InvalidCredentials)));
        let credentials = &trust.world.auth.credentials;
        assert!(matches!(credentials.reauthenticate(&actor, &Proof::Password(PASSWORD.into())).await, Err(AuthError::WrongPassword)));
        let changed = credentials.change_password(&actor, &PASSWORD.into(), &"another sentence, just for me".into()).await;
        assert!(matches!(changed, Err(AuthError::Invalid(_))));
    }

    async fn the_second_factor_is_asked_for_after_a_provider_too(trust) {
        let actor = trust.world.actor(&trust.sign_in("local").await).await;
        let factor = &trust.world.auth.second_factor;
        let enrollment = factor.enroll(&actor).await.unwrap();
        let secret = totp_rs::Secret::try_from_base32(enrollment.secret.expose()).unwrap();
        let app = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
        let shows = || Secret::new(app.generate(u64::try_from(trust.world.test.clock.now().seconds()).unwrap()).to_string());
        factor.confirm(&actor, &shows()).await.unwrap();
        trust.world.test.clock.advance(Duration::from_secs(30));
        let code = trust.journey("local").await.unwrap();
        let SignIn::SecondFactor(challenge) = trust.exchange(&code).await.unwrap() else { panic!("no second factor was asked for") };
        let tokens = factor.verify(&challenge.token, &SecondProof::Totp(shows())).await.unwrap();
        let identity = trust.world.auth.sessions.identify(&tokens.access_token, true).await.unwrap();
        assert_eq!(identity.amr, ["fed", "otp", "mfa"]);
    }

    async fn what_is_kept_between_the_steps_is_sealed_and_all_of_it_is_erased(trust) {
        let actor = trust.world.actor(&trust.sign_in("local").await).await;
        trust.journey("local").await.unwrap();
        let kept = trust.world.column("auth_codes", "bound_to").await;
        assert!(!kept.is_empty() && kept.iter().all(|text| !text.contains("example.com")), "{kept:?}");
        trust.world.auth.erase(actor.owner).await.unwrap();
        assert_eq!(trust.world.column("auth_identities", "subject").await, Vec::<String>::new());
    }
}

core_testing::on_every_engine! {
    setup = closed;

    async fn where_registration_is_not_open_a_provider_makes_no_account_but_known_people_sign_in(trust) {
        assert_eq!(trust.journey("local").await.unwrap_err(), "auth.registration_closed");
        let code = trust.world.auth.accounts.claim_code().await.unwrap().unwrap();
        trust.world.auth.accounts.claim(&code, World::registration("ada@example.com")).await.unwrap();
        trust.sign_in("local").await;
    }
}

core_testing::on_every_engine! {
    setup = strict;

    async fn with_required_verification_the_providers_word_is_a_verification(trust) {
        trust.sign_in("local").await;
        let other = auth::Auth::new(deps(&trust.world.test, trusting(&trust.issuer, quick()))).unwrap();
        other.start().await.unwrap();
        // Another replica ends what this one began.
        let returned = trust.at_provider("local", None).await;
        let target = other.oauth.callback("local", returned).await.unwrap();
        let code = query(&target).remove("code").map(Secret::new).unwrap();
        trust.exchange(&code).await.unwrap();
    }
}
