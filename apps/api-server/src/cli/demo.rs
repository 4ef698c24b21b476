use std::sync::Arc;

use anyhow::Context as _;
use auth::{EmailVerification, RegistrationSetting};
use core_config::{Loaded, Profile};
use core_egress::{Egress, EgressConfig};
use core_http::{ServeConfig, serve};
use llm::provider::ProviderKind;
use llm::{ProviderConfig, Tasks};
use tokio_util::sync::CancellationToken;

use super::terminal;
use crate::caller::Caller;
use crate::demo::{self, Made, Mailboxes};
use crate::ground::Ground;
use crate::settings::Settings;
use crate::wiring::wire;

/// The scripted provider, where the settings have none.
const PROVIDER: &str = "demo";

#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Takes away first what an earlier run made.
    #[arg(long)]
    reset: bool,
}

/// Fills the server with people and what they did. It listens on this machine alone while it works; on SQLite the server must be stopped.
pub(crate) async fn run(command: Demo, mut loaded: Loaded<Settings>) -> anyhow::Result<()> {
    anyhow::ensure!(
        loaded.profile != Profile::Production,
        "the demo's people share a password that is printed: they have no place in production"
    );
    anyhow::ensure!(loaded.settings.features.is_empty(), "the demo shows every feature: leave `features` out");
    let provider = prepare(&mut loaded.settings)?;
    let base = format!("http://127.0.0.1:{}/", loaded.settings.server.port).parse()?;
    let ground = Ground::open(loaded).await?;
    let _claim = ground.claim()?;
    ground.prepare().await?;
    let wired = wire(ground, Tasks::here())?;
    wired.auth.start().await?;
    let mailboxes = Arc::new(Mailboxes::default());
    let (runner, stop) = (wired.runner_with(mailboxes.clone())?, CancellationToken::new());
    let served = serve(wired.api()?, ServeConfig { metrics: None, without_admin: true }, stop.clone()).await?;
    let egress = Egress::new(EgressConfig::default())?;
    let work = async {
        let demo = demo::Demo {
            anonymous: Caller::new(egress.operator(), &base),
            mailboxes: &mailboxes,
            runner: &runner,
            keyring: &wired.ground.keyring,
            now: wired.ground.ambient.now(),
            provider: &provider,
        };
        let made = demo.make(command.reset).await;
        stop.cancel();
        wired.tasks.shutdown.cancel();
        made
    };
    let (made, served) = tokio::join!(work, served.finished());
    wired.tasks.tracker.close();
    wired.tasks.tracker.wait().await;
    wired.ground.db.close().await?;
    tell(&made?, &provider);
    Ok(served?)
}

/// What the demo needs of the settings, whatever they say. The name of the scripted provider.
fn prepare(settings: &mut Settings) -> anyhow::Result<String> {
    let server = &mut settings.server;
    server.host = std::net::Ipv4Addr::LOCALHOST.into();
    server.port = std::net::TcpListener::bind((server.host, 0)).context("no port is free")?.local_addr()?.port();
    server.drain_delay_ms = 0;
    settings.rate_limits.enabled = false;
    settings.auth.registration = RegistrationSetting::Open;
    settings.auth.email_verification = EmailVerification::Optional;
    let providers = &mut settings.llm.providers;
    let scripted = |(name, provider): (&String, &ProviderConfig)| {
        (provider.kind_of(name) == Some(ProviderKind::Scripted)).then(|| name.clone())
    };
    let there = providers.iter().find_map(scripted);
    Ok(there.unwrap_or_else(|| {
        providers.insert(PROVIDER.to_owned(), ProviderConfig::new(ProviderKind::Scripted, ""));
        PROVIDER.to_owned()
    }))
}

fn tell(made: &Made, provider: &str) {
    for (name, address) in &made.people {
        terminal::line(&format!("{name:5} {address}"));
    }
    terminal::line(&format!("Password of each: {}", made.password));
    terminal::line("");
    terminal::line(&format!("{} organisations: {}.", made.organisations.len(), made.organisations.join(", ")));
    terminal::line(&format!("{} workouts of 90 days, conversations, pictures.", made.workouts));
    terminal::line("Invitations to a mailbox that is gone are dead jobs, deliveries to https://hooks.demo.invalid fail.");
    terminal::line(&format!(
        "Start the server with APP__LLM__PROVIDERS__{}__KIND=scripted to go on talking. `api-server demo --reset` begins anew.",
        provider.to_uppercase()
    ));
}
