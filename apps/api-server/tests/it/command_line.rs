use crate::program::{command, run, text};

#[test]
fn a_typo_in_the_configuration_is_named_with_its_layer_and_a_way_to_mend_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut broken = command(folder.path());
    broken.env("APP__SERVER__PROT", "9000").env("APP__JOBS__CONCURRENCY", "many").args(["config", "check"]);
    let output = broken.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78));
    for part in ["server.prot", "did you mean APP__SERVER__PORT", "jobs.concurrency", "APP__JOBS__CONCURRENCY"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!folder.path().join("data").exists(), "looking at the configuration makes nothing");
}

#[test]
fn production_refuses_what_is_insecure_and_says_everything_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut insecure = command(folder.path());
    insecure.env("APP__PROFILE", "production").env("APP__RATE_LIMITS__ENABLED", "false");
    let output = insecure.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78));
    for key in ["server.public_url", "rate_limits.enabled", "auth.email_verification", "security.master_key"] {
        assert!(said.contains(key), "{key}: {said}");
    }
}

#[test]
fn a_setting_is_written_shown_and_read_back_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["config", "set", "server.port", "9123"]).status.success());
    assert!(text(&run(folder.path(), &["config", "get", "server.port"])).starts_with("9123"));
    assert_eq!(run(folder.path(), &["config", "set", "server.prot", "1"]).status.code(), Some(78));
    let mut show = command(folder.path());
    let shown =
        show.args(["config", "show"]).env("DATABASE_URL", "postgres://u:canary-pw@h/d").env("GEMINI_API_KEY", "canary-key");
    let shown = text(&shown.output().unwrap());
    assert!(shown.contains("server.port"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn migrations_are_listed_applied_and_reverted() {
    let folder = tempfile::tempdir().unwrap();
    assert!(text(&run(folder.path(), &["migrate", "status"])).lines().all(|line| line.starts_with("pending")));
    assert!(text(&run(folder.path(), &["migrate", "up"])).contains("nothing pending"));
    let status = text(&run(folder.path(), &["migrate", "status", "--json"]));
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert!(status.as_array().unwrap().iter().all(|line| line["state"] == "applied"));
    assert!(text(&run(folder.path(), &["migrate", "down", "--ledger", "users"])).contains("reverted users/"));
    assert!(!run(folder.path(), &["migrate", "down", "--ledger", "nobody"]).status.success());
}

#[test]
fn the_api_document_is_printed_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let document: serde_json::Value = serde_json::from_str(&text(&run(folder.path(), &["openapi"]))).unwrap();
    assert_eq!(document["openapi"].as_str().map(|version| version.starts_with("3.1")), Some(true));
    for path in ["/api/v1/auth/login", "/api/v1/users/me", "/api/v1/llm/conversations", "/api/v1/jobs", "/setup"] {
        assert!(document["paths"].get(path).is_some(), "{path}");
    }
}

#[test]
fn the_api_document_says_what_really_comes() {
    let folder = tempfile::tempdir().unwrap();
    let document: serde_json::Value = serde_json::from_str(&text(&run(folder.path(), &["openapi"]))).unwrap();
    let (paths, schemas) = (&document["paths"], &document["components"]["schemas"]);
    let refused = &paths["/openai/v1/chat/completions"]["post"]["responses"]["400"]["content"];
    assert_eq!(refused["application/json"]["schema"]["$ref"], "#/components/schemas/OpenaiErrorBody");
    assert!(paths["/api/v1/media"]["get"]["responses"]["404"].is_object());
    let tus = paths["/api/v1/media/uploads/{id}"]["patch"]["parameters"].as_array().unwrap();
    assert!(tus.iter().any(|parameter| parameter["name"] == "Tus-Resumable" && parameter["required"] == true));
    // An unsigned number reaches further than an int32.
    assert_ne!(schemas["CreatePlan"]["properties"]["seed"]["format"], "int32");
    // Any text is answered alike, so that nobody learns who has an account.
    assert_eq!(schemas["MagicLinkRequest"]["properties"]["email"]["format"], serde_json::Value::Null);
}

#[test]
fn the_doctor_says_what_is_fine_and_a_health_check_without_a_server_fails() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["doctor"]);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).lines().any(|line| line.starts_with("note") && line.contains("database")), "{}", text(&output));
    run(folder.path(), &["migrate", "up"]);
    let output = run(folder.path(), &["doctor"]);
    assert!(text(&output).lines().any(|line| line.starts_with("ok") && line.contains("database")), "{}", text(&output));
    assert!(!run(folder.path(), &["--set", "server.port=1", "healthcheck"]).status.success());
}

#[test]
fn another_master_key_than_the_databases_own_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["admin", "claim-link"]).status.success());
    std::fs::remove_file(folder.path().join("data/master.key")).unwrap();
    let output = run(folder.path(), &["admin", "claim-link"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("master key"));
}
