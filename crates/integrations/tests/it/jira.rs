use std::time::Duration;

use core_testing::Engine;
use integrations::{IntegrationsError, NewIssue, OperationState, Provider, Settings};
use mock_vendors::{Fault, JiraField, Reply};
use serde_json::{Value, json};

use crate::world::{World, code, fresh, jira, key, token, with};

fn issue(summary: &str) -> NewIssue {
    NewIssue {
        summary: summary.to_owned(),
        description: "# Why\n\nIt **leans**.\n\n- [ ] prop it\n".to_owned(),
        ..NewIssue::default()
    }
}

async fn with_project(engine: &Engine) -> World {
    let world = fresh(engine).await;
    world.vendors.jira.create_project("BRICK", Vec::new());
    world
}

core_testing::on_every_engine! {
    setup = with_project;

    async fn a_create_that_was_cut_after_it_was_done_is_found_by_its_key(world) {
        let ada = world.person(1);
        world.jira(&ada).await;
        for fault in [Fault::CutAfter, Fault::Masked(Reply::html(502)), Fault::Masked(Reply::html(200))] {
            world.vendors.jira.fail("POST", "/rest/api/3/issue", fault);
        }
        for at in 0..3 {
            let before = world.vendors.jira.issues().len();
            let made = world.integrations.creations.create_jira_issue(&ada, issue("Wall"), Some(key(&at.to_string()))).await.unwrap();
            let again = world.other.creations.create_jira_issue(&ada, issue("Wall"), Some(key(&at.to_string()))).await.unwrap();
            assert_eq!((world.vendors.jira.issues().len(), again), (before + 1, made));
        }
    }

    async fn a_create_that_does_not_show_yet_is_never_doubled(world) {
        let ada = world.person(1);
        world.jira(&ada).await;
        world.vendors.jira.set_index_lag(5_000);
        world.vendors.jira.fail("POST", "/rest/api/3/issue", Fault::CutAfter);
        let create = || world.integrations.creations.create_jira_issue(&ada, issue("Wall"), Some(key("k")));
        let Err(IntegrationsError::OutcomeUnknown { operation, .. }) = create().await else { panic!("it is known") };
        let state = || async { world.integrations.operations.get(&ada, operation).await.unwrap().state };
        assert_eq!(state().await, OperationState::Unknown);
        assert_eq!(code(&create().await), "integrations.outcome_unknown");
        assert_eq!(world.vendors.jira.issues().len(), 1);
        // Nobody asks again; the job finds it.
        world.test.clock.advance(Duration::from_secs(40));
        world.work().await;
        assert_eq!(state().await, OperationState::Confirmed);
        assert_eq!((create().await.unwrap().result["key"].clone(), world.vendors.jira.issues().len()), (json!("BRICK-1"), 1));
    }

    async fn a_create_that_never_arrived_is_sent_again_when_that_is_certain(world) {
        let ada = world.person(1);
        world.jira(&ada).await;
        world.vendors.jira.fail("POST", "/rest/api/3/issue", Fault::CutBefore);
        let create = || world.integrations.creations.create_jira_issue(&ada, issue("Wall"), Some(key("k")));
        assert_eq!(code(&create().await), "integrations.outcome_unknown");
        assert_eq!(code(&create().await), "integrations.outcome_unknown", "it may still show");
        world.test.clock.advance(Duration::from_secs(31));
        assert_eq!(code(&create().await), "ok");
        assert_eq!(world.vendors.jira.issues().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_carries_a_document_and_the_operation() {
    let world = with_project(&Engine::Sqlite).await;
    let ada = world.person(1);
    world.jira(&ada).await;
    let made = world.integrations.creations.create_jira_issue(&ada, issue("Wall"), None).await.unwrap();
    assert_eq!(made.result["url"], "https://acme.atlassian.net/browse/BRICK-1");
    let stored = world.vendors.jira.issues().remove(0);
    assert_eq!(stored.fields["description"]["content"][0]["type"], "heading");
    assert_eq!(stored.properties["brickwork.operation"]["id"], made.operation.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_fields_are_named_with_their_values_and_labels_become_ids() {
    let world = fresh(&Engine::Sqlite).await;
    let fields =
        vec![JiraField::required("customfield_1", "Team", &["Red", "Blue"]), JiraField::required("customfield_2", "Why", &[])];
    world.vendors.jira.create_project("BRICK", fields);
    let ada = world.person(1);
    world.jira(&ada).await;
    let refused = world.integrations.creations.create_jira_issue(&ada, issue("Wall"), Some(key("k"))).await;
    let Err(IntegrationsError::FieldsRequired(faults)) = refused else { panic!("{refused:?}") };
    let said: Vec<(&str, &str)> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.message.as_str())).collect();
    assert_eq!(
        said,
        [("/fields/customfield_1", "Team is required; one of: Red, Blue"), ("/fields/customfield_2", "Why is required")]
    );
    let with_fields = |team: &str| {
        let fields = json!({"customfield_1": team, "customfield_2": "because", "customfield_3": 1});
        NewIssue { fields: fields.as_object().unwrap().clone(), ..issue("Wall") }
    };
    let refused = world.integrations.creations.create_jira_issue(&ada, with_fields("Green"), None).await;
    let Err(IntegrationsError::FieldsRequired(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!(faults.iter().map(|fault| fault.code.as_ref()).collect::<Vec<_>>(), ["invalid_choice", "unknown_field"]);
    let mut good = with_fields("blue");
    good.fields.remove("customfield_3");
    world.integrations.creations.create_jira_issue(&ada, good.clone(), None).await.unwrap();
    assert_eq!(world.vendors.jira.issues()[0].fields["customfield_1"], json!({"id": "2"}));
    let plan = world.integrations.creations.plan_jira_issue(&ada, issue("Wall")).await.unwrap();
    assert_eq!((plan.findings[0].code.as_str(), plan.findings[0].errors.len()), ("integrations.fields_required", 2));
    good.issue_type = Some("Epic".to_owned());
    let Err(IntegrationsError::ChoiceNeeded { choices, .. }) =
        world.integrations.creations.create_jira_issue(&ada, good, None).await
    else {
        panic!("an unknown type was taken");
    };
    assert_eq!(choices.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scoped_token_goes_by_the_gateway_and_a_data_center_gets_wiki_markup() {
    let world = with_project(&Engine::Sqlite).await;
    let (ada, bob) = (world.person(1), world.person(2));
    let settings = || Settings { project: Some("BRICK".to_owned()), ..Settings::default() };
    let scoped = world.connect(&ada, Provider::Jira, jira("jira_scoped"), settings()).await;
    assert_eq!(scoped.account["mode"], "gateway");
    world.integrations.creations.create_jira_issue(&ada, issue("Wall"), None).await.unwrap();
    assert_eq!(world.vendors.jira.count("POST", "/ex/jira/"), 1);
    let mut credentials = token("jira_pat");
    credentials.site = Some("https://jira.example/context".to_owned());
    let own = world.connect(&bob, Provider::Jira, credentials, settings()).await;
    assert_eq!(own.account["mode"], "data_center");
    let made = world.integrations.creations.create_jira_issue(&bob, issue("Wall"), None).await.unwrap();
    assert_eq!(made.result["url"], "https://jira.example/context/browse/BRICK-2");
    assert_eq!(world.vendors.jira.issues()[1].fields["description"], "h1. Why\n\nIt {*}leans{*}.\n\n* ( ) prop it");
    world.vendors.jira.fail("POST", "/rest/api/2/issue", Fault::CutAfter);
    let cut = world.integrations.creations.create_jira_issue(&bob, issue("Wall"), Some(key("k"))).await.unwrap();
    assert_eq!((cut.result["key"].clone(), world.vendors.jira.issues().len()), (json!("BRICK-3"), 3));
}

/// Both places of errors, `INVALID_INPUT`, limits and 503 as the caller gets them; nothing of it makes a second issue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_of_jira_has_its_meaning() {
    let world = with(&Engine::Sqlite, |config| config.max_wait_seconds = 2).await;
    world.vendors.jira.create_project("BRICK", Vec::new());
    let ada = world.person(1);
    world.jira(&ada).await;
    let create = || world.integrations.creations.create_jira_issue(&ada, issue("Wall"), None);
    let post = |fault: Fault| world.vendors.jira.fail("POST", "/rest/api/3/issue", fault);
    let error = |body: Value| Fault::Instead(Reply::json(400, &body));
    post(error(json!({"errorMessages": [], "errors": {"summary": "Too odd"}})));
    let Err(IntegrationsError::Refused { fields, message }) = create().await else { panic!("it was taken") };
    assert_eq!((fields[0].pointer.as_str(), message.as_str()), ("/summary", "summary: Too odd"));
    for body in
        [json!({"errorMessages": ["Team is required."], "errors": {}}), json!({"errorMessages": ["INVALID_INPUT"], "errors": {}})]
    {
        post(error(body));
        assert_eq!(code(&create().await), "integrations.provider_refuses");
    }
    for reason in ["jira-burst-based", "jira-per-issue-on-write", "jira-quota-tenant-based"] {
        post(Fault::Instead(Reply::json(429, &json!({})).with("retry-after", 60).with("ratelimit-reason", reason)));
        assert_eq!(code(&create().await), "integrations.provider_limit", "{reason}");
        world.test.clock.advance(Duration::from_mins(2));
    }
    post(Fault::Instead(Reply::html(503).with("retry-after", 1)));
    assert_eq!(code(&create().await), "ok", "503 with a time is a refusal that is waited for");
    assert_eq!(world.vendors.jira.issues().len(), 1);
    let unknown = NewIssue { project: Some("NONE".to_owned()), ..issue("Wall") };
    assert_eq!(code(&world.integrations.creations.create_jira_issue(&ada, unknown, None).await), "integrations.target_not_found");
}
