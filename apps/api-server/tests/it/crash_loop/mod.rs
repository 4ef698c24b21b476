//! Sixteen clients do what matters, the server is killed at a random moment, started again, and must know what it had said; many times.

mod client;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use core_testing::{Engine, TestDb, engines};
use mock_llm::{MockLlm, Protocol, Scenario};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::json;
use tokio::sync::mpsc;

use self::client::{Client, Told};
use crate::program::{MASTER_KEY, PASSWORD, Server, access, code_in, command, mail_to, text};

const CLIENTS: usize = 16;

/// What one person may spend on language models, in millionths.
const BUDGET: i64 = 3000;

/// A server that comes back after each kill with the same settings.
struct Ground {
    folder: tempfile::TempDir,
    database: TestDb,
    mock: String,
}

impl Ground {
    async fn new(engine: &Engine, mock: &MockLlm) -> Self {
        let database = TestDb::bare(engine).await.unwrap();
        Self { folder: tempfile::tempdir().unwrap(), database, mock: mock.base_url(Protocol::OpenAiChat) }
    }

    fn environment(&self) -> [(&str, &str); 7] {
        [
            ("DATABASE_URL", self.database.url.as_str()),
            ("APP__SECURITY__MASTER_KEY", MASTER_KEY),
            // The address of tokens stays when the port changes.
            ("APP__SERVER__PUBLIC_URL", "http://brickwork.test"),
            ("APP__AUTH__ACCESS_TOKEN_SECONDS", "3600"),
            ("OPENAI_API_KEY", "test"),
            ("OPENAI_BASE_URL", self.mock.as_str()),
            ("APP__LLM__DEFAULT_MODEL", "openai/gpt-4.1"),
        ]
    }

    fn start(&self) -> Server {
        Server::start_with(self.folder.path(), &self.environment())
    }

    /// What a command of the program prints, when it ends well.
    fn command(&self, arguments: &[&str]) -> String {
        let output = command(self.folder.path()).envs(self.environment()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}{}", text(&output), String::from_utf8_lossy(&output.stderr));
        text(&output)
    }

    /// The first administrator sets what everybody may spend.
    async fn limit_spending(&self, server: &Server) {
        let link = self.command(&["admin", "claim-link"]);
        let (_, code) = link.trim().split_once("#token=").expect("a claim link");
        let claim = json!({"token": code, "email": "root@example.com", "password": PASSWORD});
        let token = access(&server.post("/api/v1/setup/claim", claim).await.json()["tokens"]);
        let policy = json!({"budget_micros": BUDGET, "period": "month"});
        let set = server.request("PUT", "/api/v1/llm/policies/default").bearer(&token).json(&policy).send().await;
        assert!([200, 201].contains(&set.status), "{}", set.text());
    }

    #[expect(clippy::disallowed_methods, reason = "what is counted is what is stored, whatever the server would say")]
    async fn numbers(&self, sql: &str) -> Vec<i64> {
        let connection = Database::connect(self.database.url.as_str()).await.unwrap();
        let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
        rows.iter().map(|row| row.try_get("", "n").unwrap()).collect()
    }
}

async fn loop_of(rounds: usize) {
    let mock = MockLlm::start().await.unwrap();
    mock.play(Protocol::OpenAiChat, Scenario::Ok);
    for engine in engines() {
        let ground = Ground::new(&engine, &mock).await;
        let mut server = ground.start();
        ground.limit_spending(&server).await;
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            clients.push(Client::join(&server, number).await);
        }
        let mut firsts = 0;
        for round in 0..rounds {
            let (told, mut acknowledged) = mpsc::unbounded_channel();
            let told = Arc::new(told);
            let living: Vec<_> =
                clients.into_iter().map(|client| spawn(client.live(server.address, round, Arc::clone(&told)))).collect();
            drop(told);
            // Another moment in every round, while all of them are at it.
            for _ in 0..20 + (round * 37) % 60 {
                let what = acknowledged.recv().await.expect("the clients live");
                firsts += usize::from(what == Told::First);
            }
            server.kill();
            clients = Vec::new();
            for client in living {
                clients.push(client.await.unwrap());
            }
            while let Some(what) = acknowledged.recv().await {
                firsts += usize::from(what == Told::First);
            }
            assert!(firsts <= round + 1, "round {round}: one address became several accounts");
            server = ground.start();
            for client in &mut clients {
                client.look(&server, round).await;
            }
            use_an_invitation_twice(&mut clients, &server).await;
        }
        count(&ground, &clients).await;
        assert_eq!(server.stop(), Some(0));
        settled(&ground);
    }
}

