use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use auth::{AuthConfig, AuthError, Device, LeakedPasswords};
use core_kernel::{DomainError, PageRequest, Secret};
use core_testing::engines;

use crate::world::{PASSWORD, World, fresh, quick, with_config};

/// The SHA-1 of [`PASSWORD`], which the service says it knows.
const HASH: (&str, &str) = ("F8F46", "1286DEF20D65F2D4D88AC2F01E24B23A507");

/// A service that answers every range with these lines, and keeps what it was asked.
fn service(status: &'static str, lines: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            kept.lock().unwrap().push(String::from_utf8_lossy(request.get(..read).unwrap()).into_owned());
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{lines}", lines.len());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, asked)
}

fn asking(base_url: String, fail_closed: bool) -> AuthConfig {
    AuthConfig { leaked_passwords: LeakedPasswords { base_url, fail_closed }, ..quick() }
}

async fn actions(world: &World, tokens: &auth::Tokens) -> Vec<String> {
    let actor = world.actor(tokens).await;
    let log = world.auth.audit_log.events(&actor, auth::AuditScope::Own, &PageRequest::default()).await.unwrap();
    log.items.into_iter().map(|row| row.action).collect()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn the_first_guesses_are_refused_wherever_a_password_is_set(world) {
        let (_, tokens) = world.register("ada@example.com").await;
        let actor = world.actor(&tokens).await;
        let common = Secret::new("Sunshine12345678!");
        let mut registration = World::registration("eve@example.com");
        registration.password = common.clone();
        let registered = world.auth.accounts.register(registration).await.unwrap_err();
        let changed = world.auth.credentials.change_password(&actor, &PASSWORD.into(), &common).await.unwrap_err();
        world.auth.recovery.forgot_password("ada@example.com").await.unwrap();
        let code = world.code_mailed_to("ada@example.com").await.unwrap();
        let reset = world.auth.recovery.reset_password(&code, &common).await.unwrap_err();
        for error in [registered, changed, reset] {
            assert_eq!(error.fields()[0].code, "too_common");
        }
    }

    async fn advice_is_given_and_refuses_nothing(world) {
        let weak = world.auth.accounts.advise(&"lovelacelovelace".into(), "ada.lovelace@example.com", Some("Ada Lovelace")).await.unwrap();
        assert!(weak.score < 3, "{weak:?}");
        let strong = world.auth.accounts.advise(&PASSWORD.into(), "ada@example.com", None).await.unwrap();
        assert_eq!(strong.score, 4);
        // As long as a body may be: it is cut before it is looked at.
        world.auth.accounts.advise(&"ab1".repeat(50_000).as_str().into(), "ada@example.com", None).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaked_password_is_refused_and_the_service_learns_five_digits_of_its_hash() {
    let (url, asked) = service("200 OK", format!("0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n{}:3\r\n", HASH.1));
    let world = with_config(&engines()[0], asking(url, true)).await;
    let refused = world.auth.accounts.register(World::registration("ada@example.com")).await.unwrap_err();
    assert_eq!((refused.fields()[0].pointer.as_str(), refused.fields()[0].code.as_ref()), ("/password", "leaked"));
    let request = asked.lock().unwrap().pop().unwrap();
    assert!(request.starts_with(&format!("GET /range/{} HTTP/1.1", HASH.0)), "{request}");
    assert!(request.to_lowercase().contains("add-padding: true") && !request.contains(HASH.1), "{request}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn padding_is_no_leak() {
    let (url, _) = service("200 OK", format!("{}:0\r\n", HASH.1));
    let world = with_config(&engines()[0], asking(url, true)).await;
    let (_, tokens) = world.register("ada@example.com").await;
    assert!(!actions(&world, &tokens).await.contains(&"auth.password_not_checked".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_service_fails_passwords_are_taken_with_a_mark_or_refused_as_the_settings_say() {
    for engine in engines() {
        let (url, _) = service("503 Service Unavailable", String::new());
        let open = with_config(&engine, asking(url.clone(), false)).await;
        let (_, tokens) = open.register("ada@example.com").await;
        assert!(actions(&open, &tokens).await.contains(&"auth.password_not_checked".to_owned()));
        let closed = with_config(&engine, asking(url, true)).await;
        let refused = closed.auth.accounts.register(World::registration("ada@example.com")).await;
        assert!(matches!(&refused, Err(AuthError::LeakCheckUnavailable)), "{refused:?}");
        assert!(refused.unwrap_err().retry_after().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pepper_is_introduced_without_anybody_noticing() {
    for engine in engines() {
        let world = fresh(&engine).await;
        world.register("ada@example.com").await;
        let config = AuthConfig { pepper: Some("a pepper of some length".into()), ..quick() };
        let peppered = auth::Auth::new(crate::world::deps(&world.test, config)).unwrap();
        peppered.start().await.unwrap();
        let password = Secret::new(PASSWORD);
        let login = || peppered.sessions.login("ada@example.com", &password, Device::default());
        let runs = peppered.argon2_runs();
        assert!(login().await.is_ok());
        assert_eq!(peppered.argon2_runs() - runs, 2, "checked, and hashed anew");
        assert!(login().await.is_ok());
        assert_eq!(peppered.argon2_runs() - runs, 3);
        let without = world.auth.sessions.login("ada@example.com", &PASSWORD.into(), Device::default()).await;
        assert!(without.is_err(), "the hash is worth nothing without the pepper");
    }
}
