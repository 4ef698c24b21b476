//! Loading and saving over real files in a temporary folder.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use core_config::{Alias, ConfigProblem, ConfigProblems, Environment, Layer, Loaded, Loader, Profile};
use core_kernel::Secret;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

mod saving;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Settings {
    server: Server,
    database: Database,
    security: Security,
    jobs: Jobs,
    llm: Llm,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
struct Server {
    host: String,
    port: u16,
    cors_origins: Vec<String>,
    weight: f64,
    public_url: Option<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self { host: "127.0.0.1".to_owned(), port: 8080, cors_origins: vec![], weight: 1.0, public_url: None }
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Database {
    #[serde(skip_serializing)]
    url: Option<Secret>,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Full,
    Fast,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Security {
    #[serde(skip_serializing)]
    master_key: Option<Secret>,
    cert_file: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
struct Jobs {
    in_server: bool,
    limit: Option<u32>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { in_server: true, limit: None }
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Llm {
    providers: BTreeMap<String, Provider>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Provider {
    kind: String,
    #[serde(default, skip_serializing)]
    api_key: Option<Secret>,
    #[serde(default)]
    models: Vec<String>,
}

const ALIASES: &[Alias] = &[
    Alias::new("PORT", "server.port"),
    Alias::with("PORT", "server.host", |_| Ok("0.0.0.0".to_owned())),
    Alias::new("DATABASE_URL", "database.url"),
    Alias::new("GOOGLE_API_KEY", "llm.providers.gemini.api_key"),
    Alias::with("GOOGLE_API_KEY", "llm.providers.gemini.kind", |_| Ok("gemini".to_owned())),
    Alias::new("GEMINI_API_KEY", "llm.providers.gemini.api_key"),
    Alias::with("GEMINI_API_KEY", "llm.providers.gemini.kind", |_| Ok("gemini".to_owned())),
];

struct Fixture {
    folder: TempDir,
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Self {
        let fixture = Self { folder: tempfile::tempdir().unwrap() };
        for (name, content) in files {
            fixture.write(name, content);
        }
        fixture
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn loader(&self, variables: &[(&str, &str)]) -> Loader<Settings> {
        let environment: Environment = variables.iter().copied().collect();
        Loader::new(environment).folder(self.path()).aliases(ALIASES)
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Loaded<Settings>, ConfigProblems> {
        self.loader(variables).load()
    }

    /// The problems as a table, with the temporary folder's name taken out.
    fn problems(&self, variables: &[(&str, &str)]) -> String {
        let ConfigProblems(mut problems) = self.load(variables).unwrap_err();
        let folder = format!("{}/", self.path().display());
        for ConfigProblem { problem, layer, fix, .. } in &mut problems {
            for text in [problem, layer, fix] {
                *text = text.replace(&folder, "");
            }
        }
        ConfigProblems(problems).to_string()
    }
}

#[test]
fn nothing_set_is_the_defaults_in_development() {
    let loaded = Fixture::new(&[]).load(&[]).unwrap();
    assert_eq!((loaded.profile, loaded.settings.server.port), (Profile::Development, 8080));
    assert_eq!(loaded.provenance.get("server.port").unwrap().layer, Layer::Default);
    assert!(loaded.settings.database.url.is_none());
}

#[test]
fn each_layer_goes_over_the_ones_before() {
    let fixture = Fixture::new(&[]);
    let port = |variables: &[(&str, &str)]| fixture.load(variables).unwrap().settings.server.port;
    fixture.write("config/default.toml", "[server]\nport = 1");
    assert_eq!(port(&[]), 1);
    fixture.write("config/production.toml", "[server]\nport = 99");
    fixture.write("config/development.toml", "server.port = 2");
    assert_eq!(port(&[]), 2);
    fixture.write("config/local.toml", "server = { port = 3 }");
    assert_eq!(port(&[]), 3);
    fixture.write(".env", "PORT=4");
    assert_eq!(port(&[]), 4);
    assert_eq!(port(&[("PORT", "5")]), 5);
    fixture.write(".env", "APP__SERVER__PORT=6");
    assert_eq!(port(&[("PORT", "5")]), 6);
    assert_eq!(port(&[("PORT", "5"), ("APP__SERVER__PORT", "7")]), 7);
    let loaded = fixture.loader(&[("APP__SERVER__PORT", "7")]).flag("server.port", "8").load().unwrap();
    assert_eq!((loaded.settings.server.port, &loaded.provenance.get("server.port").unwrap().layer), (8, &Layer::Flag));
}

#[test]
fn the_dotenv_file_counts_in_development_only() {
    let fixture = Fixture::new(&[(".env", "# comment\nexport APP__JOBS__IN_SERVER=false\nUNRELATED='x y'\n")]);
    assert!(!fixture.load(&[]).unwrap().settings.jobs.in_server);
    assert!(fixture.load(&[("APP__PROFILE", "production")]).unwrap().settings.jobs.in_server);
    fixture.write(".env", "APP__PROFILE=production");
    assert!(fixture.problems(&[]).contains("cannot choose another profile"));
}

#[test]
fn variables_take_the_type_that_is_asked_for() {
    let loaded = Fixture::new(&[])
        .load(&[
            ("PORT", "9000"),
            ("APP__SERVER__CORS_ORIGINS", " https://a.example ,https://b.example,"),
            ("APP__SERVER__WEIGHT", "0.5"),
            ("APP__SERVER__PUBLIC_URL", "123"),
            ("APP__DATABASE__MODE", "fast"),
            ("APP__JOBS__IN_SERVER", "no"),
            ("APP__JOBS__LIMIT", "12"),
            ("APP__LLM__PROVIDERS__LOCAL__KIND", "openai"),
            ("APP__LLM__PROVIDERS__LOCAL__MODELS", "a,b"),
            ("OTHER__THING", "ignored"),
        ])
        .unwrap();
    let Settings { server, database, jobs, llm, .. } = loaded.settings;
    assert_eq!((server.host.as_str(), server.port), ("0.0.0.0", 9000));
    assert_eq!(server.cors_origins, ["https://a.example", "https://b.example"]);
    assert_eq!(server.public_url.as_deref(), Some("123"));
    assert_eq!((database.mode, jobs.in_server, jobs.limit), (Mode::Fast, false, Some(12)));
    assert_eq!(llm.providers["local"].models, ["a", "b"]);
    assert!((server.weight - 0.5).abs() < f64::EPSILON);
}

#[test]
fn empty_variables_mean_absent_except_for_texts_and_lists() {
    let fixture = Fixture::new(&[("config/default.toml", "server.cors_origins = [\"a\"]\nsecurity.cert_file = \"x\"")]);
    let loaded = fixture
        .load(&[
            ("PORT", ""),
            ("APP__SERVER__PORT", ""),
            ("APP__JOBS__IN_SERVER", ""),
            ("APP__JOBS__LIMIT", ""),
            ("APP__SECURITY__MASTER_KEY", ""),
            ("APP__SERVER__CORS_ORIGINS", ""),
            ("APP__PROFILE", ""),
        ])
        .unwrap()
        .settings;
    assert_eq!((loaded.server.port, loaded.server.host.as_str()), (8080, "127.0.0.1"));
    assert!(loaded.server.cors_origins.is_empty() && loaded.security.master_key.is_none() && loaded.jobs.in_server);
}

#[test]
fn a_secret_may_come_from_a_file_named_in_any_layer() {
    let fixture = Fixture::new(&[("secrets/key", "from-a-file\n"), ("secrets/url", "sqlite://x\r\n")]);
    let by_variable = fixture.load(&[("APP__SECURITY__MASTER_KEY_FILE", "secrets/key"), ("DATABASE_URL_FILE", "secrets/url")]);
    let loaded = by_variable.unwrap();
    assert_eq!(loaded.settings.security.master_key, Some(Secret::new("from-a-file")));
    assert_eq!(loaded.settings.database.url, Some(Secret::new("sqlite://x")));
    let shown = loaded.provenance.show();
    assert!(!shown.contains("from-a-file") && !shown.contains("sqlite://x"), "{shown}");
    assert!(shown.contains("APP__SECURITY__MASTER_KEY_FILE, from"), "{shown}");

    fixture.write("config/default.toml", "[security]\nmaster_key_file = \"secrets/key\"\ncert_file = \"not/read\"");
    let loaded = fixture.load(&[]).unwrap().settings;
    assert_eq!(loaded.security.master_key, Some(Secret::new("from-a-file")));
    assert_eq!(loaded.security.cert_file.as_deref(), Some("not/read"), "a key of its own is no stand-in");
    let above = fixture.load(&[("APP__SECURITY__MASTER_KEY", "direct")]).unwrap().settings;
    assert_eq!(above.security.master_key, Some(Secret::new("direct")));
    let gemini = fixture.load(&[("GEMINI_API_KEY_FILE", "secrets/key")]).unwrap().settings.llm.providers;
    assert_eq!(gemini["gemini"].kind, "gemini");
}

#[test]
fn later_aliases_win() {
    let loaded = Fixture::new(&[]).load(&[("GEMINI_API_KEY", "a"), ("GOOGLE_API_KEY", "b")]).unwrap();
    assert_eq!(loaded.settings.llm.providers["gemini"].api_key, Some(Secret::new("a")));
}

#[test]
fn every_problem_is_found_in_one_go() {
    let fixture = Fixture::new(&[
        ("config/default.toml", "[server]\nhots = \"x\"\nport = \"eighty\"\n[databse]\nmode = \"full\"\n"),
        ("config/local.toml", "[server\n"),
    ]);
    insta::assert_snapshot!(fixture.problems(&[
        ("APP__SERVER__PROT", "1"),
        ("APP__PORT", "1"),
        ("APP__SERVER__WEIGHT", "heavy"),
        ("APP__JOBS__LIMIT", "-1"),
        ("APP__JOBS__IN_SERVER", "maybe"),
        ("APP__DATABASE__MODE", "quick"),
        ("APP__LLM__PROVIDERS__X__API_KEY", "canary"),
        ("APP__SECURITY__MASTER_KEY_FILE", "absent"),
        ("DATABASE_URL_FILE", "."),
        ("APP__", "x"),
    ]));
}

#[test]
fn a_mistyped_profile_is_a_problem_with_a_guess() {
    let problems = Fixture::new(&[]).problems(&[("APP__PROFILE", "prodution")]);
    assert!(problems.contains("did you mean `production`?"), "{problems}");
}

#[test]
fn a_secret_and_its_file_in_one_layer_contradict() {
    let fixture = Fixture::new(&[("k", "v")]);
    let problems = fixture.problems(&[("APP__SECURITY__MASTER_KEY", "canary"), ("APP__SECURITY__MASTER_KEY_FILE", "k")]);
    assert!(problems.contains("set together with the value itself") && !problems.contains("canary"), "{problems}");
}

#[test]
fn no_problem_tells_a_secret() {
    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Typed {
        pin_secret: u16,
        list_token: Vec<u8>,
    }
    let fixture =
        Fixture::new(&[("config/local.toml", "pin_secret = \"canary\"\nbad = canary"), (".env", "A=\"canary\nB = 'canary")]);
    let variables = [("APP__PIN_SECRET", "canary"), ("APP__LIST_TOKEN", "1,canary")];
    let loader = Loader::<Typed>::new(variables.into_iter().collect()).folder(fixture.path());
    let problems = loader.load().unwrap_err();
    assert!(problems.0.len() >= 3, "{problems}");
    assert!(!format!("{problems} {problems:?}").contains("canary"), "{problems}");
}

#[test]
fn validations_run_on_whole_settings_and_name_who_set_the_value() {
    fn limits(settings: &Settings, profile: Profile) -> Vec<ConfigProblem> {
        let refused = profile.is_production() && settings.server.port < 1024;
        refused.then(|| ConfigProblem::new("server.port", "below 1024", "choose another")).into_iter().collect()
    }
    let fixture = Fixture::new(&[("config/production.toml", "server.port = 80")]);
    let problems = fixture.loader(&[("APP__PROFILE", "production")]).validate(limits).load().unwrap_err();
    assert!(problems.0[0].layer.ends_with("production.toml"), "{problems}");
    assert!(fixture.loader(&[("PORT", "80")]).validate(limits).load().is_ok());
}

#[test]
fn provenance_shows_every_key_and_no_secret() {
    let fixture = Fixture::new(&[("config/local.toml", "[server]\npublic_url = \"https://u:canary@example.com\"\n")]);
    let loaded = fixture
        .load(&[
            ("DATABASE_URL", "postgres://app:canary@db/app"),
            ("APP__SECURITY__MASTER_KEY", "canary"),
            ("GEMINI_API_KEY", "canary"),
            ("PORT", "80"),
        ])
        .unwrap();
    let shown = loaded.provenance.show();
    assert!(!format!("{shown} {:?}", loaded.provenance).contains("canary"), "{shown}");
    // The column depends on the length of the temporary folder's name.
    let shown = shown.replace(&format!("{}/", fixture.path().display()), "");
    insta::assert_snapshot!(
        shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect::<String>()
    );
}

#[test]
fn the_environment_of_the_process_is_read_and_never_printed() {
    let environment = Environment::process();
    assert!(environment.get("PATH").is_some());
    assert!(!format!("{environment:?}").contains(environment.get("PATH").unwrap()));
}
