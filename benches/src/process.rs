use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// What Linux counts processor time in, on every architecture that matters here.
const MILLISECONDS_PER_TICK: u64 = 10;

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
        Self::serve(Command::new(binary), folder, environment)
    }

    /// The same on the second core alone.
    pub(crate) fn pinned_server(binary: &str, folder: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::serve(pinned(binary), folder, environment)
    }

    /// LiteLLM's proxy with one worker on the second core alone.
    pub(crate) fn litellm(binary: &str, folder: &Path, base: &str) -> anyhow::Result<Self> {
        let begin = Instant::now();
        let config = crate::llm::litellm_config(folder, base)?;
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut command = pinned(binary);
        command.arg("--config").arg(config).args(["--host", "127.0.0.1", "--num_workers", "1", "--port"]);
        command.arg(address.port().to_string()).current_dir(folder).env("LITELLM_LOG", "ERROR");
        // Without a key it refuses to start unless told so; not to check one is in its favour.
        command.env("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY", "true");
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let program = Self { child, address, ready_after: Duration::ZERO };
        while TcpStream::connect(address).is_err() {
            anyhow::ensure!(begin.elapsed() < Duration::from_mins(2), "LiteLLM did not start within two minutes");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(program)
    }

    fn serve(mut command: Command, folder: &Path, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
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

    /// Processor time of all its threads so far, its own and the system's for it. Who else is busy on the machine changes it little.
    pub(crate) fn processor(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in brackets may hold anything; after it, user and system time are the twelfth and thirteenth field (proc_pid_stat(5)).
        let (_, fields) = stat.rsplit_once(')').context("a name in brackets")?;
        let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>).collect::<Result<Vec<_>, _>>()?;
        Ok(Duration::from_millis(times.into_iter().sum::<u64>() * MILLISECONDS_PER_TICK))
    }

    /// Resident memory in MiB.
    pub(crate) fn resident(&self) -> anyhow::Result<f64> {
        self.memory("VmRSS:")
    }

    /// The most resident memory since its start, in MiB.
    pub(crate) fn most_resident(&self) -> anyhow::Result<f64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &'static str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context(name)?;
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

/// A program on the second core alone: whoever measures it is on the first.
fn pinned(binary: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "1", binary]);
    command
}
