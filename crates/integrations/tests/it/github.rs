use core_testing::Engine;
use integrations::{IntegrationsError, NewFile, OnConflict, OperationState, Settings};
use mock_vendors::{Fault, Reply};
use serde_json::Value;

use crate::world::{World, code, fresh, key, token};

fn file(path: &str, content: &str) -> NewFile {
    NewFile { path: path.to_owned(), content: content.to_owned(), ..NewFile::default() }
}

/// What GitHub says when somebody else was faster.
fn stale() -> Reply {
    Reply::json(409, &serde_json::json!({"message": "a.md does not match 123", "status": "409"}))
}

impl World {
    fn commits(&self) -> usize {
        self.vendors.github.repository("ada/engine", |repository| repository.commits()).unwrap()
    }

    fn stored(&self, path: &str) -> Option<String> {
        let bytes = self.vendors.github.repository("ada/engine", |repository| repository.file("main", path)).unwrap();
        bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_file_is_made_then_left_alone_then_changed(world) {
        let ada = world.person(1);
        world.github(&ada).await;
        let path = "docs/a b#c?%20/💩.md";
        let write = |content: &str| world.integrations.creations.create_github_file(&ada, file(path, content), None);
        let made = write("one").await.unwrap().result;
        assert_eq!((&made["created"], &made["unchanged"], &made["branch"]), (&Value::Bool(true), &Value::Bool(false), &Value::from("main")));
        assert!(made["url"].as_str().unwrap().ends_with("/blob/main/docs/a%20b%23c%3F%2520/%F0%9F%92%A9.md"), "{made}");
        assert!(made["commit_url"].as_str().unwrap().contains("/commit/"));
        assert_eq!(world.stored(path).as_deref(), Some("one"));
        let same = write("one").await.unwrap().result;
        assert_eq!((&same["unchanged"], world.commits()), (&Value::Bool(true), 1));
        let changed = write("two").await.unwrap().result;
        assert_eq!((&changed["created"], world.commits(), world.stored(path).as_deref()), (&Value::Bool(false), 2, Some("two")));
    }

    async fn a_cut_write_is_found_and_not_repeated(world) {
        let ada = world.person(1);
        world.github(&ada).await;
        world.vendors.github.fail("PUT", "/contents/", Fault::CutAfter);
        let made = world.integrations.creations.create_github_file(&ada, file("a.md", "one"), Some(key("k"))).await.unwrap();
        assert_eq!((world.commits(), world.vendors.github.count("PUT", "/contents/")), (1, 1));
        assert!(made.result["commit_url"].as_str().unwrap().contains("/commit/"), "{:?}", made.result);
        assert_eq!(made.result["created"], true);
        world.vendors.github.fail("PUT", "/contents/", Fault::CutBefore);
        world.integrations.creations.create_github_file(&ada, file("b.md", "one"), Some(key("l"))).await.unwrap();
        assert_eq!(world.commits(), 2);
        let again = world.integrations.creations.create_github_file(&ada, file("a.md", "one"), Some(key("k"))).await.unwrap();
        assert_eq!((again, world.commits()), (made, 2));
    }

    async fn a_branch_and_a_pull_request_are_made_once(world) {
        let ada = world.person(1);
        world.github(&ada).await;
        let new = || NewFile { pull_request: Some(true), message: Some("Say hello\n\nKindly.".to_owned()), ..file("hello.md", "Hello") };
        world.vendors.github.fail("POST", "/pulls", Fault::CutAfter);
        let made = world.integrations.creations.create_github_file(&ada, new(), Some(key("k"))).await.unwrap().result;
        assert!(made["pull_request_url"].as_str().unwrap().ends_with("/pull/1"), "{made}");
        let again = world.other.creations.create_github_file(&ada, new(), Some(key("k"))).await.unwrap().result;
        assert_eq!(again, made);
        let (branches, pulls) =
            world.vendors.github.repository("ada/engine", |repository| (repository.branches(), repository.pulls())).unwrap();
        assert_eq!((branches.len(), pulls.len(), world.commits()), (2, 1, 1));
        assert_eq!((pulls[0].title.as_str(), pulls[0].base.as_str()), ("Say hello", "main"));
        assert_eq!(world.stored("hello.md"), None, "the default branch is left alone");
    }
}

/// Every row of the status matrix (wire facts 1.3) as the caller gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_of_github_has_its_meaning() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    world.github(&ada).await;
    let write = |new: NewFile| world.integrations.creations.create_github_file(&ada, new, None);
    let github = &world.vendors.github;
    let change =
        |look: &dyn Fn(&mut mock_vendors::Repository)| github.repository("ada/engine", |repository| look(repository)).unwrap();

    // Somebody else is faster between reading and writing: existing path with a stale sha, and new path that appeared.
    change(&|repository| repository.put("main", "a.md", b"one"));
    github.fail("PUT", "/contents/a.md", Fault::Instead(stale()));
    let conflict = write(file("a.md", "two")).await;
    assert!(matches!(&conflict, Err(IntegrationsError::FileChanged { ours: Some(_), .. })), "{conflict:?}");
    let appeared =
        Reply::json(422, &serde_json::json!({"message": "Invalid request.\n\n\"sha\" wasn't supplied.", "status": "422"}));
    github.fail("PUT", "/contents/new.md", Fault::Instead(appeared));
    assert_eq!(code(&write(file("new.md", "x")).await), "integrations.file_changed");

