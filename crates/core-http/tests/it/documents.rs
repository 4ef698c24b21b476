use std::sync::Arc;

use core_http::Operation;
use core_testing::http::{FixedActors, TestServer};
use core_testing::{Engine, TestDb};
use serde_json::Value;

use crate::demo::{Demo, Notes};
use crate::routing::assert_problem;
use crate::world::{builder, world};

#[tokio::test]
async fn the_document_describes_every_operation_as_it_behaves() {
    let world = world().await;
    let reply = world.server.get("/api/v1/openapi.json").send().await;
    let document = reply.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(world.server.get("/api/openapi.json").send().await.body, reply.body);
    for row in world.server.api.operations() {
        let documented = &document["paths"][row.documented_path()][row.method().as_str().to_lowercase()];
        assert_eq!(documented["operationId"], row.id(), "{}", row.path);
    }
    let create = &document["paths"]["/api/v1/notes"]["post"];
    assert_eq!(create["x-permission"], "notes:write");
    assert_eq!(create["x-max-body-bytes"], 262_144);
    assert_eq!(create["x-rate-limit"], "write");
    assert!(create["responses"]["409"]["description"].as_str().unwrap().contains("notes.taken"));
    let names = |operation: &Value| -> Vec<String> {
        operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(names(create).contains(&"Idempotency-Key".to_owned()));
    let list = &document["paths"]["/api/v1/notes"]["get"];
    for name in ["query", "limit", "cursor", "order", "created_after", "updated_since", "X-Org-Id"] {
        assert!(names(list).contains(&name.to_owned()), "{name}");
    }
    assert_eq!(document["paths"]["/hello"]["get"]["security"], serde_json::json!([]));
    assert_eq!(document["paths"]["/api/v1/notes/{id}"]["get"]["parameters"][0]["schema"]["format"], "uuid");
    assert!(
        document["paths"]["/api/v1/notes/{id}"]["patch"]["requestBody"]["content"]["application/merge-patch+json"].is_object()
    );
    every_reference_leads_somewhere(&document, &document);
}

#[tokio::test]
async fn the_document_names_what_the_guard_answers_before_a_handler_runs() {
    let world = world().await;
    let document = world.server.get("/api/v1/openapi.json").send().await.json();
    let named = |method: &str, status: &str| -> String {
        let response = &document["paths"]["/api/v1/notes"][method]["responses"][status];
        response["description"].as_str().unwrap_or_default().to_owned()
    };
    let ask = async |method: &str, path: &str, header: (&str, &str)| {
        let request = core_testing::http::Request::to(world.server.address, method, path).bearer("alice");
        request.header(header.0, header.1).send().await.code()
    };
    let code = ask("GET", "/api/v1/notes", ("X-Org-Id", "x")).await;
    assert!(named("get", "400").contains(&code), "{code}");
    let code = ask("GET", "/api/v1/notes?utterly=unknown", ("Accept", "*/*")).await;
    assert!(named("get", "422").contains(&code), "{code}");
    let code = ask("POST", "/api/v1/notes", ("Idempotency-Key", "not visible")).await;
    assert!(named("post", "400").contains(&code), "{code}");
    assert!(named("post", "409").contains("request.idempotency_in_progress"));
    assert!(named("post", "422").contains("request.idempotency_key_reused"));
    let parameters = document["paths"]["/api/v1/notes"]["get"]["parameters"].as_array().unwrap();
    let org = parameters.iter().find(|parameter| parameter["name"] == "X-Org-Id").unwrap();
    assert_eq!(org["schema"]["format"], "uuid");
}

mod first {
    #[derive(serde::Serialize, utoipa::ToSchema)]
    pub(super) struct Answer {
        a: u32,
    }
}

mod second {
    #[derive(serde::Serialize, utoipa::ToSchema)]
    pub(super) struct Answer {
        b: String,
    }

    #[derive(serde::Deserialize, utoipa::ToSchema)]
    pub(super) enum Kind {
        One,
    }

    #[derive(serde::Deserialize, utoipa::IntoParams)]
    pub(super) struct Filter {
        #[expect(dead_code, reason = "only its description matters")]
        kind: Option<Kind>,
    }
}

fn plain(path: &'static str, id: &'static str) -> Operation {
    Operation::get(path, || async { actix_web::HttpResponse::NoContent().finish() }).id(id).summary("X").public()
}

#[tokio::test]
async fn what_a_document_can_not_say_truly_is_named() {
    let of = async |extra: Vec<fn() -> Operation>| {
        let db = TestDb::fresh(&Engine::Sqlite, Vec::new()).await.unwrap();
        let demo = Demo { notes: Arc::new(Notes::default()), extra };
        let api = builder(&db, TestServer::settings(), FixedActors::new()).install(Arc::new(demo)).build().unwrap();
        (api.openapi_faults(), serde_json::to_value(api.openapi()).unwrap())
    };
    let first: fn() -> Operation = || plain("/a", "a").answers::<first::Answer>(200, "A");
    let second: fn() -> Operation = || plain("/b", "b").answers::<second::Answer>(200, "B");
    let filtered: fn() -> Operation = || plain("/c", "c").query::<second::Filter>().no_content();
    assert_eq!(of(vec![first]).await.0, Vec::<String>::new());
    assert!(of(vec![first, second]).await.0[0].contains("two types are described as `Answer`"));
    assert!(of(vec![filtered]).await.0[0].contains("`#/components/schemas/Kind` is referred to"));
    let foreign: fn() -> Operation = || {
        let operation = plain("/d", "d").foreign_errors().error_body::<first::Answer>().no_content();
        operation.required_header("Tus-Resumable", "1.0.0").header("Upload-Checksum", "A digest.")
    };
    let document = of(vec![foreign]).await.1;
    let operation = &document["paths"]["/api/v1/notes/d"]["get"];
    assert!(operation["responses"]["422"]["content"]["application/json"].is_object(), "{operation}");
    let required: Vec<bool> = operation["parameters"].as_array().unwrap().iter().map(|one| one["required"] == true).collect();
    assert_eq!(required, [true, false]);
}

fn every_reference_leads_somewhere(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
            }
            members.values().for_each(|value| every_reference_leads_somewhere(document, value));
        }
        Value::Array(items) => items.iter().for_each(|value| every_reference_leads_somewhere(document, value)),
        _ => {}
    }
}

