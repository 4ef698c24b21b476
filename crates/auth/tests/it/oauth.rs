use std::time::Duration;

use auth::testing::Fault;
use auth::{AuthError, Device, OauthReturn, OauthStart};
use core_kernel::{FieldError, Secret};

use crate::trust::{VERIFIER, fresh, returned, start};

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
}