#[expect(clippy::disallowed_methods, reason = "the test joins it")]
fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::spawn(work)
}

/// The mail of an invitation that was acknowledged comes, although the server was killed, and its link is good once.
async fn use_an_invitation_twice(clients: &mut [Client], server: &Server) {
    let Some((org, email)) = clients.first_mut().and_then(|client| client.invited.pop()) else { return };
    let mail = mail_to(&server.folder, &email, &format!("Join {org}")).await;
    let body = json!({"token": code_in(&mail)});
    let accept = || {
        let request = server.request("POST", "/api/v1/orgs/invitations/accept").bearer(&clients[1].access);
        request.json(&body).send()
    };
    let (one, two) = tokio::join!(accept(), accept());
    let joined = [one.status, two.status].iter().filter(|status| **status == 200).count();
    assert_eq!(joined, 1, "{} {}", one.text(), two.text());
}

/// What is stored, at the end of all.
async fn count(ground: &Ground, clients: &[Client]) {
    let registered: i64 = clients.iter().map(|client| client.registered).sum();
    let stored =
        ground.numbers("SELECT count(*) AS n FROM audit_entries WHERE action = 'auth.register' AND outcome = 'success'").await;
    assert!(stored[0] >= registered, "{registered} registrations were acknowledged, {} are in the audit log", stored[0]);
    let ended: i64 = clients.iter().map(|client| client.ended).sum();
    let stored = ground.numbers("SELECT count(*) AS n FROM audit_entries WHERE action = 'auth.session_ended'").await;
    assert!(stored[0] >= ended && ended > 0, "{ended} ends of sessions were acknowledged, {} are in the audit log", stored[0]);
    let twice = ground.numbers("SELECT count(*) AS n FROM auth_accounts GROUP BY canonical_email HAVING count(*) > 1").await;
    assert_eq!(twice, Vec::<i64>::new(), "one address is one account");
    let without_owner = "SELECT count(*) AS n FROM orgs WHERE NOT EXISTS (SELECT 1 FROM org_memberships \
                         WHERE org_memberships.org_id = orgs.id AND org_memberships.role = 'owner')";
    assert_eq!(ground.numbers(without_owner).await, [0], "every organisation has an owner");
    let spent = "SELECT CAST(COALESCE(SUM(cost_micros), 0) AS BIGINT) AS n FROM generations GROUP BY created_by";
    let spent = ground.numbers(spent).await;
    assert!(spent.iter().all(|spent| *spent <= BUDGET) && spent.iter().any(|spent| *spent > 0), "{spent:?}");
}

/// No migration is half applied, and the audit log is as it was sealed.
fn settled(ground: &Ground) {
    let status = ground.command(&["migrate", "status"]);
    assert!(!status.contains("pending") && !status.contains("unknown"), "{status}");
    ground.command(&["admin", "verify-audit-log"]);
}

/// Every answer that a client got is a promise: a write stays, an address is one account, a refresh has one successor, a session that was ended
/// stays ended, organisations have owners, links are good once, security events are in the audit log, nobody spends more than they may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills_on_every_engine() {
    loop_of(8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "200 rounds on every engine take minutes: `just crash-loop` runs them"]
async fn what_was_acknowledged_survives_two_hundred_kills_on_every_engine() {
    loop_of(200).await;
}

/// Killed at any moment of its first start, with half of its tables made, the server goes on where it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_that_is_killed_at_any_moment_is_gone_on_with() {
    for engine in engines() {
        let database = TestDb::bare(&engine).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let environment = [("DATABASE_URL", database.url.as_str()), ("APP__SECURITY__MASTER_KEY", MASTER_KEY)];
        for milliseconds in [1, 20, 40, 60, 80, 100, 130, 160, 200, 250] {
            let mut command = command(folder.path());
            let mut child = command.envs(environment).args(["migrate", "up"]).stdout(Stdio::null()).spawn().unwrap();
            // No waiting for something to happen: this is the moment of the kill.
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let server = Server::start_with(folder.path(), &environment);
        server.register("ada@example.com").await;
        assert_eq!(server.stop(), Some(0));
        let status = command(folder.path()).envs(environment).args(["migrate", "status"]).output().unwrap();
        assert!(status.status.success() && !text(&status).contains("pending"), "{}", text(&status));
    }
}
