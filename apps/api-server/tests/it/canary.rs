//! One person plants a word through every feature that stores text, finds it in their archive, closes the account, and the word and
//! their address are gone: from every column of every table, from blobs, files and the log.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use core_kernel::SystemClock;
use core_testing::http::{FormFile, Reply};
use core_testing::{Engine, TestDb, engines};
use mock_vendors::MockVendors;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use serde_json::{Value, json};

use crate::program::{MASTER_KEY, PASSWORD, Server, access, code_in, mail_to};

const ADDRESS: &str = "Ada.Lovelace.4711@example.com";
/// What is searched for, in any case: the planted word, what tells the address from others, and numbers where there are no words: a measure of
/// the body, and how long a take was.
const WORDS: [&str; 4] = ["heliotrope", "ada.lovelace.4711", "97.31415926", "4711.314"];

/// Every table that holds something of the person before; the search finds it there, so that finding nothing afterwards means something.
const PLANTED: [&str; 23] = [
    "auth_accounts",
    "auth_api_keys",
    "auth_sessions",
    "conversations",
    "fitness_exercises",
    "fitness_measurements",
    "fitness_plans",
    "fitness_sets",
    "fitness_workouts",
    "generations",
    "integration_connections",
    "integration_hook_events",
    "integration_hooks",
    "integration_operations",
    "media_items",
    "messages",
    "org_domains",
    "org_invitations",
    "orgs",
    "outbox_events",
    "profiles",
    "vision_analyses",
    "webhook_endpoints",
];

/// Where the archive shows what: the entry, and the words in it.
const EXPORTED: [(&str, &[&str]); 21] = [
    ("users/profile", &["heliotrope-profile", "heliotrope-note"]),
    ("auth/account", &["ada.lovelace.4711"]),
    ("auth/sessions", &["heliotrope-device"]),
    ("auth/api_keys", &["heliotrope-key"]),
    ("orgs/org_memberships", &["heliotrope-org"]),
    ("orgs/org_invitations_received", &["ada.lovelace.4711"]),
    ("llm/conversations", &["heliotrope-title", "heliotrope-prompt", "heliotrope-mark"]),
    ("llm/messages", &["heliotrope-message"]),
    ("llm/generations", &["heliotrope-summary"]),
    ("fitness/exercises", &["heliotrope-exercise"]),
    ("fitness/measurements", &["heliotrope-mass"]),
    ("fitness/plans", &["heliotrope-plan"]),
    ("fitness/workouts", &["heliotrope-workout", "heliotrope-set"]),
    ("integrations/integration_connections", &["heliotrope-account"]),
    ("integrations/integration_operations", &["heliotrope-file"]),
    ("integrations/hooks", &["heliotrope-hook"]),
    ("integrations/hook_events", &["heliotrope-payload"]),
    ("media/media", &["heliotrope-picture"]),
    ("vision/analyses", &["97.31415926", "photos-1"]),
    ("webhooks/endpoints", &["heliotrope-endpoint", "heliotrope-path"]),
    ("jobs/events", &["ada.lovelace.4711"]),
];

struct Somebody<'s> {
    server: &'s Server,
    token: String,
}

impl<'s> Somebody<'s> {
    async fn register(server: &'s Server, email: &str, device: &str) -> Self {
        let body = json!({"email": email, "password": PASSWORD});
        let registered = server.request("POST", "/api/v1/auth/register").header("user-agent", device);
        let registered = registered.json(&body).send().await;
        assert_eq!(registered.status, 201, "{}", registered.text());
        let verify = json!({"token": code_in(&mail_to(&server.folder, email, "Confirm your address").await)});
        assert_eq!(server.post("/api/v1/auth/verify-email", verify).await.status, 204);
        Self { server, token: access(&registered.json()["tokens"]) }
    }

    /// Sends a body and gives the answer, which must be one of success. Each goes under an `Idempotency-Key`, whose store keeps answers.
    async fn send(&self, method: &str, target: &str, org: Option<&str>, body: Value) -> Reply {
        let request = self.server.request(method, &format!("/api/v1{target}")).bearer(&self.token).json(&body);
        let key: String = body.to_string().chars().filter(char::is_ascii_alphanumeric).take(250).collect();
        let request = request.header("idempotency-key", key);
        let reply = match org {
            Some(org) => request.header("x-org-id", org).send().await,
            None => request.send().await,
        };
        assert!((200..300).contains(&reply.status), "{method} {target}: {}", reply.text());
        reply
    }

