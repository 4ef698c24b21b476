use std::time::Duration;

use auth::AuthError;
use core_kernel::Secret;
use serde_json::json;

use crate::second_factors::App;
use crate::served::{Browser, FRONT_END, Served, served};
use crate::world::PASSWORD;

async fn ada(served: &Served) -> Browser {
    served.world.register("ada@example.com").await;
    served.browser("ada@example.com").await
}

fn logout(served: &Served) -> core_testing::http::Request {
    served.server.post("/api/v1/auth/logout")
}

core_testing::on_every_engine! {
    setup = served;

    async fn a_browser_gets_a_cookie_that_no_script_reads_and_no_token(served) {
        served.world.register("ada@example.com").await;
        let reply = served.login("ada@example.com", "cookie").await;
        let set = reply.header("set-cookie").unwrap();
        assert!(set.starts_with("__Host-session=bwc1_"), "{set}");
        assert!(set.ends_with("; Path=/; Max-Age=7776000; HttpOnly; Secure; SameSite=Lax"), "{set}");
        let body = reply.json();
        assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["csrf_token", "expires_in"]);
        assert_eq!(body["expires_in"], 14 * 24 * 3600);
        let me = served.me(&Browser::of(&reply)).await;
        assert_eq!((me.status, &me.json()["amr"]), (200, &json!(["pwd"])));
        let tokens = served.login("ada@example.com", "tokens").await;
        assert!(tokens.header("set-cookie").is_none() && tokens.json()["refresh_token"].is_string());
    }

    async fn a_write_by_cookie_needs_the_csrf_token_of_its_session(served) {
        let browser = ada(&served).await;
        let other = served.browser("ada@example.com").await;
        for csrf in [None, Some(String::new()), Some("x".repeat(43)), Some(other.csrf.clone())] {
            let write = browser.reads(logout(&served));
            let write = csrf.iter().fold(write, |write, csrf| write.header("x-csrf-token", csrf));
            let refused = write.send().await;
            assert_eq!((refused.status, refused.code().as_str()), (403, "request.csrf"), "{csrf:?}");
        }
        assert_eq!(browser.writes(logout(&served)).send().await.status, 204);
    }

    async fn the_page_of_another_site_can_not_write_with_the_cookie_even_with_the_token(served) {
        let browser = ada(&served).await;
        let write = || browser.writes(served.server.post("/api/v1/auth/refresh")).json(&json!({}));
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "https://evil.example.com"),
            ("origin", "http://example.com"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let refused = write().header(name, value).send().await;
            assert_eq!((refused.status, refused.code().as_str()), (403, "request.foreign_page"), "{name}: {value}");
        }
        for (name, value) in [("origin", "https://example.com"), ("origin", FRONT_END), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")] {
            assert_eq!(write().header(name, value).send().await.status, 200, "{name}: {value}");
        }
    }

    async fn the_csrf_token_is_given_again_and_to_nobody_who_needs_none(served) {
        let browser = ada(&served).await;
        let again = browser.reads(served.server.get("/api/v1/auth/csrf")).send().await;
        assert_eq!((again.status, again.json()["csrf_token"].as_str()), (200, Some(browser.csrf.as_str())));
        let tokens = served.login("ada@example.com", "tokens").await.json();
        let by_token = served.server.get("/api/v1/auth/csrf").bearer(tokens["access_token"].as_str().unwrap()).send().await;
        assert_eq!((by_token.status, by_token.code().as_str()), (409, "auth.no_cookie_session"));
    }

    async fn a_bearer_credential_goes_before_the_cookie(served) {
        let browser = ada(&served).await;
        let (eve, tokens) = served.world.register("eve@example.com").await;
        let both = browser.reads(served.server.get("/api/v1/auth/me")).bearer(&tokens.access_token).send().await;
        assert_eq!(both.json()["user_id"], json!(eve.id));
        let write = browser.reads(logout(&served)).bearer(&tokens.access_token).send().await;
        assert_eq!((write.status, write.header("set-cookie")), (204, None), "no CSRF token is needed, and the cookie stays");
        let broken = browser.reads(served.server.get("/api/v1/auth/me")).bearer("broken").send().await;
        assert_eq!(broken.status, 401);
        assert_eq!(served.me(&browser).await.status, 200);
    }

    async fn logout_ends_the_session_and_makes_the_browser_forget_the_cookie(served) {
        for path in ["/api/v1/auth/logout", "/api/v1/auth/logout-all"] {
            served.world.register(&format!("ada{}@example.com", path.len())).await;
            let browser = served.browser(&format!("ada{}@example.com", path.len())).await;
            let reply = browser.writes(served.server.post(path)).send().await;
            let set = reply.header("set-cookie").unwrap();
            assert!(reply.status == 204 && set.starts_with("__Host-session=;") && set.contains("Max-Age=0"), "{set}");
            let after = served.me(&browser).await;
            assert_eq!((after.status, after.code().as_str()), (401, "auth.session_ended"));
        }
    }

    async fn the_mode_is_remembered_over_the_second_factor(served) {
        let (_, tokens) = served.world.register("ada@example.com").await;
        let actor = served.world.actor(&tokens).await;
        let enrollment = served.world.auth.second_factor.enroll(&actor).await.unwrap();
        let app = App::scan(&enrollment.secret);
        served.world.auth.second_factor.confirm(&actor, &app.shows(&served.world)).await.unwrap();
        served.world.test.clock.advance(Duration::from_secs(30));
        let asked = served.login("ada@example.com", "cookie").await;
        assert!(asked.header("set-cookie").is_none());
        let code = app.shows(&served.world);
        let body = json!({"token": asked.json()["mfa"]["token"], "method": "totp", "code": code.expose()});
        let done = served.post("/auth/mfa/verify", &body).await;
        assert_eq!(done.json().as_object().unwrap().len(), 2);
        assert_eq!(served.me(&Browser::of(&done)).await.json()["amr"], json!(["pwd", "otp", "mfa"]));
    }

    async fn use_keeps_the_session_alive_and_idleness_and_age_end_it(served) {
        let browser = ada(&served).await;
        let day = Duration::from_hours(24);
        for _ in 0..6 {
            served.world.test.clock.advance(day * 13);
            assert_eq!(served.me(&browser).await.status, 200);
            served.world.auth.settle().await;
        }
        let idle = served.browser("ada@example.com").await;
        served.world.test.clock.advance(day * 12);
        assert_eq!(served.me(&browser).await.status, 401, "90 days");
        served.world.test.clock.advance(day * 2);
        assert_eq!(served.me(&idle).await.status, 401, "14 days without use");
    }

    async fn refreshing_gives_the_cookie_again_and_a_refresh_token_still_goes_first(served) {
        let browser = ada(&served).await;
        served.world.test.clock.advance(Duration::from_hours(24 * 10));
        let refresh = || served.server.post("/api/v1/auth/refresh").json(&json!({}));
        assert_eq!(browser.reads(refresh()).send().await.code(), "request.csrf");
        let again = browser.writes(refresh()).send().await;
        assert_eq!((again.json()["expires_in"].as_u64(), Browser::of(&again).cookie), (Some(14 * 24 * 3600), browser.cookie.clone()));
        assert!(again.header("set-cookie").unwrap().contains("Max-Age=6912000;"), "80 days are left");
        let nothing = refresh().send().await;
        assert_eq!((nothing.status, nothing.json()["errors"][0]["pointer"].as_str()), (422, Some("/refresh_token")));
        let (_, tokens) = served.world.register("eve@example.com").await;
        let body = json!({"refresh_token": tokens.refresh_token});
        let old = browser.reads(served.server.post("/api/v1/auth/refresh")).bearer("run out").json(&body).send().await;
        assert_eq!((old.status, old.json()["token_type"].as_str()), (200, Some("Bearer")));
    }

    async fn proving_again_who_one_is_replaces_the_cookie(served) {
        let browser = ada(&served).await;
        served.world.test.clock.advance(Duration::from_mins(6));
        let enroll = |browser: &Browser| browser.writes(served.server.post("/api/v1/auth/totp/enroll")).send();
        assert_eq!(enroll(&browser).await.code(), "auth.reauthentication_required");
        let prove = browser.writes(served.server.post("/api/v1/auth/reauthenticate")).json(&json!({"password": PASSWORD}));
        let proved = Browser::of(&prove.send().await);
        assert_ne!(proved.cookie, browser.cookie);
        assert_eq!(proved.csrf, browser.csrf, "other tabs go on");
        assert_eq!(enroll(&proved).await.status, 200);
        served.world.test.clock.advance(Duration::from_secs(10));
        assert_eq!(served.me(&browser).await.status, 200, "what was under way");
        served.world.test.clock.advance(Duration::from_secs(1));
        let stolen = served.me(&browser).await;
        assert_eq!((stolen.status, stolen.code().as_str()), (401, "auth.invalid_cookie"));
        assert_eq!(served.me(&proved).await.status, 200);
    }

    async fn a_changed_cookie_and_the_other_secrets_of_a_session_are_no_cookie(served) {
        let browser = ada(&served).await;
        let (_, tokens) = served.world.register("eve@example.com").await;
        let mut changed = browser.cookie.clone();
        let last = changed.pop().unwrap();
        changed.push(if last == 'A' { 'B' } else { 'A' });
        let refresh = tokens.refresh_token.replace("bwr1_", "bwc1_");
        for cookie in [changed, format!("__Host-session={refresh}"), format!("__Host-session={}", tokens.access_token), "__Host-session=".to_owned()] {
            let refused = served.me(&Browser { cookie, csrf: String::new() }).await;
            assert_eq!((refused.status, refused.code().as_str()), (401, "auth.invalid_cookie"));
        }
        let value = browser.cookie.split_once('=').unwrap().1.replace("bwc1_", "bwr1_");
        let as_refresh = served.world.auth.sessions.refresh(&Secret::new(value)).await;
        assert!(matches!(as_refresh, Err(AuthError::InvalidRefreshToken)));
    }

    async fn an_ended_cookie_session_is_refused_elsewhere_within_a_second(served) {
        let browser = ada(&served).await;
        let value = browser.cookie.split_once('=').unwrap().1;
        let replica = served.world.replica().await;
        replica.cookies.identify(value, false).await.unwrap();
        browser.writes(logout(&served)).send().await;
        assert!(matches!(replica.cookies.identify(value, true).await, Err(AuthError::SessionEnded)), "dangerous operations");
        served.world.test.clock.advance(Duration::from_secs(1));
        assert!(matches!(replica.cookies.identify(value, false).await, Err(AuthError::SessionEnded)));
    }
}
