use std::sync::Arc;

use code::testing::FixedModel;
use code::{Code, CodeConfig, Deps, NoModel, NoSourceTree, TextModel, permissions};
use core_http::Api;
use core_kernel::UserId;
use core_testing::http::{FixedActors, TestServer};
use core_testing::{Engine, TestDb};
use serde_json::{Value, json};
use uuid::Uuid;

/// A server with source code alone.
async fn server(model: Arc<dyn TextModel>, config: CodeConfig) -> (TestDb, TestServer) {
    let test = TestDb::fresh(&Engine::Sqlite, Vec::new()).await.unwrap();
    let actors = FixedActors::new();
    actors.add("ada", FixedActors::person(UserId(Uuid::from_u128(0xADA)), &permissions::ALL, test.db.ambient().now()));
    let deps = TestServer::deps(&test, actors);
    let code = Code::new(Deps { config, tree: Arc::new(NoSourceTree), model });
    let api = Api::builder(TestServer::settings(), deps).install(Arc::new(code)).build().unwrap();
    (test, TestServer::start(api).await.unwrap())
}

/// The events of a stream: name and data.
fn events(text: &str) -> Vec<(String, Value)> {
    let data = |event: &str, field: &str| {
        event.lines().find_map(|line| line.trim().strip_prefix(field)).map(|rest| rest.trim().to_owned())
    };
    let event = |event: &str| Some((data(event, "event:")?, serde_json::from_str(&data(event, "data:")?).unwrap()));
    text.split("\n\n").filter_map(event).collect()
}

fn joined(events: &[(String, Value)], name: &str) -> String {
    events.iter().filter(|(own, _)| own == name).filter_map(|(_, data)| data.get("text")?.as_str()).collect()
}

const ANSWER: &str = "It doubles, see line 1.";

#[tokio::test]
async fn an_explanation_is_read_while_the_model_writes_it() {
    for path in ["explain", "summarize"] {
        let model = Arc::new(FixedModel::held(ANSWER));
        let (_test, server) = server(model.clone(), CodeConfig::default()).await;
        let body = json!({"code": "fn double(x: i32) -> i32 { x * 2 }", "path": "a.rs", "stream": true});
        let mut stream = server.post(&format!("/api/v1/code/{path}")).bearer("ada").json(&body).open().await;
        assert!(stream.read_until("\"It \"").await, "the first word comes while the model is held: {}", stream.text());
        assert!(!stream.text().contains("doubles"));
        model.go_on(1);
        assert!(stream.read_until("\"doubles, \"").await, "{}", stream.text());
        model.go_on(3);
        let reply = stream.reply().await;
        let events = events(&reply.text());
        insta::assert_json_snapshot!(path, events);
        assert_eq!(joined(&events, "delta"), ANSWER);
    }
}

#[tokio::test]
async fn a_long_source_tells_which_part_is_being_read() {
    let model = Arc::new(FixedModel::saying(ANSWER));
    let config = CodeConfig { model_bytes: 2048, ..CodeConfig::default() };
    let (_test, server) = server(model.clone(), config).await;
    let function = |number: u32| format!("def f{number}():\n    return 'some text to make it longer {number}'\n");
    let code: Vec<String> = (0..60).map(function).collect();
    let code = code.concat();
    let body = json!({"code": code, "path": "a.py", "stream": true});
    let reply = server.post("/api/v1/code/explain").bearer("ada").json(&body).send().await;
    let events = events(&reply.text());
    let parts: Vec<&Value> = events.iter().filter(|(name, _)| name == "part").map(|(_, data)| data).collect();
    assert!(parts.len() > 1 && parts.len() == model.asked().len() - 1, "{parts:?}");
    assert_eq!((parts[0]["number"].clone(), parts[0]["of"].clone()), (json!(1), json!(parts.len())));
    assert_eq!(joined(&events, "note"), ANSWER.repeat(parts.len()), "each part has its notes");
    let (last, done) = events.last().unwrap();
    assert_eq!((last.as_str(), &done["explanation"]), ("done", &json!(joined(&events, "delta"))));
}

#[tokio::test]
async fn without_a_model_the_structure_is_told_line_by_line() {
    let (_test, server) = server(Arc::new(NoModel), CodeConfig::default()).await;
    let body = json!({"code": "pub fn double(x: i32) -> i32 { x * 2 }", "path": "a.rs", "stream": true});
    let reply = server.post("/api/v1/code/summarize").bearer("ada").json(&body).send().await;
    let events = events(&reply.text());
    assert_eq!(events.last().unwrap().1["summary"], json!(joined(&events, "delta")));
    assert_eq!(events.last().unwrap().1["provider"], "offline");
}