    async fn found(&self, name: &str) -> String {
        let made = self.send("POST", "/orgs", None, json!({"name": name, "metadata": {"of": name}})).await.json();
        made["id"].as_str().unwrap().to_owned()
    }

    async fn converse(&self, org: Option<&str>) -> String {
        let body =
            json!({"title": "heliotrope-title", "system_prompt": "heliotrope-prompt", "metadata": {"mark": "heliotrope-mark"}});
        let made = self.send("POST", "/llm/conversations", org, body).await.json();
        format!("/api/v1/llm/conversations/{}/messages", made["id"].as_str().unwrap())
    }
}

/// Plants the word through every feature, in the person's own space, in an organisation that they alone own, and in somebody else's.
async fn plant(ada: &Somebody<'_>, bob: &Somebody<'_>) {
    let change = json!({"display_name": "heliotrope-profile", "metadata": {"note": "heliotrope-note"}});
    ada.send("PATCH", "/users/me", None, change).await;
    let own = &ada.found("heliotrope-org").await;
    ada.send("POST", &format!("/orgs/{own}/domains"), None, json!({"domain": "heliotrope.example", "role": "viewer"})).await;
    ada.send("POST", &format!("/orgs/{own}/invitations"), None, json!({"email": "heliotrope@example.org", "role": "viewer"}))
        .await;

    // One invitation that she accepts, and one that stays open.
    let shared = &bob.found("Shared").await;
    bob.send("POST", &format!("/orgs/{shared}/invitations"), None, json!({"email": ADDRESS, "role": "admin"})).await;
    let accept = json!({"token": code_in(&mail_to(&ada.server.folder, ADDRESS, "Join Shared").await)});
    ada.send("POST", "/orgs/invitations/accept", None, accept).await;
    let open = bob.found("Open").await;
    bob.send("POST", &format!("/orgs/{open}/invitations"), None, json!({"email": ADDRESS, "role": "viewer"})).await;

    for space in [None, Some(own.as_str()), Some(shared.as_str())] {
        let key = json!({"name": "heliotrope-key", "scopes": ["llm:read"]});
        ada.send("POST", "/auth/api-keys", space, key).await;
        // An event that never comes: nothing leaves this machine.
        let endpoint = json!({
            "url": "https://example.com/heliotrope-path", "description": "heliotrope-endpoint",
            "event_types": ["webhook.endpoint_disabled"],
        });
        ada.send("POST", "/webhooks/endpoints", space, endpoint).await;
        hear(ada, space).await;
        let messages = ada.converse(space).await;
        let request = ada.server.request("POST", &messages).bearer(&ada.token).json(&json!({"content": "heliotrope-message"}));
        let asked = match space {
            Some(org) => request.header("x-org-id", org).send().await,
            None => request.send().await,
        };
        assert_eq!(asked.code(), "llm.provider_not_configured", "the message is kept all the same");
        let text = "The heliotrope-summary turns to the sun. Bricks do not. Birds sing.";
        ada.send("POST", "/llm/summarize", space, json!({"text": text, "max_sentences": 1})).await;
    }
    for space in [None, Some(own.as_str())] {
        let account = json!({"provider": "github", "credentials": {"token": "ghp_test"}, "name": "heliotrope-account"});
        ada.send("POST", "/integrations/connections", space, account).await;
        let file = json!({"repository": "ada/engine", "path": "heliotrope-file.md", "content": "heliotrope"});
        ada.send("POST", "/integrations/github/files", space, file).await;
    }
    train(ada).await;
    be_seen(ada).await;
    // What fails leaves traces too.
    let wrong = json!({"email": ADDRESS, "password": "heliotrope is not my password"});
    assert_eq!(ada.server.post("/api/v1/auth/login", wrong).await.status, 401);
    assert_eq!(ada.server.post("/api/v1/auth/password/forgot", json!({"email": ADDRESS})).await.status, 202);
    mail_to(&ada.server.folder, ADDRESS, "Choose a new password").await;
}

/// A provider tells something.
async fn hear(ada: &Somebody<'_>, space: Option<&str>) {
    let hook = ada.send("POST", "/integrations/hooks", space, json!({"kind": "github", "name": "heliotrope-hook"})).await.json();
    let body = json!({"action": "opened", "text": "heliotrope-payload"}).to_string();
    let signature = mock_vendors::github_signature(hook["secret"].as_str().unwrap(), body.as_bytes());
    let request = ada.server.request("POST", &format!("/hooks/{}", hook["id"].as_str().unwrap()));
    let request = request.header("x-github-event", "issues").header("x-github-delivery", "one");
    let taken = request.header("x-hub-signature-256", signature).body("application/json", body).send().await;
    assert_eq!(taken.status, 202, "{}", taken.text());
}

