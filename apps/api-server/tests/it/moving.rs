//! From a laptop to a cluster, and back from a backup.

use std::io::Read as _;
use std::path::Path;

use core_testing::s3::{BUCKET, KEY_ID, S3Server, SECRET};
use core_testing::{Engine, TestDb, engines};
use serde_json::{Value, json};

use crate::media::send;
use crate::program::{MASTER_KEY, PASSWORD, Server, access, command, run, text};

/// Makes a person with a conversation and a picture, and an API key that is sealed with the master key.
async fn live_a_little(server: &Server) -> String {
    let token = access(&server.register("ada@example.com").await);
    let conversation = json!({"title": "Before"});
    let made = server.request("POST", "/api/v1/llm/conversations").bearer(&token).json(&conversation).send().await;
    assert_eq!(made.status, 201, "{}", made.text());
    let upload = send(server, "POST", "/api/v1/media", &token, "file").await;
    assert_eq!(upload.status, 201, "{}", upload.text());
    let key = json!({"name": "a key", "scopes": ["llm:read"]});
    let key = server.request("POST", "/api/v1/auth/api-keys").bearer(&token).json(&key).send().await;
    assert_eq!(key.status, 201, "{}", key.text());
    key.json()["secret"].as_str().unwrap().to_owned()
}

