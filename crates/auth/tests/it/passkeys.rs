use std::time::Duration;

use auth::AuthConfig;
use core_kernel::UserId;
use core_testing::http::Reply;
use serde_json::{Value, json};

use crate::device::Device;
use crate::second_factors::App;
use crate::served::{Browser, Served, served};
use crate::world::{PASSWORD, quick};

/// Ada, and the token of a session of hers.
async fn ada(served: &Served) -> (UserId, String) {
    let (account, tokens) = served.world.register("ada@example.com").await;
    (account.id, tokens.access_token)
}

async fn begin_adding(served: &Served, token: &str) -> Value {
    let reply = served.post_as(token, "/auth/passkeys/register/start", &json!(null)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["public_key"].clone()
}

async fn finish_adding(served: &Served, token: &str, credential: &Value) -> Reply {
    let body = json!({"credential": credential, "name": "Phone"});
    served.post_as(token, "/auth/passkeys/register/finish", &body).await
}

/// A device with a passkey of this person.
async fn added(served: &Served, token: &str, mut device: Device) -> (Device, String) {
    let options = begin_adding(served, token).await;
    let reply = finish_adding(served, token, &device.create(&options)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    (device, reply.json()["id"].as_str().unwrap().to_owned())
}

async fn question(served: &Served) -> Value {
    served.server.post("/api/v1/auth/passkeys/login/start").send().await.json()["public_key"].clone()
}

async fn answer(served: &Served, credential: &Value) -> Reply {
    served.post("/auth/passkeys/login/finish", &json!({"credential": credential})).await
}

async fn sign_in(served: &Served, device: &mut Device) -> Reply {
    let options = question(served).await;
    answer(served, &device.get(&options)).await
}

async fn me(served: &Served, signed_in: &Reply) -> Value {
    let json = signed_in.json();
    let token = json["access_token"].as_str().unwrap_or_else(|| panic!("{}", signed_in.text()));
    served.server.get("/api/v1/auth/me").bearer(token).send().await.json()
}

fn is(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{}", reply.text());
}

async fn list(served: &Served, token: &str) -> Value {
    served.server.get("/api/v1/auth/passkeys").bearer(token).send().await.json()["items"].clone()
}

async fn subjects(served: &Served) -> Vec<String> {
    served.world.mails().await;
    served.world.mailer.sent().into_iter().map(|mail| mail.content.subject).collect()
}

core_testing::on_every_engine! {
    setup = served;

    async fn a_reset_that_proves_the_address_for_the_first_time_takes_back_its_passkeys(served) {
        let (_, token) = ada(&served).await;
        let (mut device, _) = added(&served, &token, Device::new()).await;
        served.world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let code = served.world.mailed_code().await;
        served.world.auth.recovery.reset_password(&code.as_str().into(), &"a new sentence for me alone".into()).await.unwrap();
        assert_eq!(sign_in(&served, &mut device).await.status, 401);
    }

    async fn somebody_adds_a_passkey_and_signs_in_without_saying_who_they_are(served) {
        let (user, token) = ada(&served).await;
        let (mut device, id) = added(&served, &token, Device::new()).await;
        let signed_in = sign_in(&served, &mut device).await;
        let me = me(&served, &signed_in).await;
        assert_eq!((&me["user_id"], &me["amr"]), (&json!(user), &json!(["swk", "user", "mfa"])));
        let listed = list(&served, &token).await;
        assert_eq!((&listed[0]["id"], &listed[0]["name"], &listed[0]["synced"]), (&json!(id), &json!("Phone"), &json!(true)));
        assert!(listed[0]["last_used_at"].is_string() && listed[0]["flagged_at"].is_null());
        assert_eq!(subjects(&served).await, ["Confirm your address", "A passkey was added to your account"]);
        let options = begin_adding(&served, &token).await;
        assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1, "the same device is not offered again");
        assert_eq!((&options["rp"]["id"], &options["attestation"]), (&json!("example.com"), &json!("none")));
        assert_eq!(options["authenticatorSelection"], json!({"residentKey": "required", "requireResidentKey": true, "userVerification": "required"}));
        assert!(!options["user"]["id"].as_str().unwrap().contains("ada"));
    }

    async fn a_passkey_sets_the_cookie_in_cookie_mode(served) {
        let (_, token) = ada(&served).await;
        let (mut device, _) = added(&served, &token, Device::new()).await;
        let credential = device.get(&question(&served).await);
        let reply = served.post("/auth/passkeys/login/finish", &json!({"credential": credential, "session": "cookie"})).await;
        assert_eq!(served.me(&Browser::of(&reply)).await.json()["amr"], json!(["swk", "user", "mfa"]));
    }

    async fn a_passkey_is_enough_where_an_app_is_in_use_and_can_stand_for_it(served) {
        let (_, tokens) = served.world.register("ada@example.com").await;
        let (mut device, _) = added(&served, &tokens.access_token, Device::new()).await;
        let actor = served.world.actor(&tokens).await;
        let enrollment = served.world.auth.second_factor.enroll(&actor).await.unwrap();
        let app = App::scan(&enrollment.secret);
        served.world.auth.second_factor.confirm(&actor, &app.shows(&served.world)).await.unwrap();
        assert_eq!(sign_in(&served, &mut device).await.status, 200, "no code is asked for");

        let mfa = served.login("ada@example.com", "tokens").await.json()["mfa"].clone();
        assert_eq!(mfa["methods"], json!(["totp", "recovery_code", "passkey"]));
        assert_eq!(mfa["public_key"]["allowCredentials"].as_array().unwrap().len(), 1);
        let verify = |credential: Value| {
            let body = json!({"token": mfa["token"], "method": "passkey", "credential": credential});
            let served = &served;
            async move { served.post("/auth/mfa/verify", &body).await }
        };
        let elsewhere = device.get(&question(&served).await);
        is(&verify(elsewhere).await, 401, "auth.invalid_passkey");
        let given = device.get(&mfa["public_key"]);
        let done = verify(given.clone()).await;
        assert_eq!(me(&served, &done).await["amr"], json!(["pwd", "swk", "user", "mfa"]));
        is(&verify(given).await, 401, "auth.invalid_mfa_token");
        let both = json!({"token": mfa["token"], "method": "passkey", "code": "123456"});
        assert_eq!(served.post("/auth/mfa/verify", &both).await.status, 422);
    }

    async fn a_passkey_of_somebody_else_is_no_second_factor_and_no_proof(served) {
        let (_, ada) = ada(&served).await;
        let (mut own, _) = added(&served, &ada, Device::new()).await;
        let (_, eve) = served.world.register("eve@example.com").await;
        let (mut other, _) = added(&served, &eve.access_token, Device::new()).await;
        let begin = || served.post_as(&ada, "/auth/passkeys/reauthenticate/start", &json!(null));
        let mut options = begin().await.json()["public_key"].clone();
        options["allowCredentials"] = Value::Null;
        let prove = |credential: Value| {
            let body = json!({"credential": credential});
            let (served, ada) = (&served, ada.as_str());
            async move { served.post_as(ada, "/auth/reauthenticate", &body).await }
        };
        is(&prove(other.get(&options)).await, 422, "auth.invalid");
        is(&prove(own.get(&options)).await, 422, "auth.passkey_ceremony_over");
        let options = begin().await.json()["public_key"].clone();
        let answer = own.get(&options);
        let by_eve = served.post_as(&eve.access_token, "/auth/reauthenticate", &json!({"credential": answer})).await;
        is(&by_eve, 422, "auth.passkey_ceremony_over");
    }

    async fn a_passkey_proves_again_who_one_is(served) {
        let (_, token) = ada(&served).await;
        let (mut device, _) = added(&served, &token, Device::new()).await;
        served.world.test.clock.advance(Duration::from_mins(6));
        is(&served.post_as(&token, "/auth/passkeys/register/start", &json!(null)).await, 401, "auth.reauthentication_required");
        let options = served.post_as(&token, "/auth/passkeys/reauthenticate/start", &json!(null)).await.json()["public_key"].clone();
        let answer = json!({"credential": device.get(&options)});
        let proved = served.post_as(&token, "/auth/reauthenticate", &answer).await;
        begin_adding(&served, proved.json()["access_token"].as_str().unwrap()).await;
        is(&served.post_as(&token, "/auth/reauthenticate", &answer).await, 422, "auth.passkey_ceremony_over");
        let two = json!({"password": PASSWORD, "credential": {}});
        assert_eq!(served.post_as(&token, "/auth/reauthenticate", &two).await.status, 422);
    }

    async fn another_origin_of_the_domain_is_refused_for_making_and_for_using(served) {
        let (_, token) = ada(&served).await;
        let elsewhere = "https://blog.example.com";
        let options = begin_adding(&served, &token).await;
        let made = Device::new().create_at(elsewhere, &options, true);
        is(&finish_adding(&served, &token, &made).await, 422, "auth.invalid");
        let (mut device, _) = added(&served, &token, Device::new()).await;
        let given = device.get_at(elsewhere, &question(&served).await, true);
        is(&answer(&served, &given).await, 401, "auth.invalid_passkey");
    }

    async fn a_device_that_does_not_know_its_user_is_refused_for_making_and_for_using(served) {
        let (_, token) = ada(&served).await;
        let options = begin_adding(&served, &token).await;
        let made = Device::new().create_at(crate::device::HERE, &options, false);
        is(&finish_adding(&served, &token, &made).await, 422, "auth.invalid");
        let (mut device, _) = added(&served, &token, Device::new()).await;
        let given = device.get_at(crate::device::HERE, &question(&served).await, false);
        is(&answer(&served, &given).await, 401, "auth.invalid_passkey");
    }

    async fn a_challenge_that_was_not_asked_ran_out_or_is_for_something_else_is_no_question(served) {
        let (_, token) = ada(&served).await;
        let (mut device, _) = added(&served, &token, Device::new()).await;
        let mut made_up = question(&served).await;
        made_up["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        is(&answer(&served, &device.get(&made_up)).await, 422, "auth.passkey_ceremony_over");
        let proof = served.post_as(&token, "/auth/passkeys/reauthenticate/start", &json!(null)).await.json()["public_key"].clone();
        is(&answer(&served, &device.get(&proof)).await, 422, "auth.passkey_ceremony_over");
        let late = question(&served).await;
        let adding = begin_adding(&served, &token).await;
        served.world.test.clock.advance(Duration::from_mins(5));
        is(&answer(&served, &device.get(&late)).await, 422, "auth.passkey_ceremony_over");
        is(&finish_adding(&served, &token, &Device::new().create(&adding)).await, 422, "auth.passkey_ceremony_over");
    }

    async fn a_passkey_is_added_in_the_session_that_began_and_once(served) {
        let (_, token) = ada(&served).await;
        let (_, eve) = served.world.register("eve@example.com").await;
        let other = served.world.login("ada@example.com", PASSWORD).await;
        for thief in [&eve.access_token, &other.access_token] {
            let made = Device::new().create(&begin_adding(&served, &token).await);
            is(&finish_adding(&served, thief, &made).await, 422, "auth.passkey_ceremony_over");
        }
        let made = Device::new().create(&begin_adding(&served, &token).await);
        assert_eq!(finish_adding(&served, &token, &made).await.status, 201);
        is(&finish_adding(&served, &token, &made).await, 422, "auth.passkey_ceremony_over");
        assert_eq!(list(&served, &token).await.as_array().unwrap().len(), 1);
    }

    async fn an_answer_works_once_and_a_changed_one_not_at_all(served) {
        let (_, token) = ada(&served).await;
        let (mut device, _) = added(&served, &token, Device::new()).await;
        let given = device.get(&question(&served).await);
        assert_eq!(answer(&served, &given).await.status, 200);
        is(&answer(&served, &given).await, 422, "auth.passkey_ceremony_over");
        let (_, eve) = served.world.register("eve@example.com").await;
        added(&served, &eve.access_token, Device::new()).await;
        for field in ["signature", "authenticatorData", "userHandle"] {
            let mut changed = device.get(&question(&served).await);
            let other = device.get(&question(&served).await);
            changed["response"][field] = match field {
                "signature" => other["response"]["signature"].clone(),
                // Another domain's hash.
                "authenticatorData" => json!("A".repeat(50)),
                _ => Value::Null,
            };
            is(&answer(&served, &changed).await, 401, "auth.invalid_passkey");
        }
        for junk in [json!({}), json!("x"), json!(null), json!({"id": "a", "rawId": "!", "type": "public-key", "response": {}})] {
            assert_eq!(answer(&served, &junk).await.status, 422, "{junk}");
        }
    }

    async fn of_fifty_copies_of_one_answer_one_wins_and_nobody_sees_a_fault(served) {
        let (_, token) = ada(&served).await;
        let made = Device::new().create(&begin_adding(&served, &token).await);
        let all = (0..50).map(|_| finish_adding(&served, &token, &made));
        let statuses: Vec<u16> = futures_util::future::join_all(all).await.iter().map(|reply| reply.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 422].contains(status)), "{statuses:?}");

        let (mut device, _) = added(&served, &token, Device::counting()).await;
        let given = device.get(&question(&served).await);
        let all = (0..50).map(|_| answer(&served, &given));
        let statuses: Vec<u16> = futures_util::future::join_all(all).await.iter().map(|reply| reply.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 422].contains(status)), "{statuses:?}");
    }

    async fn a_counter_that_goes_back_is_refused_and_told(served) {
        let (_, token) = ada(&served).await;
        let (mut device, _) = added(&served, &token, Device::counting()).await;
        let mut copy = device.clone();
        let first = sign_in(&served, &mut device).await;
        assert_eq!(me(&served, &first).await["amr"], json!(["hwk", "user", "mfa"]));
        is(&sign_in(&served, &mut copy).await, 401, "auth.invalid_passkey");
        let listed = list(&served, &token).await;
        assert!(listed[0]["flagged_at"].is_string(), "{listed}");
        assert!(subjects(&served).await.contains(&"A passkey of your account may have been copied".to_owned()));
        let events = served.server.get("/api/v1/auth/audit-log").bearer(&token).send().await.text();
        assert!(events.contains("auth.passkey_counter_went_back"), "{events}");
        assert_eq!(sign_in(&served, &mut device).await.status, 200, "the one that counts on goes on working");
    }

    async fn a_removed_passkey_opens_nothing_and_the_owner_is_told(served) {
        let (_, token) = ada(&served).await;
        let (mut device, id) = added(&served, &token, Device::new()).await;
        let (_, eve) = served.world.register("eve@example.com").await;
        let remove = |token: &str| served.server.request("DELETE", &format!("/api/v1/auth/passkeys/{id}")).bearer(token).send();
        assert_eq!(remove(&eve.access_token).await.status, 404);
        assert_eq!(remove(&token).await.status, 204);
        assert_eq!(remove(&token).await.status, 404);
        is(&sign_in(&served, &mut device).await, 401, "auth.invalid_passkey");
        is(&served.post_as(&token, "/auth/passkeys/reauthenticate/start", &json!(null)).await, 409, "auth.no_passkey");
        assert_eq!(subjects(&served).await.pop().unwrap(), "A passkey was removed from your account");
    }

    async fn the_last_way_in_stays_whoever_removes_what_at_once(served) {
        let (user, token) = ada(&served).await;
        let (mut first, one) = added(&served, &token, Device::new()).await;
        let (mut second, two) = added(&served, &token, Device::new()).await;
        served.world.without_password(user).await;
        let remove = |id: &str| served.server.request("DELETE", &format!("/api/v1/auth/passkeys/{id}")).bearer(&token).send();
        let (a, b) = futures_util::future::join(remove(&one), remove(&two)).await;
        let mut outcomes = [(a.status, a.code()), (b.status, b.code())];
        outcomes.sort();
        assert_eq!(outcomes, [(204, String::new()), (409, "auth.last_way_in".to_owned())]);
        let left = [sign_in(&served, &mut first).await.status, sign_in(&served, &mut second).await.status];
        assert!(left == [200, 401] || left == [401, 200], "{left:?}");
    }

    async fn a_suspended_person_is_refused_and_an_erased_one_leaves_nothing(served) {
        use core_feature::Feature;
        let (user, token) = ada(&served).await;
        let (mut device, _) = added(&served, &token, Device::new()).await;
        served.world.auth.erase(user.into()).await.unwrap();
        is(&sign_in(&served, &mut device).await, 401, "auth.invalid_passkey");
    }

    async fn programs_can_not_touch_passkeys(served) {
        let (_, token) = ada(&served).await;
        let body = json!({"name": "report", "scopes": ["auth:self"]});
        let key = served.post_as(&token, "/auth/api-keys", &body).await.json()["secret"].as_str().unwrap().to_owned();
        is(&served.post_as(&key, "/auth/passkeys/reauthenticate/start", &json!(null)).await, 403, "auth.person_needed");
        is(&finish_adding(&served, &key, &json!({"id": "a"})).await, 403, "auth.person_needed");
    }
}

#[test]
fn a_wrong_domain_is_named_before_the_server_starts() {
    let passkeys = auth::PasskeySettings { rp_id: "https://example.com".to_owned(), ..auth::PasskeySettings::default() };
    let problems = AuthConfig { passkeys, ..quick() }.validate();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].0, "passkeys.rp_id");
}