/// What somebody writes about their training.
async fn train(ada: &Somebody<'_>) {
    let exercise = json!({"name": "heliotrope-exercise", "pattern": "carry", "muscles": {"glutes": 1}});
    ada.send("POST", "/fitness/exercises", None, exercise).await;
    ada.send("POST", "/fitness/plans", None, json!({"name": "heliotrope-plan"})).await;
    let sets = json!([{"exercise": "push-up", "reps": 5, "notes": "heliotrope-set"}]);
    ada.send("POST", "/fitness/workouts", None, json!({"title": "heliotrope-workout", "sets": sets})).await;
    let mass = json!({"kind": "mass", "value": "65 kg", "notes": "heliotrope-mass"});
    ada.send("POST", "/fitness/measurements", None, mass).await;
}

/// A picture of somebody, an analysis of it with their consent, and how they stand.
async fn be_seen(ada: &Somebody<'_>) {
    let file = FormFile { field: "file", name: "heliotrope.jpg", mime: "image/jpeg", bytes: &media::testing::photo(800, 600) };
    let request = ada.server.request("POST", "/api/v1/media").bearer(&ada.token);
    let picture = request.form(&[("alt", "heliotrope-picture")], &[file]).send().await;
    assert_eq!(picture.status, 201, "{}", picture.text());
    let profile = json!({"sex": "female", "age": 36, "height_cm": 168, "mass_kg": 65, "waist_cm": 97.314_159_26, "neck_cm": 33, "hip_cm": 99});
    let images = json!([{"media_id": picture.json()["id"], "view": "front"}]);
    let wish = json!({"images": images, "kind": "physique", "consent": true, "profile": profile});
    let begun = ada.send("POST", "/vision/analyses", None, wish).await;
    let ended = ada.server.get(&format!("{}?wait=25", begun.header("location").unwrap()), &ada.token).await;
    assert_eq!(ended.json()["status"], "succeeded", "{}", ended.text());
    let frame = |t: f64| json!({"t": t, "landmarks": {"right_shoulder": [0.7, 0.5, 0.9], "right_hip": [0.4, 0.52]}});
    let take = json!({"layout": "named", "view": "side", "width": 720, "height": 1280, "frames": [frame(0.0), frame(4711.314)]});
    let stands = ada.send("POST", "/vision/posture", None, take).await;
    assert!(stands.text().contains("4711.314"), "the answer is kept under its key: {}", stands.text());
}

/// Asks for the archive and gives its entries as text, in lower case.
async fn archive(ada: &Somebody<'_>) -> BTreeMap<String, String> {
    let begun = ada.server.request("POST", "/api/v1/users/me/exports").bearer(&ada.token).send().await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let at = begun.header("location").unwrap().to_owned();
    let ended = ada.server.get(&format!("{at}?wait=25"), &ada.token).await;
    assert_eq!(ended.json()["status"], "succeeded", "{}", ended.text());
    let zip = ada.server.get(&format!("{at}/archive"), &ada.token).await;
    let mut zip = zip::ZipArchive::new(Cursor::new(zip.body)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut entries = BTreeMap::new();
    for name in names {
        let mut bytes = Vec::new();
        zip.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        entries.insert(name, String::from_utf8_lossy(&bytes).to_lowercase());
    }
    entries
}

fn decoded(value: &str) -> Option<String> {
    let digits = value.strip_prefix("\\x").unwrap_or(value).as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    Some(String::from_utf8_lossy(&bytes?).into_owned())
}

fn word_in(text: &str) -> Option<&'static str> {
    let texts = [Some(text.to_lowercase()), decoded(text).map(|text| text.to_lowercase())];
    WORDS.into_iter().find(|word| texts.iter().flatten().any(|text| text.contains(word)))
}

#[expect(clippy::disallowed_methods, reason = "the search reads every table there is, known to the code or not")]
async fn texts(connection: &DatabaseConnection, sql: String) -> Vec<String> {
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    rows.iter().filter_map(|row| row.try_get::<Option<String>>("", "x").unwrap()).collect()
}

