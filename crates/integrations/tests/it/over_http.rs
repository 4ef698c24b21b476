use std::sync::Arc;

use core_testing::Engine;
use core_testing::http::{FixedActors, Reply, TestServer, shape};
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
    let server =
        TestServer::alone("https://api.example", &world.test, actors, Arc::new(world.integrations.clone())).await.unwrap();
    Served { world, server }
}

impl Served {
    async fn post(&self, target: &str, body: &Value) -> Reply {
        self.server.request("POST", &format!("/api/v1/integrations{target}")).bearer("ada").json(body).send().await
    }

    /// An answer with names in place of where the stand-ins listen, and without times that a clock moved.
    fn shape(&self, mut reply: Reply) -> Value {
        let mut text = reply.text();
        for (url, name) in [
            (self.world.vendors.github.base_url(), "https://github.test"),
            (self.world.vendors.notion.base_url(), "https://notion.test"),
            (self.world.vendors.jira.base_url(), "https://jira.test"),
        ] {
            text = text.replace(url, name);
        }
        reply.body = text.into_bytes();
        shape(&reply, &["checked_at", "created_at", "updated_at", "sent_at"])
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
    insta::assert_json_snapshot!(served.shape(made));
    let issue = |fields: Value| json!({"summary": "Wall", "description": "It *leans*.", "fields": fields});
    insta::assert_json_snapshot!(served.shape(served.post("/jira/issues", &issue(json!({"customfield_2": 1}))).await));
    insta::assert_json_snapshot!(
        served.shape(served.post("/jira/issues?dry_run=true", &issue(json!({"customfield_1": "red"}))).await)
    );
    insta::assert_json_snapshot!(served.shape(served.post("/jira/issues?dry_run=true", &issue(json!({}))).await));
    served.world.vendors.jira.set_index_lag(60_000);
    served.world.vendors.jira.fail("POST", "/rest/api/3/issue", Fault::CutAfter);
    let lost = served.post("/jira/issues", &issue(json!({"customfield_1": "Red"}))).await;
    assert_eq!((lost.status, lost.header("retry-after")), (503, Some("30")));
    insta::assert_json_snapshot!(served.shape(lost));
    let operations = served.server.get("/api/v1/integrations/operations").bearer("ada").send().await;
    insta::assert_json_snapshot!(served.shape(operations));
}

#[tokio::test]
async fn a_file_its_conflict_and_the_providers_have_these_bodies() {
    let served = served().await;
    let providers = served.server.get("/api/v1/integrations/providers").bearer("ada").send().await;
    insta::assert_json_snapshot!(served.shape(providers));
    let none = served.post("/github/files", &json!({"path": "a.md", "content": "one", "repository": "ada/engine"})).await;
    insta::assert_json_snapshot!(served.shape(none));
    served.world.github(&served.world.person(1)).await;
    let made = served.post("/github/files", &json!({"path": "a.md", "content": "one"})).await;
    insta::assert_json_snapshot!(served.shape(made));
    let sha = "0123456789012345678901234567890123456789";
    let conflict = served.post("/github/files", &json!({"path": "a.md", "content": "two", "sha": sha})).await;
    insta::assert_json_snapshot!(served.shape(conflict));
    let odd = served.post("/github/files", &json!({"path": "../a", "content": "two", "branch": "a..b", "repository": "x"})).await;
    insta::assert_json_snapshot!(served.shape(odd));
}
