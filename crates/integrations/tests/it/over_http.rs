use std::sync::Arc;

use core_http::{Api, HttpSettings};
use core_testing::Engine;
use core_testing::http::{FixedActors, Reply, TestServer};
use mock_vendors::{Fault, JiraField};
use serde_json::{Value, json};

use crate::world::{World, fresh};

struct Served {
    world: World,
    server: TestServer,
}

async fn served() -> Served {
    let world = fresh(&Engine::Sqlite).await;
    let actors = FixedActors::new();
    actors.add("ada", world.person(1));
    let deps = TestServer::deps(&world.test, actors);
    let settings = HttpSettings { public_url: Some("https://api.example".to_owned()), ..TestServer::settings() };
    let api = Api::builder(settings, deps).install(Arc::new(world.integrations.clone())).build().unwrap();
    Served { server: TestServer::start(api).await.unwrap(), world }
}

impl Served {
    async fn post(&self, target: &str, body: &Value) -> Reply {
        self.server.request("POST", &format!("/api/v1/integrations{target}")).bearer("ada").json(body).send().await
    }

    /// The body without what differs from run to run: ids, times that a clock moved, and where the stand-ins listen.
    fn body(&self, reply: &Reply) -> Value {
        let mut text = reply.text();
        for (url, name) in [
            (self.world.vendors.github.base_url(), "https://github.test"),
            (self.world.vendors.notion.base_url(), "https://notion.test"),
            (self.world.vendors.jira.base_url(), "https://jira.test"),
        ] {
            text = text.replace(url, name);
        }
        let mut body: Value = serde_json::from_str(&text).unwrap();
        steady(&mut body);
        body
    }
}

fn steady(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                let stand_in = match name.as_str() {
                    "instance" => "urn:uuid:<request id>",
                    "id" | "operation_id" | "connection_id" if inner.as_str().is_some_and(|id| id.len() == 36) => "<id>",
                    "checked_at" | "created_at" | "updated_at" | "sent_at" if inner.is_string() => "<time>",
                    _ => {
                        steady(inner);
                        continue;
                    }
                };
                *inner = json!(stand_in);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(steady),
        _ => {}
    }
}

#[tokio::test]
async fn a_connection_an_issue_and_its_problems_have_these_bodies() {
    let served = served().await;
    let fields = vec![JiraField::required("customfield_1", "Team", &["Red", "Blue"])];
    served.world.vendors.jira.create_project("BRICK", fields);
    let credentials = json!({"site": "acme", "email": "ada@example.com", "token": "jira_classic"});
    let new = json!({"provider": "jira", "credentials": credentials, "settings": {"project": "BRICK"}});
    let made = served.post("/connections", &new).await;
    assert_eq!((made.status, made.header("etag")), (201, Some("\"v1\"")));
    insta::assert_json_snapshot!(served.body(&made));
    let issue = |fields: Value| json!({"summary": "Wall", "description": "It *leans*.", "fields": fields});
    insta::assert_json_snapshot!(served.body(&served.post("/jira/issues", &issue(json!({"customfield_2": 1}))).await));
    insta::assert_json_snapshot!(
        served.body(&served.post("/jira/issues?dry_run=true", &issue(json!({"customfield_1": "red"}))).await)
    );
    insta::assert_json_snapshot!(served.body(&served.post("/jira/issues?dry_run=true", &issue(json!({}))).await));
    served.world.vendors.jira.set_index_lag(60_000);
    served.world.vendors.jira.fail("POST", "/rest/api/3/issue", Fault::CutAfter);
    let lost = served.post("/jira/issues", &issue(json!({"customfield_1": "Red"}))).await;
    assert_eq!((lost.status, lost.header("retry-after")), (503, Some("30")));
    insta::assert_json_snapshot!(served.body(&lost));
    let operations = served.server.get("/api/v1/integrations/operations").bearer("ada").send().await;
    insta::assert_json_snapshot!(served.body(&operations));
}

#[tokio::test]
async fn a_file_its_conflict_and_the_providers_have_these_bodies() {
    let served = served().await;
    let providers = served.server.get("/api/v1/integrations/providers").bearer("ada").send().await;
    insta::assert_json_snapshot!(served.body(&providers));
    let none = served.post("/github/files", &json!({"path": "a.md", "content": "one", "repository": "ada/engine"})).await;
    insta::assert_json_snapshot!(served.body(&none));
    served.world.github(&served.world.person(1)).await;
    let made = served.post("/github/files", &json!({"path": "a.md", "content": "one"})).await;
    insta::assert_json_snapshot!(served.body(&made));
    let sha = "0123456789012345678901234567890123456789";
    let conflict = served.post("/github/files", &json!({"path": "a.md", "content": "two", "sha": sha})).await;
    insta::assert_json_snapshot!(served.body(&conflict));
    let odd = served.post("/github/files", &json!({"path": "../a", "content": "two", "branch": "a..b", "repository": "x"})).await;
    insta::assert_json_snapshot!(served.body(&odd));
}