/// `table.column` and the word, for every column that holds one.
async fn places(connection: &DatabaseConnection) -> BTreeSet<String> {
    let sqlite = connection.get_database_backend() == DbBackend::Sqlite;
    let tables = if sqlite {
        "SELECT name AS x FROM sqlite_master WHERE type = 'table'"
    } else {
        "SELECT tablename::text AS x FROM pg_tables WHERE schemaname = 'public'"
    };
    let mut found = BTreeSet::new();
    for table in texts(connection, tables.to_owned()).await {
        let columns = if sqlite {
            format!("SELECT name AS x FROM pragma_table_info('{table}')")
        } else {
            format!("SELECT column_name::text AS x FROM information_schema.columns WHERE table_name = '{table}'")
        };
        for column in texts(connection, columns).await {
            let value = if sqlite {
                format!("CASE typeof(\"{column}\") WHEN 'blob' THEN hex(\"{column}\") ELSE CAST(\"{column}\" AS TEXT) END")
            } else {
                format!("\"{column}\"::text")
            };
            let values = texts(connection, format!("SELECT {value} AS x FROM \"{table}\"")).await;
            found.extend(values.iter().filter_map(|value| word_in(value)).map(|word| format!("{table}.{column}: {word}")));
        }
    }
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

async fn journey(folder: &Path, environment: &[(&str, &str)], url: &str) {
    let vendors = MockVendors::start(Arc::new(SystemClock)).await.unwrap();
    vendors.github.create_repository("ada/engine");
    let github = ("APP__INTEGRATIONS__GITHUB__API_BASE_URL", vendors.github.base_url());
    let environment: Vec<(&str, &str)> = environment.iter().copied().chain([github]).collect();
    let server = Server::start_with(folder, &environment);
    let bob = Somebody::register(&server, "bob@example.com", "curl/8").await;
    let ada = Somebody::register(&server, ADDRESS, "heliotrope-device/1").await;
    plant(&ada, &bob).await;
    let exported = archive(&ada).await;
    for (entry, words) in EXPORTED {
        let (_, text) = exported.iter().find(|(name, _)| name.starts_with(entry)).unwrap_or_else(|| {
            panic!("the archive has no {entry}: {:?}", exported.keys());
        });
        assert!(words.iter().all(|word| text.contains(word)), "{entry}: {words:?} in {text}");
    }
    let connection = Database::connect(url).await.unwrap();
    let before = places(&connection).await;
    for table in PLANTED {
        assert!(before.iter().any(|place| place.starts_with(&format!("{table}."))), "nothing was planted in {table}: {before:?}");
    }
    let blobs = folder.join("data/blobs");
    assert!(!files(&blobs).is_empty(), "the archive is a blob");

    let closed = server.request("DELETE", "/api/v1/users/me").bearer(&ada.token).send().await;
    assert_eq!(closed.status, 204, "{}", closed.text());
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        // The files while the server still has them: on SQLite what was deleted is in the log beside the database until that is emptied.
        // One that is gone meanwhile holds nothing.
        let held = files(&folder.join("data")).into_iter().filter(|path| {
            !path.starts_with(folder.join("data/mail")) && std::fs::read(path).is_ok_and(|bytes| hold_word(&bytes))
        });
        let left = (places(&connection).await, files(&blobs), held.collect::<Vec<_>>());
        if left.0.is_empty() && left.1.is_empty() && left.2.is_empty() {
            break;
        }
        assert!(Instant::now() < end, "erasure left {left:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    connection.close().await.unwrap();
    let log = server.log();
    assert!(!log.is_empty());
    assert_eq!(server.stop(), Some(0));
    assert_eq!(word_in(&log), None, "the log names them");
    // Mails were sent: what the folder holds in development is with their receivers in production.
    for path in files(folder).into_iter().filter(|path| !path.starts_with(folder.join("data/mail"))) {
        assert!(!hold_word(&std::fs::read(&path).unwrap()), "{}", path.display());
    }
}

fn hold_word(bytes: &[u8]) -> bool {
    word_in(&String::from_utf8_lossy(bytes)).is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_planted_is_in_their_archive_and_nowhere_after_they_left() {
    for engine in engines() {
        let folder = tempfile::tempdir().unwrap();
        let debug = ("RUST_LOG", "debug,hyper=info");
        match &engine {
            Engine::Sqlite => {
                let url = format!("sqlite://{}", folder.path().join("data/brickwork.sqlite").display());
                journey(folder.path(), &[debug], &url).await;
            }
            Engine::Postgres(_) => {
                let database = TestDb::fresh(&engine, Vec::new()).await.unwrap();
                let environment = [debug, ("DATABASE_URL", database.url.as_str()), ("APP__SECURITY__MASTER_KEY", MASTER_KEY)];
                journey(folder.path(), &environment, &database.url).await;
            }
        }
    }
}
