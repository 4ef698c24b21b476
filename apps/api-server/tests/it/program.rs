use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use core_testing::http::{Reply, Request};
use serde_json::{Value, json};

use crate::cluster::{self, Twin};

pub(crate) const PASSWORD: &str = "a sentence that only I know";

/// The master key of servers on PostgreSQL, which make none themselves.
pub(crate) const MASTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The program, with nothing in its environment but what a test puts there.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_api-server"));
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs a command of the program to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().expect("the program runs")
}

/// Standard output as text.
pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A running server. It is killed when this goes away.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it printed at start.
    pub(crate) greeting: Vec<String>,
    pub(crate) folder: PathBuf,
    log: PathBuf,
    /// With `TEST_CLUSTER=1` the second replica; the address is that of a proxy then.
    pub(crate) twin: Option<Twin>,
}

impl Server {
    /// Starts it in `folder` on a free port, hashing passwords quickly, and waits until it listens.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// The same with further environment variables.
    pub(crate) fn start_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        if cluster::is_wanted(environment) {
            return cluster::start(folder, environment);
        }
        Self::spawn(Self::quick(folder, environment), folder)
    }

    /// The command of a server on free ports that hashes passwords quickly.
    pub(crate) fn quick(folder: &Path, environment: &[(&str, &str)]) -> Command {
        let mut command = command(folder);
        command
            .args(["--set", "server.port=0", "--set", "server.admin_port=0"])
            .env("APP__AUTH__ARGON2_MEMORY_KIB", "8192")
            .env("APP__AUTH__ARGON2_PASSES", "1")
            .env("APP__AUTH__ARGON2_CONCURRENCY", "8")
            .env("APP__RATE_LIMITS__ENABLED", "false")
            .env("APP__SERVER__DRAIN_DELAY_MS", "0")
            .envs(environment.iter().copied());
        command
    }

    /// The same with a log into a pipe that nobody reads.
    pub(crate) fn start_unread(folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::listening(Self::quick(folder, environment), folder, Stdio::piped(), folder.join("nobody reads it"))
    }

    /// Starts a command that serves and waits until it listens.
    pub(crate) fn spawn(command: Command, folder: &Path) -> Self {
        let log = folder.join(format!("log-{}.txt", std::fs::read_dir(folder).map_or(0, Iterator::count)));
        let file = std::fs::File::create(&log).unwrap();
        Self::listening(command, folder, file.into(), log)
    }

    fn listening(mut command: Command, folder: &Path, stderr: Stdio, log: PathBuf) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = Vec::new();
        let mut port = None;
        // The greeting ends with the data folder; the claim link follows where nobody has claimed.
        for line in lines.by_ref() {
            let line = line.unwrap();
            if let Some((_, found)) = line.split_once("listens on http://localhost:") {
                port = found.trim().parse::<u16>().ok();
            }
            let last = line.contains("Data  ");
            greeting.push(line);
            if last {
                break;
            }
        }
        let Some(port) = port else {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("the server did not start: {greeting:?}\n{log}");
        };
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)), greeting, folder: folder.to_owned(), log, twin: None }
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        let other = self.twin.as_ref().map(|twin| twin.server.log());
        std::fs::read_to_string(&self.log).unwrap_or_default() + &other.unwrap_or_default()
    }

    pub(crate) fn request(&self, method: &str, target: &str) -> Request {
        Request::to(self.address, method, target)
    }

    pub(crate) async fn post(&self, target: &str, body: Value) -> Reply {
        self.request("POST", target).json(&body).send().await
    }

    pub(crate) async fn get(&self, target: &str, token: &str) -> Reply {
        self.request("GET", target).bearer(token).send().await
    }

    /// Registers somebody and gives the tokens.
    pub(crate) async fn register(&self, email: &str) -> Value {
        let reply = self.post("/api/v1/auth/register", json!({"email": email, "password": PASSWORD})).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["tokens"].clone()
    }

    /// The answer once it is as expected: at once where one server is asked; where two are, one hears of what the other did within a second.
    pub(crate) async fn settled(&self, expected: impl Fn(&Reply) -> bool, mut ask: impl AsyncFnMut() -> Reply) -> Reply {
        if self.twin.is_none() {
            return ask().await;
        }
        // Both must say so, and each is asked every other time.
        let mut in_a_row = 0;
        eventually("both replicas to agree", async || {
            let reply = ask().await;
            in_a_row = if expected(&reply) { in_a_row + 1 } else { 0 };
            (in_a_row == 2).then_some(reply)
        })
        .await
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and waits. The exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.terminate();
        let code = self.child.wait().unwrap().code();
        if let Some(twin) = self.twin.take() {
            assert_eq!(twin.server.stop(), code);
        }
        code
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        if let Some(twin) = &self.twin {
            twin.server.terminate();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The access token of an answer with tokens.
pub(crate) fn access(tokens: &Value) -> String {
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// Waits for something that happens beside the request, such as a job.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("waited for {what} in vain");
}

/// The newest mail in the data folder that was sent to `address`.
pub(crate) async fn mail_to(folder: &Path, address: &str, subject: &str) -> String {
    let mails = folder.join("data/mail");
    eventually("a mail", async || {
        let files = std::fs::read_dir(&mails).ok()?;
        let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        paths.sort();
        let wanted = |text: &String| text.contains(&format!("To: {address}")) && text.contains(&format!("Subject: {subject}"));
        let whole = paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "eml"));
        whole.filter_map(|path| std::fs::read_to_string(path).ok()).rfind(wanted)
    })
    .await
}

/// The code of the link in a mail. Mails are quoted-printable: `=3D` is `=`, and `=` at the end of a line joins it.
pub(crate) fn code_in(mail: &str) -> String {
    let joined = mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    let (_, rest) = joined.split_once("#token=").expect("the mail holds a link");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}
