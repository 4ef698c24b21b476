//! The command line, one file per command.

mod admin;
mod audit;
mod backup;
#[cfg(feature = "code")]
mod code;
mod config;
#[cfg(feature = "full")]
mod demo;
mod doctor;
#[cfg(feature = "files")]
mod files;
mod grow;
mod healthcheck;
mod keys;
mod logging;
mod migrate;
mod openapi;
mod restore;
mod serve;
mod terminal;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use core_config::{ConfigProblems, EX_CONFIG, Environment, Loaded, Loader, Profile};

use crate::settings::{Settings, loader};

/// A modular SaaS backend. Without a command it serves.
#[derive(Parser)]
#[command(name = "api-server", version, about)]
struct Arguments {
    /// The folder that holds `config/` and `.env`.
    #[arg(long, global = true, default_value = ".", hide_default_value = true)]
    folder: PathBuf,
    /// development, test or production.
    #[arg(long, global = true)]
    profile: Option<String>,
    /// Sets a key over every other layer, such as `--set server.port=9000`. May be given several times.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    flags: Vec<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the API (the default), and runs jobs unless the settings say otherwise.
    Serve(Part),
    /// Runs jobs only.
    Worker(Part),
    /// Looks at the database's tables and changes them.
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Prints the OpenAPI document.
    Openapi,
    /// Looks at the settings and changes them.
    #[command(subcommand)]
    Config(config::Config),
    /// Administration from the command line.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Looks at the keys that sign access tokens and brings in new ones.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Finds files of a folder by a description.
    #[cfg(feature = "files")]
    #[command(subcommand)]
    Files(files::Files),
    /// Maps, reads and searches source code of a folder.
    #[cfg(feature = "code")]
    #[command(subcommand)]
    Code(code::Code),
    /// Moves everything from SQLite to PostgreSQL, and blobs to another store.
    Grow(grow::Grow),
    /// Writes every row and every blob into a folder.
    Backup(backup::Backup),
    /// Brings a backup back into an empty database and store.
    Restore(restore::Restore),
    /// Asks a deployment from outside whether it keeps the contract.
    Audit(audit::Audit),
    /// Fills the server with people, training, conversations, pictures and faults to look at. Not in production.
    #[cfg(feature = "full")]
    Demo(demo::Demo),
    /// Checks everything that this server needs and says how to mend what is wrong.
    Doctor,
    /// Asks a running server whether it is alive; for containers.
    Healthcheck,
}

/// Which part of the server.
#[derive(clap::Args, Default)]
struct Part {
    /// The features to have, such as `auth,users,media`, over the setting `features`. Without either: all.
    #[arg(long, value_name = "NAMES")]
    features: Option<String>,
}

/// Runs the command of the process's arguments. Faults in the configuration end with 78 (`EX_CONFIG` of sysexits.h), others with 1.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return terminal::fail(&error.into()),
    };
    match runtime.block_on(dispatch(arguments)) {
        Ok(code) => code,
        Err(error) => terminal::fail(&error),
    }
}

async fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    // These need neither settings nor a database.
    match arguments.command {
        #[cfg(feature = "files")]
        Some(Command::Files(command)) => return files::run(command),
        #[cfg(feature = "code")]
        Some(Command::Code(command)) => return code::run(command),
        Some(Command::Audit(command)) => return Box::pin(audit::run(command)).await,
        _ => {}
    }
    let loader = match with_flags(&arguments) {
        Ok(loader) => loader,
        Err(error) => {
            terminal::error(&error.to_string());
            return Ok(ExitCode::from(EX_CONFIG));
        }
    };
    let command = arguments.command.unwrap_or_else(|| Command::Serve(Part::default()));
    let loader = match &command {
        Command::Serve(Part { features: Some(features) }) | Command::Worker(Part { features: Some(features) }) => {
            loader.flag("features", features)
        }
        _ => loader,
    };
    if let Command::Config(command) = command {
        return Ok(config::run(command, loader));
    }
    let loaded = match loader.load() {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(refuse(&problems)),
    };
    Box::pin(run_command(command, loaded)).await
}

async fn run_command(command: Command, loaded: Loaded<Settings>) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(_) => Box::pin(serve::run(loaded)).await?,
        Command::Worker(_) => Box::pin(worker::run(loaded)).await?,
        Command::Migrate(command) => Box::pin(migrate::run(command, loaded)).await?,
        Command::Openapi => openapi::run(loaded).await?,
        Command::Admin(command) => return Box::pin(admin::run(command, loaded)).await,
        Command::Keys(command) => Box::pin(keys::run(command, loaded)).await?,
        Command::Grow(command) => Box::pin(grow::run(command, loaded)).await?,
        Command::Backup(command) => Box::pin(backup::run(command, loaded)).await?,
        Command::Restore(command) => Box::pin(restore::run(command, loaded)).await?,
        #[cfg(feature = "full")]
        Command::Demo(command) => Box::pin(demo::run(command, loaded)).await?,
        Command::Doctor => return Box::pin(doctor::run(loaded)).await,
        Command::Healthcheck => return healthcheck::run(&loaded).await,
        Command::Config(_) | Command::Audit(_) => {}
        #[cfg(feature = "files")]
        Command::Files(_) => {}
        #[cfg(feature = "code")]
        Command::Code(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what is wrong with the configuration.
fn refuse(problems: &ConfigProblems) -> ExitCode {
    terminal::error(&problems.to_string());
    ExitCode::from(EX_CONFIG)
}

fn with_flags(arguments: &Arguments) -> anyhow::Result<Loader<Settings>> {
    let mut loader = loader(&arguments.folder, Environment::process());
    if let Some(profile) = &arguments.profile {
        let known = [Profile::Development, Profile::Test, Profile::Production];
        let found = known.into_iter().find(|known| known.to_string() == *profile);
        loader = loader.profile(found.ok_or_else(|| anyhow::anyhow!("--profile is development, test or production"))?);
    }
    for flag in &arguments.flags {
        let (key, value) = flag.split_once('=').ok_or_else(|| anyhow::anyhow!("--set takes KEY=VALUE, not `{flag}`"))?;
        loader = loader.flag(key.trim(), value.trim());
    }
    Ok(loader)
}
