use std::process::ExitCode;

use clap::Subcommand;
use core_config::{ConfigProblems, EX_CONFIG, Loader};

use super::terminal;
use crate::settings::Settings;

#[derive(Subcommand)]
pub(crate) enum Config {
    /// Every setting, its value and who set it; secrets are left out.
    Show,
    /// One setting.
    Get {
        /// Such as `server.port`.
        key: String,
    },
    /// Writes a setting to config/local.toml; comments and order stay.
    Set {
        /// Such as `server.port`.
        key: String,
        /// Its value.
        value: String,
    },
    /// Says what is wrong with the configuration; ends with 78 if something is.
    Check,
}

/// Runs one of the configuration commands. They work with a broken configuration too.
pub(crate) fn run(command: Config, loader: Loader<Settings>) -> ExitCode {
    let (loaded, problems) = loader.attempt();
    let code = if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EX_CONFIG) };
    match command {
        Config::Check => {
            if problems.is_empty() {
                terminal::line("the configuration is fine");
            } else {
                terminal::error(&ConfigProblems(problems).to_string());
            }
            code
        }
        Config::Show => {
            if let Some(loaded) = loaded {
                terminal::line(loaded.provenance.show().trim_end());
            }
            if !problems.is_empty() {
                terminal::error(&ConfigProblems(problems).to_string());
            }
            code
        }
        Config::Get { key } => {
            let found = loaded.as_ref().and_then(|loaded| loaded.provenance.get(&key));
            match found {
                Some(entry) => {
                    terminal::line(&format!("{}  ({})", entry.shown(), entry.set_by()));
                    ExitCode::SUCCESS
                }
                None => {
                    terminal::error(&format!("there is no setting `{key}`; `api-server config show` lists them"));
                    ExitCode::from(EX_CONFIG)
                }
            }
        }
        Config::Set { key, value } => match loader.set(&key, &value) {
            Ok(path) => {
                terminal::line(&format!("{key} is written to {}; it takes effect at the next start", path.display()));
                ExitCode::SUCCESS
            }
            Err(error) => {
                terminal::error(&error.to_string());
                ExitCode::from(EX_CONFIG)
            }
        },
    }
}
