use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// A program under measurement; it ends with this value.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From its start until it said that it listens.
    pub(crate) ready_after: Duration,
}

impl Program {
    /// The yardstick.
    pub(crate) fn bare(binary: &str) -> anyhow::Result<Self> {
        Self::start(&mut Command::new(binary), |line| line.trim().parse().ok())
    }

    /// The server in `folder`, with rate limits off and everything else as it comes.
    pub(crate) fn server(binary: &str, folder: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .current_dir(folder)
            .args(["--set", "server.port=0", "--set", "server.admin_port=0"])
            .env("APP__RATE_LIMITS__ENABLED", "false")
            .env("APP__LOG__FILTER", "warn")
            .envs(environment.iter().copied());
        Self::start(&mut command, |line| {
            let (_, port) = line.split_once("listens on http://localhost:")?;
            Some(SocketAddr::from(([127, 0, 0, 1], port.trim().parse().ok()?)))
        })
    }

    fn start(command: &mut Command, find: impl Fn(&str) -> Option<SocketAddr>) -> anyhow::Result<Self> {
        let begin = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let address = lines.map_while(Result::ok).find_map(|line| find(&line)).context("it did not say where it listens")?;
        Ok(Self { child, address, ready_after: begin.elapsed() })
    }

    /// Resident memory in MiB.
    pub(crate) fn resident(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
