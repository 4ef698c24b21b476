use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use core_kernel::{Ambient, Timestamp};
use files::{Candidate, Choice, Links, Root, candidates_below, rank};

use super::terminal;

/// Files of a folder, without a server.
#[derive(Subcommand)]
pub(crate) enum Files {
    /// Finds the file that is meant by a description and prints its path; asks which where it is a terminal.
    Choose {
        /// What is known of the file.
        prompt: String,
        /// The folder.
        #[arg(long, default_value = ".")]
        path: PathBuf,
        /// How many are offered.
        #[arg(long, default_value_t = 10)]
        limit: usize,
    },
}

/// The most files that are ranked.
const RANKED: usize = 50_000;

pub(crate) fn run(command: Files) -> anyhow::Result<ExitCode> {
    let Files::Choose { prompt, path, limit } = command;
    let choices = choices(&prompt, &path, limit.clamp(1, 50), Ambient::system().now())?;
    if choices.is_empty() {
        terminal::error("Nothing fits. Use other words, or a part of the file's name.");
        return Ok(ExitCode::FAILURE);
    }
    let asks = std::io::stdin().is_terminal() && choices.len() > 1;
    let chosen = if asks { ask(&choices)? } else { choices.first() };
    match chosen {
        Some(choice) => {
            terminal::line(choice.path.as_str());
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(ExitCode::FAILURE),
    }
}

fn choices(prompt: &str, folder: &std::path::Path, limit: usize, now: Timestamp) -> anyhow::Result<Vec<Choice>> {
    let root = Root::open(folder, Links::Beneath).with_context(|| format!("{} can't be opened", folder.display()))?;
    let (found, _) = candidates_below(&root, RANKED, 2)?;
    let candidates: Vec<Candidate> =
        found.into_iter().map(|(path, facts)| Candidate { path, modified_ms: facts.modified_ms }).collect();
    Ok(rank(prompt, &candidates, now, limit))
}

/// Shows the choices on standard error, so that standard output has the answer alone.
fn ask(choices: &[Choice]) -> anyhow::Result<Option<&Choice>> {
    for (number, choice) in (1..).zip(choices) {
        terminal::error(&format!("{number:>3}  {}  ({})", choice.path, choice.reason));
    }
    terminal::error("Which? A number, or nothing for the first:");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(match answer.trim() {
        "" => choices.first(),
        number => number.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?)),
    })
}
