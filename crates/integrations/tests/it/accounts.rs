use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_kernel::{Actor, Owner, PageRequest, Secret, Visibility};
use core_testing::Engine;
use core_testing::http::Request;
use integrations::{
    AuthKind, Connection, ConnectionChange, ConnectionStatus, IntegrationsError, NewConnection, NewCredentials, NewFile,
    NewIssue, NewPage, Provider, ResourceKind, Settings,
};
use mock_vendors::GitHubApp;
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use crate::world::{Unhurried, World, code, fresh, jira, token, with, with_pause};

const BACK: &str = "https://api.example/connected";

/// Where the provider sends a browser that visits this address.
async fn visit(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, target) = rest.split_once('/').unwrap();
    let answer = Request::to(host.parse().unwrap(), "GET", &format!("/{target}")).send().await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    answer.header("location").unwrap().to_owned()
}

fn parameter(url: &str, name: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(own, _)| own == name).unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

impl World {
    /// Connects by OAuth as a browser does.
    async fn agree(&self, actor: &Actor, provider: Provider) -> Connection {
        let page = self.integrations.authorizations.begin(actor, provider, BACK).await.unwrap();
        let back = visit(&page).await;
        assert!(
            back.starts_with(&format!("https://api.example/api/v1/integrations/connections/{}/callback?", provider.as_str()))
        );
        let (state, given) = (parameter(&back, "state"), Secret::new(parameter(&back, "code")));
        // Another process may serve the way back; here they share no memory, so it is the same one.
        let authorizations = &self.integrations.authorizations;
        let ended = authorizations.finish(provider, &state, Ok(given.clone())).await.unwrap();
        let again = authorizations.finish(provider, &state, Ok(given)).await;
        assert_eq!(code(&again), "integrations.invalid_state", "a way back works once");
        let agreed = Secret::new(parameter(&ended, "connection_code"));
        let made = authorizations.complete(actor, provider, &agreed).await.unwrap();
        assert_eq!(
            code(&authorizations.complete(actor, provider, &agreed).await),
            "integrations.invalid_state",
            "and its code too"
        );
        self.integrations.connections.get(actor, made.id).await.unwrap()
    }

    async fn status(&self, actor: &Actor, connection: &Connection) -> ConnectionStatus {
        self.integrations.connections.get(actor, connection.id).await.unwrap().status
    }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn people_connect_by_oauth_and_work_through_it(world) {
        let ada = world.person(1);
        world.vendors.github.create_repository("ada/engine");
        world.vendors.jira.create_project("BRICK", Vec::new());
        let parent = world.vendors.notion.share_page("Home");
        for provider in Provider::ALL {
            let made = world.agree(&ada, provider).await;
            assert_eq!((made.auth, made.visibility, made.created_by), (AuthKind::Oauth, Visibility::Private, ada.subject));
        }
        let file = NewFile { repository: Some("ada/engine".into()), path: "a.md".into(), content: "x".into(), ..NewFile::default() };
        world.integrations.creations.create_github_file(&ada, file, None).await.unwrap();
        let page = NewPage { parent: Some(parent), title: Some("Plan".into()), ..NewPage::default() };
        world.integrations.creations.create_notion_page(&ada, page, None).await.unwrap();
        let issue = NewIssue { project: Some("BRICK".into()), summary: "Wall".into(), ..NewIssue::default() };
        let made = world.integrations.creations.create_jira_issue(&ada, issue, None).await.unwrap();
        assert_eq!(made.result["url"], format!("{}/browse/BRICK-1", world.vendors.jira.base_url()));
    }

    async fn credentials_are_sealed_for_their_row_alone(world) {
        let ada = world.person(1);
        let first = world.github(&ada).await;
        let second = world.connect(&ada, Provider::Github, token("ghp_test"), Settings::default()).await;
        let shown = format!("{first:?}{}", serde_json::json!(first.account));
        assert!(!shown.contains("ghp_test"));
        // The sealed text of one row is put into the other.
        let id = |connection: &Connection| match &world.test.db.backend() {
            core_db::DbBackend::Postgres => format!("'{}'", connection.id),
            _ => format!("x'{}'", connection.id.get().simple()),
        };
        let (from, to) = (id(&first), id(&second));
        let sql = format!(
            "UPDATE integration_connections SET credentials = (SELECT credentials FROM integration_connections WHERE id = {from}) WHERE id = {to}"
        );
        world.test.db.write(|tx| {
            let sql = sql.clone();
            async move {
                #[expect(clippy::disallowed_methods, reason = "the test does what no code does")]
                let statement = Statement::from_string(tx.get_database_backend(), sql);
                tx.execute_raw(statement).await?;
                Ok::<_, core_db::DbError>(())
            }
        }).await.unwrap();
        assert_eq!(code(&world.integrations.connections.test(&ada, second.id).await), "internal.database");
        assert_eq!(code(&world.integrations.connections.test(&ada, first.id).await), "ok");
    }
}