    // What the change is based on is not there.
    let based = NewFile { sha: Some("0".repeat(40)), ..file("a.md", "two") };
    let Err(IntegrationsError::FileChanged { ours, theirs }) = write(based).await else { panic!("it was written") };
    assert_eq!((ours, theirs.map(|sha| sha.len())), (Some("0".repeat(40)), Some(40)));

    assert_eq!(
        code(&write(NewFile { branch: Some("nowhere".to_owned()), ..file("a", "b") }).await),
        "integrations.target_not_found"
    );
    assert_eq!(
        code(&write(NewFile { repository: Some("ada/other".to_owned()), ..file("a", "b") }).await),
        "integrations.target_not_found"
    );
    change(&|repository| {
        repository.odd_paths.insert("folder".to_owned(), "dir");
        repository.odd_paths.insert("link".to_owned(), "symlink");
        repository.odd_paths.insert("module".to_owned(), "submodule");
    });
    for path in ["folder", "link", "module"] {
        assert_eq!(code(&write(file(path, "x")).await), "integrations.not_a_file", "{path}");
    }
    change(&|repository| repository.protected = true);
    assert_eq!(code(&write(file("secret.md", "ghp_x")).await), "integrations.blocked_by_rule");
    change(&|repository| (repository.protected, repository.writable) = (false, false));
    assert_eq!(code(&write(file("b.md", "x")).await), "integrations.provider_forbids");
}

/// The rest of it: what is asked too often, what a setting lets through, and what is not trusted any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_of_github_are_waited_for_and_a_token_that_is_gone_is_named() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    let connection = world.github(&ada).await;
    let write = |new: NewFile| world.integrations.creations.create_github_file(&ada, new, None);
    let github = &world.vendors.github;
    github.repository("ada/engine", |repository| repository.put("main", "a.md", b"one")).unwrap();

    // Both limits, with and without a time.
    github.set_remaining(0);
    assert_eq!(code(&write(file("b.md", "x")).await), "integrations.provider_limit");
    github.set_remaining(5000);
    world.test.clock.advance(std::time::Duration::from_mins(2));
    github.fail(
        "PUT",
        "/contents/",
        Fault::Instead(Reply::json(403, &serde_json::json!({"message": "secondary rate limit"})).with("retry-after", 3)),
    );
    assert_eq!(code(&write(file("b.md", "x")).await), "ok", "a short wait is waited for");
    github.fail("PUT", "/contents/", Fault::Instead(Reply::json(429, &serde_json::json!({"message": "slow down"}))));
    assert_eq!(code(&write(file("c.md", "x")).await), "integrations.provider_limit", "without a time it is a minute");
    world.test.clock.advance(std::time::Duration::from_mins(2));

    // A setting lets the later one win.
    let settings = Settings { on_conflict: Some(OnConflict::Overwrite), ..connection.settings.clone() };
    let change = integrations::ConnectionChange { settings: Some(settings), ..Default::default() };
    world.integrations.connections.update(&ada, connection.id, change, None).await.unwrap();
    github.fail("PUT", "/contents/a.md", Fault::Instead(stale()));
    assert_eq!(code(&write(file("a.md", "mine")).await), "ok");

    github.grants().revoke("ghp_test");
    assert_eq!(code(&write(file("d.md", "x")).await), "integrations.reconnect_needed");
    assert_eq!(code(&write(file("d.md", "x")).await), "integrations.reconnect_needed");
    let refused = world.integrations.connections.create(
        &ada,
        integrations::NewConnection {
            provider: integrations::Provider::Github,
            credentials: token("ghp_other"),
            settings: Settings::default(),
            name: None,
            visibility: core_kernel::Visibility::Private,
        },
    );
    assert_eq!(code(&refused.await), "integrations.credentials_refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_belongs_to_one_request_and_the_ledger_shows_it() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    world.github(&ada).await;
    let made = world.integrations.creations.create_github_file(&ada, file("a.md", "one"), Some(key("k"))).await.unwrap();
    let other = world.integrations.creations.create_github_file(&ada, file("a.md", "two"), Some(key("k"))).await;
    assert_eq!(code(&other), "integrations.key_reused");
    let shown = world.integrations.operations.get(&ada, made.operation).await.unwrap();
    assert_eq!((shown.state, shown.attempts, shown.result), (OperationState::Confirmed, 1, Some(made.result)));
    let bob = world.person(2);
    assert_eq!(code(&world.integrations.operations.get(&bob, made.operation).await), "request.not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_writes_nothing_and_redacts() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    world.github(&ada).await;
    let new = NewFile { pull_request: Some(true), ..file(".github/workflows/ci.yml", "on: push") };
    let plan = world.integrations.creations.plan_github_file(&ada, new).await.unwrap();
    let methods: Vec<&str> = plan.requests.iter().map(|request| request.method.as_str()).collect();
    assert_eq!(methods, ["POST", "PUT", "POST"]);
    assert!(plan.requests.iter().all(|request| request.headers["authorization"] == "[redacted]"));
    assert!(plan.findings.iter().any(|finding| finding.code == "workflow_scope"));
    let wrote = world.vendors.github.requests().iter().any(|request| request.method != "GET");
    assert!(!wrote && !format!("{plan:?}").contains("ghp_test"));
    let lost = world
        .integrations
        .creations
        .plan_github_file(&ada, NewFile { repository: Some("ada/none".into()), ..file("a", "b") })
        .await
        .unwrap();
    assert_eq!((lost.requests.len(), lost.findings[0].code.as_str()), (0, "integrations.target_not_found"));
}
