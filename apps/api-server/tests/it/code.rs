use std::io::{Cursor, Write as _};

use core_testing::http::Reply;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::program::{Server, access};

/// The sources of a crate of this workspace, as somebody would upload them.
fn project() -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/core-kernel");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut waiting = vec![root.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                writer.start_file(name, SimpleFileOptions::default()).unwrap();
                writer.write_all(&std::fs::read(&path).unwrap()).unwrap();
            }
        }
    }
    writer.add_symlink("leads-out", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    writer.finish().unwrap().into_inner()
}

struct Client<'s> {
    server: &'s Server,
    token: String,
}

impl Client<'_> {
    async fn get(&self, target: &str) -> Reply {
        self.server.request("GET", &format!("/api/v1{target}")).bearer(&self.token).send().await
    }

    async fn send(&self, method: &str, target: &str, body: Value) -> Reply {
        self.server.request(method, &format!("/api/v1{target}")).bearer(&self.token).json(&body).send().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_is_uploaded_mapped_searched_explained_changed_and_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [("APP__LLM__PROVIDERS__DEMO__KIND", "scripted"), ("APP__LLM__DEFAULT_MODEL", "demo/hello")];
    let server = Server::start_with(folder.path(), &environment);
    let ada = Client { token: access(&server.register("ada@example.com").await), server: &server };
    let made = ada.send("POST", "/files/workspaces", json!({"name": "Kernel"})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let at = |rest: &str| format!("/files/workspaces/{id}{rest}");

    let upload = server.request("POST", &format!("/api/v1{}", at("/archive"))).bearer(&ada.token);
    let imported = upload.body("application/zip", project()).send().await;
    assert_eq!(imported.status, 200, "{}", imported.text());
    assert!(imported.json()["files"].as_u64().unwrap() > 8, "{}", imported.text());
    assert_eq!(imported.json()["skipped"], json!([{"path": "leads-out", "reason": "a link"}]));

    let map = ada.send("POST", "/code/map", json!({"workspace_id": id, "token_budget": 800, "focus": ["src/actor.rs"]})).await;
    assert_eq!(map.status, 200, "{}", map.text());
    assert!(map.json()["tokens"].as_u64().unwrap() <= 800);
    assert!(map.json()["map"].as_str().unwrap().contains("src/actor.rs:"), "{}", map.text());

    let found = ada.get(&at("/search?q=pub%20fn%20require&sections=true&glob=*.rs")).await;
    assert_eq!(found.status, 200, "{}", found.text());
    let hit = found.json()["matches"][0].clone();
    assert_eq!((hit["path"].as_str(), hit["section"]["name"].as_str()), (Some("src/actor.rs"), Some("require")), "{hit}");
    assert_eq!(hit["section"]["breadcrumb"], json!(["Actor", "require"]));

    let explain = json!({"workspace_id": id, "path": hit["path"], "question": "What does require do?"});
    let explained = ada.send("POST", "/code/explain", explain.clone()).await;
    assert_eq!((explained.status, explained.json()["provider"].as_str()), (200, Some("demo")), "{}", explained.text());
    assert!(!explained.json()["explanation"].as_str().unwrap().is_empty());
    let mut streaming = explain;
    streaming["stream"] = json!(true);
    let streamed = ada.send("POST", "/code/explain", streaming).await.text();
    assert_eq!((streamed.matches("event: start").count(), streamed.matches("event: done").count()), (1, 1), "{streamed}");
    assert!(streamed.matches("event: delta").count() > 1, "as the model writes: {streamed}");
    let prompted = json!({"workspace_id": id, "path": "src/actor.rs", "template": "review"});
    let prompted = ada.send("POST", "/code/prompt", prompted).await;
    assert_eq!((prompted.status, prompted.json()["template"].as_str()), (200, Some("code.review@1")), "{}", prompted.text());

    let target = at("/content?path=docs%2Fnotes.md");
    let created = ada.send("PUT", &target, json!({"text": "# Notes\n"})).await;
    assert_eq!(created.status, 201, "{}", created.text());
    assert_eq!(ada.send("PUT", &target, json!({"text": "other"})).await.code(), "files.exists");
    let etag = created.header("etag").unwrap().to_owned();
    let replace = || server.request("PUT", &format!("/api/v1{target}")).bearer(&ada.token).header("if-match", etag.clone());
    assert_eq!(replace().json(&json!({"text": "# More notes\n"})).send().await.status, 200);
    assert_eq!(replace().json(&json!({"text": "# Lost\n"})).send().await.code(), "files.changed");
    let again = ada.get(&at("/search?q=More%20notes")).await.json();
    assert_eq!(again["matches"][0]["path"], "docs/notes.md", "a search sees what was written just now");

    let archive = ada.get(&at("/archive")).await;
    let mut archive = ZipArchive::new(Cursor::new(archive.body)).unwrap();
    let notes = std::io::read_to_string(archive.by_name("docs/notes.md").unwrap()).unwrap();
    assert_eq!((notes.as_str(), archive.by_name("src/lib.rs").is_ok()), ("# More notes\n", true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_model_source_is_summarised_from_its_structure_and_an_operators_directory_asks_for_a_right() {
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path().join("shared");
    std::fs::create_dir(&shared).unwrap();
    let roots = format!("shared={}", shared.display());
    let server = Server::start_with(folder.path(), &[("APP__FILES__ROOTS", roots.as_str())]);
    let ada = Client { token: access(&server.register("ada@example.com").await), server: &server };
    let code =
        json!({"code": "# TODO: more\ndef area(w, h):\n    \"\"\"The area.\"\"\"\n    return w * h\n", "path": "shapes.py"});
    let summary = ada.send("POST", "/code/summarize", code.clone()).await;
    assert_eq!((summary.status, summary.json()["provider"].as_str()), (200, Some("offline")), "{}", summary.text());
    assert_eq!(summary.json()["citations"][0]["lines"], "2-4");
    let mut prompt = code;
    prompt["template"] = json!("review");
    let refused = ada.send("POST", "/code/prompt", prompt).await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    let root = ada.send("POST", "/files/workspaces", json!({"name": "Shared", "kind": "root"})).await;
    assert_eq!((root.status, root.code().as_str()), (403, "request.permission_denied"), "{}", root.text());
}