/// Two hundred callers in two processes meet a token that has ended. Atlassian ends a refresh token with its first use, so a second exchange
/// would cut everybody off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_on_an_expired_token_cause_one_refresh() {
    for engine in core_testing::engines() {
        let world = with_pause(&engine, |config| config.max_wait_seconds = 3600, |clock| Arc::new(Unhurried(clock))).await;
        let ada = world.person(1);
        world.vendors.jira.set_limit(1_000_000);
        let connection = world.agree(&ada, Provider::Jira).await;
        for round in 1..=3 {
            world.test.clock.advance(Duration::from_hours(2));
            let calls = (0..200).map(|at| {
                let process = if at % 2 == 0 { &world.integrations } else { &world.other };
                let (connections, ada, id) = (process.connections.clone(), ada.clone(), connection.id);
                async move { connections.resources(&ada, id, ResourceKind::Project, "").await }
            });
            let outcomes = futures_util::future::join_all(calls).await;
            let failed = outcomes.iter().find(|outcome| outcome.is_err());
            assert!(failed.is_none(), "{failed:?}");
            assert_eq!(world.vendors.jira.grants().refreshed(), round);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_without_an_end_is_refreshed_when_it_is_refused() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    world.vendors.notion.share_page("Home");
    let connection = world.agree(&ada, Provider::Notion).await;
    world.vendors.notion.grants().expire_access();
    let found = world.integrations.connections.resources(&ada, connection.id, ResourceKind::Page, "home").await.unwrap();
    assert_eq!((found[0].name.as_str(), world.vendors.notion.grants().refreshed()), ("Home", 1));

    // A refresh token that is dead: the account has to be connected again, and its settings stay.
    world.vendors.notion.grants().expire_access();
    world.vendors.notion.grants().end_refresh();
    let refused = world.integrations.connections.resources(&ada, connection.id, ResourceKind::Page, "").await;
    assert_eq!(code(&refused), "integrations.reconnect_needed");
    assert_eq!(world.status(&ada, &connection).await, ConnectionStatus::ReconnectNeeded);
    let change = ConnectionChange { credentials: Some(token("ntn_test")), ..ConnectionChange::default() };
    let renewed = world.integrations.connections.update(&ada, connection.id, change, None).await.unwrap();
    assert_eq!((renewed.status, renewed.auth), (ConnectionStatus::Active, AuthKind::Token));
    world.integrations.connections.resources(&ada, connection.id, ResourceKind::Page, "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_with_two_sites_has_to_choose() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    world.vendors.jira.create_project("BRICK", Vec::new());
    world.vendors.jira.add_site("other");
    let connection = world.agree(&ada, Provider::Jira).await;
    let create = || {
        let issue = NewIssue { project: Some("BRICK".into()), summary: "Wall".into(), ..NewIssue::default() };
        world.integrations.creations.create_jira_issue(&ada, issue, None)
    };
    let Err(IntegrationsError::ChoiceNeeded { choices, .. }) = create().await else { panic!("one was chosen") };
    assert_eq!(choices.len(), 2);
    let settings = Settings { site: Some(choices[0].id.clone()), ..Settings::default() };
    let change = ConnectionChange { settings: Some(settings), ..ConnectionChange::default() };
    world.integrations.connections.update(&ada, connection.id, change, None).await.unwrap();
    create().await.unwrap();
}

fn pem(key: &RsaKeyPair) -> String {
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_signs_for_itself_and_its_tokens_are_used_for_their_hour() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public_key = key.public_key().as_ref().to_vec();
    world.vendors.github.install_app(GitHubApp { id: "Iv1.app".to_owned(), installation: 77, public_key });
    world.vendors.github.create_repository("ada/engine");
    let credentials = |pem: String| NewCredentials {
        app_id: Some("Iv1.app".to_owned()),
        private_key: Some(Secret::new(pem)),
        ..NewCredentials::default()
    };
    let stranger = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let connect = |credentials| {
        let (provider, settings) = (Provider::Github, Settings { repository: Some("ada/engine".into()), ..Settings::default() });
        let new = NewConnection { provider, credentials, settings, name: None, visibility: Visibility::Private };
        world.integrations.connections.create(&ada, new)
    };
    assert_eq!(code(&connect(credentials("nonsense".to_owned())).await), "integrations.invalid");
    assert_eq!(code(&connect(credentials(pem(&stranger))).await), "integrations.credentials_refused");
    let made = connect(credentials(pem(&key))).await.unwrap();
    assert_eq!((made.auth, &made.account["installation_id"]), (AuthKind::App, &serde_json::json!(77)));
    let minted = || world.vendors.github.count("POST", "/access_tokens");
    let before = minted();
    for at in 0..3 {
        let file = NewFile { path: format!("{at}.md"), content: "x".into(), ..NewFile::default() };
        world.integrations.creations.create_github_file(&ada, file, None).await.unwrap();
    }
    assert_eq!(minted(), before + 1, "a token serves for its hour");
    world.test.clock.advance(Duration::from_mins(61));
    assert_eq!(world.integrations.connections.test(&ada, made.id).await.unwrap().status, ConnectionStatus::Active);
    assert_eq!(minted(), before + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_tested_changed_shared_and_removed() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    let org = Owner(Uuid::from_u128(0xB001));
    let (ada, bob) = (Actor { owner: org, ..ada }, Actor { owner: org, ..world.person(2) });
    let connection = world.github(&ada).await;
    let connections = &world.integrations.connections;
    assert_eq!(code(&connections.get(&bob, connection.id).await), "request.not_found", "private is its maker's alone");
    let change = |version| {
        let change =
            ConnectionChange { visibility: Some(Visibility::Org), name: Some("Ours".into()), ..ConnectionChange::default() };
        connections.update(&ada, connection.id, change, version)
    };
    assert_eq!(code(&change(Some(7)).await), "integrations.changed");
    let changed = change(Some(1)).await.unwrap();
    assert_eq!((changed.version, changed.name.as_str()), (2, "Ours"));
    connections.get(&bob, connection.id).await.unwrap();
    // Bob makes through it; what he made is his to see.
    let file = NewFile { path: "b.md".into(), content: "x".into(), ..NewFile::default() };
    let made = world.integrations.creations.create_github_file(&bob, file, None).await.unwrap();
    assert_eq!(code(&world.integrations.operations.get(&ada, made.operation).await), "request.not_found");

    world.vendors.github.grants().revoke("ghp_test");
    assert_eq!(connections.test(&ada, connection.id).await.unwrap().status, ConnectionStatus::ReconnectNeeded);
    world.vendors.github.grants().know("ghp_test");
    assert_eq!(connections.test(&ada, connection.id).await.unwrap().status, ConnectionStatus::Active);
    let foreign = ConnectionChange {
        settings: Some(Settings { project: Some("BRICK".into()), ..Settings::default() }),
        ..ConnectionChange::default()
    };
    assert_eq!(code(&connections.update(&ada, connection.id, foreign, None).await), "integrations.invalid");
    connections.delete(&ada, connection.id, Some(2)).await.unwrap();
    assert!(connections.list(&ada, None, &PageRequest::default()).await.unwrap().items.is_empty());
    let gone =
        world.integrations.creations.create_github_file(&ada, NewFile { path: "c".into(), ..NewFile::default() }, None).await;
    assert_eq!(code(&gone), "integrations.no_connection");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn targets_can_be_picked_and_of_several_connections_one_is_named() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    world.vendors.jira.create_project("BRICK", Vec::new());
    world.vendors.jira.create_project("WALL", Vec::new());
    world.vendors.notion.share_database(&["Tasks"]);
    let (github, jira_connection) = (world.github(&ada).await, world.jira(&ada).await);
    world.notion(&ada).await;
    let notion =
        world.integrations.connections.list(&ada, Some(Provider::Notion), &PageRequest::default()).await.unwrap().items.remove(0);
    let pick = |connection: &Connection, kind, query: &'static str| {
        let (connections, ada, id) = (world.integrations.connections.clone(), ada.clone(), connection.id);
        async move {
            connections
                .resources(&ada, id, kind, query)
                .await
                .map(|found| found.into_iter().map(|one| one.name).collect::<Vec<_>>())
        }
    };
    assert_eq!(pick(&github, ResourceKind::Repository, "ENG").await.unwrap(), ["ada/engine"]);
    assert_eq!(pick(&github, ResourceKind::Repository, "none").await.unwrap(), [""; 0]);
    assert_eq!(pick(&notion, ResourceKind::Page, "").await.unwrap(), ["Home", "Tasks"]);
    assert_eq!(pick(&jira_connection, ResourceKind::Project, "wal").await.unwrap(), ["Project WALL"]);
    assert_eq!(pick(&jira_connection, ResourceKind::IssueType, "").await.unwrap(), ["Task", "Bug"]);
    assert_eq!(code(&pick(&github, ResourceKind::Page, "").await), "integrations.invalid");

    let second = world.connect(&ada, Provider::Jira, jira("jira_scoped"), Settings::default()).await;
    let issue =
        |connection| NewIssue { connection, project: Some("BRICK".into()), summary: "Wall".into(), ..NewIssue::default() };
    let refused = world.integrations.creations.create_jira_issue(&ada, issue(None), None).await;
    assert!(matches!(&refused, Err(IntegrationsError::AmbiguousConnection(choices)) if choices.len() == 2), "{refused:?}");
    world.integrations.creations.create_jira_issue(&ada, issue(Some(second.id)), None).await.unwrap();
    assert_eq!(
        code(&world.integrations.creations.create_jira_issue(&ada, issue(Some(github.id)), None).await),
        "integrations.invalid"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_by_oauth_ends_where_it_may_and_tells_what_went_wrong() {
    let world = with(&Engine::Sqlite, |config| config.redirect_uris = vec!["https://app.example/cb?x=1".to_owned()]).await;
    let ada = world.person(1);
    let begin = |to: &'static str| world.integrations.authorizations.begin(&ada, Provider::Github, to);
    for bad in [
        "https://evil.example/",
        "https://api.example.evil.example/",
        "https://app.example/cb",
        "javascript:alert(1)",
        "",
        "https://api.example@evil.example/",
    ] {
        assert_eq!(code(&begin(bad).await), "integrations.invalid", "{bad}");
    }
    let finish = |page: String, provider, outcome| {
        let authorizations = world.integrations.authorizations.clone();
        async move { authorizations.finish(provider, &parameter(&page, "state"), outcome).await }
    };
    let page = begin("https://app.example/cb?x=1").await.unwrap();
    let denied = finish(page, Provider::Github, Err("access_denied".to_owned())).await.unwrap();
    assert_eq!(denied, "https://app.example/cb?x=1&error=integrations.credentials_refused");
    let guessed = finish(begin(BACK).await.unwrap(), Provider::Github, Ok(Secret::new("guessed"))).await.unwrap();
    let complete = |who: Actor, provider, back: String| {
        let authorizations = world.integrations.authorizations.clone();
        async move { authorizations.complete(&who, provider, &Secret::new(parameter(&back, "connection_code"))).await }
    };
    assert_eq!(code(&complete(ada.clone(), Provider::Github, guessed).await), "integrations.credentials_refused");
    // Eve was sent Ada's link and agreed: her browser has the code, and she did not begin.
    let eve = world.person(2);
    let sent = finish(begin(BACK).await.unwrap(), Provider::Github, Ok(Secret::new("hers"))).await.unwrap();
    assert_eq!(code(&complete(eve, Provider::Github, sent.clone()).await), "integrations.invalid_state");
    assert_eq!(code(&complete(ada.clone(), Provider::Github, sent).await), "integrations.invalid_state", "it is gone for both");
    let mixed = finish(begin(BACK).await.unwrap(), Provider::Github, Ok(Secret::new("x"))).await.unwrap();
    assert_eq!(code(&complete(ada.clone(), Provider::Jira, mixed).await), "integrations.invalid_state");
    let slow = finish(begin(BACK).await.unwrap(), Provider::Github, Ok(Secret::new("x"))).await.unwrap();
    world.test.clock.advance(Duration::from_mins(6));
    assert_eq!(code(&complete(ada.clone(), Provider::Github, slow).await), "integrations.invalid_state");
    let other = finish(begin(BACK).await.unwrap(), Provider::Notion, Ok(Secret::new("x"))).await;
    assert_eq!(code(&other), "integrations.invalid_state");
    let late = begin(BACK).await.unwrap();
    world.test.clock.advance(Duration::from_mins(11));
    assert_eq!(code(&finish(late, Provider::Github, Ok(Secret::new("x"))).await), "integrations.invalid_state");
}
