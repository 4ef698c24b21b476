//! What a login tells by its time, and what a thousand of them at once do.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::client::{Connection, median, quantile, request};
use crate::process::Program;
use crate::{PASSWORD, register, say};

/// Pairs of refused logins: one of an address that has an account, one of an address that has none.
const PAIRS: usize = 150;
const FLOOD: usize = 1000;

fn login(email: &str, password: &str) -> Vec<u8> {
    let body = serde_json::json!({"email": email, "password": password}).to_string();
    request("POST", "/api/v1/auth/login", None, Some(&body))
}

/// The medians of interleaved refused logins of known and unknown addresses. Each known address is asked once, so that no wait
/// after wrong passwords is measured.
pub(crate) async fn timing(server: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let program = Program::server(server, folder.path(), &[])?;
    for number in 0..PAIRS {
        register(&program, &format!("known{number}@example.com")).await?;
    }
    let mut connection = Connection::open(program.address).await?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..PAIRS {
        for (whose, times) in [("known", &mut known), ("other", &mut unknown)] {
            let ask = login(&format!("{whose}{number}@example.com"), "not the password of anybody");
            let begin = Instant::now();
            let (status, _) = connection.ask(&ask).await?;
            anyhow::ensure!(status == 401, "status {status}");
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
        }
    }
    let (known, unknown) = (median(known), median(unknown));
    say(&format!("refused login, known address        {known:8.2} ms"));
    say(&format!("refused login, unknown address      {unknown:8.2} ms     {:.3} within 0.95..1.05", known / unknown));
    Ok(())
}

/// A thousand logins at once, while somebody else asks for their profile.
pub(crate) async fn flood(server: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let program = Program::server(server, folder.path(), &[])?;
    let token = register(&program, "probe@example.com").await?;
    let ask = login("probe@example.com", PASSWORD);
    let profile = request("GET", "/api/v1/users/me", Some(&token), None);
    let mut connections = Vec::new();
    for _ in 0..FLOOD {
        connections.push(Connection::open(program.address).await?);
    }
    let (mut busy, mut served) = (Vec::new(), 0_u32);
    let stop = std::cell::Cell::new(false);
    let load = async {
        let begin = Instant::now();
        let one = |mut connection: Connection| {
            let ask = &ask;
            async move {
                let (status, _) = connection.ask(ask).await?;
                let hint = connection.has_header("retry-after");
                Ok::<_, anyhow::Error>((status, hint, begin.elapsed().as_secs_f64()))
            }
        };
        let mut answers: FuturesUnordered<_> = connections.into_iter().map(one).collect();
        while let Some(answer) = answers.next().await {
            match answer? {
                (503, true, after) => busy.push(after),
                (200, ..) => served += 1,
                (status, hint, _) => anyhow::bail!("status {status}, Retry-After: {hint}"),
            }
        }
        stop.set(true);
        Ok(())
    };
    let probe = async {
        let mut connection = Connection::open(program.address).await?;
        let (mut times, mut peak) = (Vec::new(), 0.0_f64);
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while !stop.get() {
            ticks.tick().await;
            let begin = Instant::now();
            connection.ask(&profile).await?;
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
            peak = peak.max(program.resident()?);
        }
        Ok::<_, anyhow::Error>((times, peak))
    };
    let (loaded, probed) = tokio::join!(load, probe);
    let () = loaded?;
    let (times, peak) = probed?;
    say(&format!("{FLOOD} logins at once: served         {served:8}"));
    say(&format!("  refused with Retry-After          {:8}", busy.len()));
    say(&format!("  the last refusal after            {:8.2} s      <= 2", quantile(busy, 1.0)));
    say(&format!("  resident at most                  {peak:8.1} MiB    < 400"));
    say(&format!("  /users/me meanwhile, p99          {:8.1} ms", quantile(times, 0.99)));
    Ok(())
}
