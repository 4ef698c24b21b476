use std::time::Duration;

use auth::{AuthError, Device, Proof, SecondProof, SignIn};
use core_feature::Feature;
use core_kernel::{Actor, ActorKind, Clock, DomainError, Secret};

use crate::trust::{closed, fresh, query, start, strict, trusting};
use crate::world::{PASSWORD, World, deps, quick};

core_testing::on_every_engine! {
    setup = fresh;

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