/// Sees that everything of before is there and can be used.
async fn find_it_again(server: &Server, key: &str) {
    let login = server.post("/api/v1/auth/login", json!({"email": "ada@example.com", "password": PASSWORD})).await;
    assert_eq!(login.status, 200, "{}", login.text());
    let token = access(&login.json());
    let conversations = server.get("/api/v1/llm/conversations", &token).await.json();
    assert_eq!(conversations["items"][0]["title"], "Before", "{conversations}");
    let media = server.get("/api/v1/media", &token).await.json();
    let id = media["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.get(&format!("/api/v1/media/{id}/content"), &token).await.status, 200, "its bytes came along");
    assert_eq!(server.get("/api/v1/llm/conversations", key).await.status, 200, "what is sealed stays readable");
}

fn said(output: &std::process::Output) -> String {
    format!("{}{}", text(output), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_grows_from_sqlite_and_disk_to_postgresql_and_s3() {
    for engine in engines() {
        let Engine::Postgres(_) = &engine else { continue };
        let (folder, target) = (tempfile::tempdir().unwrap(), TestDb::bare(&engine).await.unwrap());
        let server = Server::start(folder.path());
        let key = live_a_little(&server).await;
        let s3 = S3Server::start().await.unwrap();
        let (store, endpoint) = (format!("s3://{BUCKET}/blobs"), s3.endpoint());
        let access = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ];
        let grow = |more: &[&str]| {
            let words = [&["grow", "--to", target.url.as_str(), "--store", store.as_str()], more].concat();
            command(folder.path()).envs(access).args(words).output().unwrap()
        };
        assert!(said(&grow(&[])).contains("stop it first"), "a server that writes would be left behind");
        assert_eq!(server.stop(), Some(0));
        let nowhere = said(&run(folder.path(), &["grow", "--to", &target.url, "--store", "ftp://host/x"]));
        assert!(nowhere.contains("--store must be file:///") && !nowhere.contains("rows of"), "{nowhere}");
        let dry = said(&grow(&["--dry-run"]));
        assert!(dry.contains("1 rows of conversations") && dry.contains("Nothing was changed"), "{dry}");
        let done = grow(&[]);
        assert!(done.status.success() && text(&done).contains("the same on both sides"), "{}", said(&done));
        assert!(said(&grow(&[])).contains("not empty"), "a second time would double everything");
        let master_key = std::fs::read_to_string(folder.path().join("data/master.key")).unwrap();
        let other = tempfile::tempdir().unwrap();
        let mut environment = access.to_vec();
        environment.extend([
            ("DATABASE_URL", target.url.as_str()),
            ("APP__MEDIA__STORE_URL", store.as_str()),
            ("APP__SECURITY__MASTER_KEY", master_key.trim()),
        ]);
        let server = Server::start_with(other.path(), &environment);
        find_it_again(&server, &key).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_running_server_comes_back_on_either_engine() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let key = live_a_little(&server).await;
    let backup = folder.path().join("backup");
    let backup = backup.to_str().unwrap();
    let made = run(folder.path(), &["backup", "--to", backup]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(said(&run(folder.path(), &["backup", "--to", backup])).contains("there already"));
    drop(server);
    for engine in engines() {
        let (place, target) = (tempfile::tempdir().unwrap(), TestDb::bare(&engine).await.unwrap());
        let master_key = std::fs::read_to_string(folder.path().join("data/master.key")).unwrap();
        let restore = |master_key: &str| {
            let mut command = command(place.path());
            command.env("DATABASE_URL", &target.url).env("APP__SECURITY__MASTER_KEY", master_key);
            command.args(["restore", "--from", backup]).output().unwrap()
        };
        assert!(said(&restore(&"5a6b".repeat(16))).contains("another master key"));
        let done = restore(master_key.trim());
        assert!(done.status.success(), "{}", said(&done));
        let environment = [("DATABASE_URL", target.url.as_str()), ("APP__SECURITY__MASTER_KEY", master_key.trim())];
        find_it_again(&Server::start_with(place.path(), &environment), &key).await;
    }
}

#[test]
fn a_damaged_backup_and_what_is_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(said(&run(folder.path(), &["restore", "--from", "nowhere"])).contains("is this a backup?"));
    run(folder.path(), &["migrate", "up"]);
    assert!(run(folder.path(), &["backup", "--to", "backup"]).status.success());
    std::fs::remove_file(folder.path().join("backup/manifest.json")).unwrap();
    std::fs::remove_file(folder.path().join("data/brickwork.sqlite")).unwrap();
    assert!(said(&run(folder.path(), &["restore", "--from", "backup"])).contains("not a whole one"));
}

#[test]
fn a_second_server_or_worker_on_one_sqlite_file_is_refused_and_short_commands_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    for command in ["serve", "worker"] {
        let refused = run(folder.path(), &["--set", "server.port=0", "--set", "server.admin_port=0", command]);
        assert!(!refused.status.success() && said(&refused).contains("another server or worker uses"), "{}", said(&refused));
    }
    assert!(run(folder.path(), &["migrate", "status"]).status.success());
    assert!(run(folder.path(), &["admin", "claim-link"]).status.success());
    server.kill();
    drop(Server::start(folder.path()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_the_first_form_is_brought_up_to_date_with_all_that_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let packed = std::fs::File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/first-form.sqlite.gz")).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    std::fs::write(folder.path().join("data/brickwork.sqlite"), bytes).unwrap();
    let server = Server::start_with(folder.path(), &[("APP__SECURITY__MASTER_KEY", MASTER_KEY)]);
    let login = server.post("/api/v1/auth/login", json!({"email": "ada@example.com", "password": PASSWORD})).await;
    let token = access(&login.json());
    let of = async |path: &str| -> Value { server.get(path, &token).await.json()["items"][0].clone() };
    assert_eq!(of("/api/v1/llm/conversations").await["title"], "Before the upgrade");
    assert_eq!(of("/api/v1/orgs").await["name"], "Brick & Mortar");
    assert_eq!(of("/api/v1/files/workspaces").await["name"], "Sources");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let file = folder.path().join("data/brickwork.sqlite");
    let nonsense = "this is no database".repeat(500);
    std::fs::write(&file, &nonsense).unwrap();
    let refused = run(folder.path(), &["--set", "server.port=0", "--set", "server.admin_port=0", "serve"]);
    assert!(!refused.status.success() && said(&refused).contains("the database can't be opened"), "{}", said(&refused));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), nonsense);
}