#[tokio::test]
async fn the_problem_catalogue_is_served_for_programs_and_people() {
    let world = world().await;
    let all = world.server.get("/problems").send().await.json();
    let codes: Vec<&str> = all["problems"].as_array().unwrap().iter().map(|entry| entry["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"notes.flooded") && codes.contains(&"request.invalid") && codes.contains(&"database.busy"));
    let missing = world.server.get("/nothing").send().await.json();
    let path = missing["type"].as_str().unwrap().split_once(&world.server.address.to_string()).unwrap().1.to_owned();
    assert_eq!(world.server.get(&path).send().await.json()["status"], 404);
    let page = world.server.get(&path).header("accept", "text/html,*/*;q=0.8").send().await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("<code>request.not_found</code>"));
    assert_problem(&world.server.get("/problems/nothing.known").send().await, 404, "request.not_found");
}

#[tokio::test]
async fn the_documentation_page_loads_from_this_server_alone() {
    let world = world().await;
    for path in ["/docs", "/docs/"] {
        let page = world.server.get(path).send().await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")), "{}", page.text());
        let text = page.text();
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("<script>"), "{text}");
        for link in text.split('"').filter(|part| part.starts_with("/docs/")) {
            assert_eq!(world.server.get(link).send().await.status, 200, "{link}");
        }
        assert!(text.contains("/docs/swagger-ui-bundle.js") && text.contains("/docs/index.css"), "{text}");
        assert!(page.header("content-security-policy").unwrap().contains("script-src 'self';"));
    }
    let script = world.server.get("/docs/swagger-initializer.js").send().await;
    assert!(script.text().contains("/api/v1/openapi.json"), "{}", script.text());
    assert_problem(&world.server.get("/docs/../../etc/passwd").send().await, 404, "request.not_found");
}
