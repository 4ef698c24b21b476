//! `api-server demo`, looked at by the people in it.

use core_testing::{Engine, TestDb, engines};
use serde_json::{Value, json};

use crate::program::{MASTER_KEY, Server, access, command, text};

fn count(list: &Value) -> usize {
    list["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_fills_a_server_once_and_can_be_made_anew() {
    for engine in engines() {
        let (folder, database) = (tempfile::tempdir().unwrap(), TestDb::bare(&engine).await.unwrap());
        let environment = [
            ("DATABASE_URL", database.url.as_str()),
            ("APP__SECURITY__MASTER_KEY", MASTER_KEY),
            ("APP__AUTH__ARGON2_MEMORY_KIB", "8192"),
            ("APP__AUTH__ARGON2_PASSES", "1"),
        ];
        let demo = |more: &[&str]| {
            let output = command(folder.path()).envs(environment).args([&["demo"], more].concat()).output().unwrap();
            (output.status.success(), format!("{}{}", text(&output), String::from_utf8_lossy(&output.stderr)))
        };
        let (made, mut said) = demo(&[]);
        assert!(made, "{said}");
        assert!(demo(&[]).1.contains("--reset"), "nothing is made twice by accident");
        // Making it is a minute's work of a debug build; each engine has its turn at one of the two ways.
        let times = if matches!(engine, Engine::Sqlite) { 2 } else { 1 };
        if times == 2 {
            let anew;
            (anew, said) = demo(&["--reset"]);
            assert!(anew, "{said}");
        }
        let password = said.lines().find_map(|line| line.strip_prefix("Password of each: ")).unwrap();

        let server = Server::start_with(folder.path(), &environment);
        let sign_in = async |name: &str| {
            let body = json!({"email": format!("{name}@demo.example"), "password": password});
            let reply = server.post("/api/v1/auth/login", body).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            access(&reply.json())
        };
        let ada = sign_in("ada").await;
        let look = async |path: &str| server.get(&format!("/api/v1{path}"), &ada).await.json();
        assert_eq!(count(&look("/orgs").await), 2, "founded one, sees another");
        let workouts = look("/fitness/workouts?limit=100").await;
        assert_eq!(count(&workouts), 39, "three a week for ninety days, once");
        let records = look("/fitness/records").await;
        assert!(records.to_string().contains("barbell-back-squat"), "{records}");
        assert_eq!(count(&look("/fitness/measurements?limit=100").await), 30);
        let chats = look("/llm/conversations").await;
        assert_eq!(count(&chats), 1);
        let messages = look(&format!("/llm/conversations/{}/messages", chats["items"][0]["id"].as_str().unwrap())).await;
        assert!(messages.to_string().contains("You said: How much should I squat next week?"), "{messages}");
        assert_eq!(count(&look("/media").await), 1);
        let endpoints = look("/webhooks/endpoints").await;
        let attempts = look(&format!("/webhooks/endpoints/{}/attempts", endpoints["items"][0]["id"].as_str().unwrap())).await;
        assert!(count(&attempts) > 0, "what could not be delivered is there to look at: {attempts}");
        server.stop();
        let dead = "SELECT count(*) FROM jobs WHERE state = 'dead' AND name = 'mail.send'";
        #[expect(clippy::disallowed_methods, reason = "the list of jobs is an administrator's, of whom the demo has none")]
        let ask = sea_orm::Statement::from_string(database.db.backend(), dead);
        let found = sea_orm::ConnectionTrait::query_one_raw(database.db.read(), ask).await.unwrap().unwrap();
        assert_eq!(
            found.try_get_by_index::<i64>(0).unwrap(),
            3 * times,
            "three invitations that could not be delivered, each time"
        );
    }
}

#[test]
fn production_has_no_demo() {
    let folder = tempfile::tempdir().unwrap();
    // Everything else that production asks for.
    let environment = [("APP__SERVER__PUBLIC_URL", "https://brickwork.example"), ("APP__AUTH__EMAIL_VERIFICATION", "required")];
    let output = command(folder.path()).envs(environment).args(["--profile", "production", "demo"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("no place in production"), "{said}");
}
