use std::process::ExitCode;

use core_config::Loaded;
use core_db::MigrationState;

use super::terminal;
use crate::ground::Ground;
use crate::settings::Settings;

/// How one check ended.
enum Finding {
    Fine(String),
    Advice(String),
    Fault(String),
}

/// Checks what this server needs, one line each, and says how to mend what is wrong. Ends with 1 if something must be mended.
pub(crate) async fn run(loaded: Loaded<Settings>) -> anyhow::Result<ExitCode> {
    let settings = loaded.settings.clone();
    let mut findings = vec![
        ("settings", Finding::Fine(format!("valid for {}", loaded.profile))),
        ("data folder", data_folder(&settings)),
        ("mail", mail(&settings)),
        ("language models", models(&settings)),
        ("redis", redis(&settings).await),
    ];
    match Ground::open(loaded).await {
        Ok(ground) => {
            findings.push(("master key", master_key(&ground).await));
            findings.push(("database", database(&ground).await));
        }
        Err(error) => findings.push(("database", Finding::Fault(format!("{error:#}")))),
    }
    let mut healthy = true;
    for (name, finding) in findings {
        let (mark, text) = match finding {
            Finding::Fine(text) => ("ok  ", text),
            Finding::Advice(text) => ("note", text),
            Finding::Fault(text) => {
                healthy = false;
                ("FAIL", text)
            }
        };
        terminal::line(&format!("{mark}  {name:16} {text}"));
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn data_folder(settings: &Settings) -> Finding {
    let folder = &settings.data_dir;
    let probe = folder.join(".doctor");
    match std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&probe, b"")).and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => Finding::Fine(format!("{} can be written", folder.display())),
        Err(error) => Finding::Fault(format!("{} can't be written ({error}): set APP__DATA_DIR", folder.display())),
    }
}

fn mail(settings: &Settings) -> Finding {
    match &settings.mail.url {
        Some(_) => Finding::Fine("by SMTP".to_owned()),
        None => Finding::Advice("into files in the data folder; set APP__MAIL__URL to send it".to_owned()),
    }
}

fn models(settings: &Settings) -> Finding {
    let names: Vec<&str> = settings.llm.providers.keys().map(String::as_str).collect();
    if names.is_empty() {
        return Finding::Advice(
            "none: only summaries work; set GEMINI_API_KEY, OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_HOST".to_owned(),
        );
    }
    Finding::Fine(names.join(", "))
}

async fn redis(settings: &Settings) -> Finding {
    let Some(url) = &settings.redis.url else {
        return Finding::Advice("not used: right for one server; set REDIS_URL before you run a second one".to_owned());
    };
    match core_cluster::probe_redis(url.expose()).await {
        Ok(()) => Finding::Fine("answers".to_owned()),
        Err(error) => Finding::Fault(format!("{error}: check REDIS_URL")),
    }
}

async fn master_key(ground: &Ground) -> Finding {
    let fingerprint = ground.keyring.fingerprint();
    match ground.open_root_keys().await {
        Ok(Some(_)) => Finding::Fine(format!("opens this database; fingerprint {fingerprint}")),
        // A database that can't be asked, or was never started on, is told of below.
        Ok(None) => Finding::Fine(format!("fingerprint {fingerprint}")),
        Err(error) if error.is::<core_db::DbError>() => Finding::Fine(format!("fingerprint {fingerprint}")),
        Err(error) => Finding::Fault(error.to_string()),
    }
}

async fn database(ground: &Ground) -> Finding {
    if let Err(error) = ground.db.ping().await {
        return Finding::Fault(format!("{error}: check DATABASE_URL"));
    }
    match core_db::status(&ground.db, &ground.loaded.settings.ledgers()).await {
        Ok(lines) if lines.iter().any(|line| line.state == MigrationState::Unknown) => {
            Finding::Fault("it was migrated by a newer version: start that one, or restore a backup".to_owned())
        }
        Ok(lines) => {
            let pending = lines.iter().filter(|line| line.state == MigrationState::Pending).count();
            if pending == 0 {
                Finding::Fine(format!("{} migrations applied", lines.len()))
            } else {
                Finding::Advice(format!("{pending} migrations pending; they apply at the next start"))
            }
        }
        Err(error) => Finding::Fault(error.to_string()),
    }
}
