use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_kernel::{Actor, Timestamp};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::core::Core;
use crate::search::candidates;
use crate::store::manifest;
use crate::{Choosing, FilesError, Kind, RelPath, Stop, Workspace, WorkspaceId, codes, permissions, read};

/// What choice tokens are signed for.
const PURPOSE: &str = "files-choice";
/// How long a choice may be answered.
const LIFE: Duration = Duration::from_mins(30);
/// The most files that are ranked.
const RANKED: usize = 50_000;

/// A file that may be meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = FileChoice))]
pub struct Choice {
    /// Where.
    #[cfg_attr(feature = "http", schema(value_type = String, example = "src/main.rs"))]
    pub path: RelPath,
    /// How well it fits; only comparable within one answer.
    pub score: u32,
    /// Why it is here.
    pub reason: String,
}

/// The files that fit best, and a token to answer with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = FileChoices))]
pub struct Choices {
    /// The best first.
    pub choices: Vec<Choice>,
    /// Answers within 30 minutes, by whoever asked.
    pub token: String,
}

/// A file that is ranked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where.
    pub path: RelPath,
    /// Milliseconds since the epoch; 0 where it is not known.
    pub modified_ms: i64,
}

/// Words that say nothing about a file.
const EMPTY: [&str; 24] = [
    "the", "a", "an", "in", "of", "to", "for", "and", "or", "is", "are", "file", "files", "code", "please", "where", "which",
    "what", "that", "with", "this", "my", "our", "open",
];

/// Ranks files by what somebody says: names that are said in full, then fuzzy matches of its words, the recently changed first among equals.
pub fn rank(prompt: &str, candidates: &[Candidate], now: Timestamp, limit: usize) -> Vec<Choice> {
    let split = |c: char| !(c.is_alphanumeric() || "._-/".contains(c));
    let words = prompt.split(split).map(|word| word.trim_matches(['.', '-', '/'])).filter(|word| word.chars().count() > 1);
    let words: Vec<String> = words.map(str::to_lowercase).filter(|word| !EMPTY.contains(&word.as_str())).take(16).collect();
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let pattern = |word: &String| Pattern::new(word, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let patterns: Vec<(&String, Pattern)> = words.iter().map(|word| (word, pattern(word))).collect();
    let mut buffer = Vec::new();
    let mut ranked: Vec<Choice> = candidates
        .iter()
        .filter_map(|candidate| {
            let (mut score, mut reasons) = (0, Vec::new());
            let lower = candidate.path.as_str().to_lowercase();
            let name = candidate.path.name().to_lowercase();
            for (word, pattern) in &patterns {
                if let Some((points, reason)) = fits(word, &lower, &name) {
                    score += points;
                    reasons.push(reason);
                    continue;
                }
                let text = Utf32Str::new(candidate.path.as_str(), &mut buffer);
                let fuzzy = pattern.score(text, &mut matcher).unwrap_or(0);
                // A fuzzy match is worth little unless it is dense: 16 points a letter is the matcher's own measure.
                if fuzzy >= 14 * u32::try_from(word.chars().count()).unwrap_or(u32::MAX) {
                    score += fuzzy;
                    reasons.push(format!("resembles `{word}`"));
                }
            }
            (score > 0 || patterns.is_empty()).then(|| {
                let recent = recency(candidate.modified_ms, now);
                if recent >= 20 {
                    reasons.push("changed recently".to_owned());
                }
                Choice { path: candidate.path.clone(), score: score + recent, reason: reasons.join(", ") }
            })
        })
        .collect();
    let depth = |path: &RelPath| path.names().count();
    ranked.sort_by(|a, b| {
        b.score.cmp(&a.score).then_with(|| depth(&a.path).cmp(&depth(&b.path))).then_with(|| a.path.cmp(&b.path))
    });
    ranked.truncate(limit);
    ranked
}

fn fits(word: &str, path: &str, name: &str) -> Option<(u32, String)> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if path == word {
        return Some((2000, "named by its path".to_owned()));
    }
    if name == word {
        return Some((1200, format!("named `{word}`")));
    }
    if stem == word {
        return Some((900, format!("called `{word}`")));
    }
    if stem.contains(word) {
        return Some((500, format!("its name has `{word}`")));
    }
    path.split('/').any(|part| part == word).then(|| (350, format!("lies in `{word}`")))
}

/// 0 to 40: the half of it is gone after a day.
fn recency(modified_ms: i64, now: Timestamp) -> u32 {
    let age = now.since(Timestamp::from_millis(modified_ms)).as_secs();
    if modified_ms <= 0 { 0 } else { u32::try_from(40 * 86_400 / (86_400 + age)).unwrap_or(0) }
}

/// What a choice token carries.
#[derive(Serialize, Deserialize)]
struct Carried {
    workspace: Uuid,
    subject: Uuid,
    owner: Uuid,
    expires: i64,
    paths: Vec<String>,
}

/// [`Choosing`] with signed tokens: nothing is stored.
pub(crate) struct ChoiceService(pub(crate) Arc<Core>);

#[async_trait]
impl Choosing for ChoiceService {
    async fn choose_file(
        &self,
        actor: &Actor,
        id: WorkspaceId,
        prompt: &str,
        files: Option<Vec<RelPath>>,
        limit: usize,
    ) -> Result<Choices, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        if prompt.trim().is_empty() || prompt.len() > 2000 {
            return Err(FilesError::field("/prompt", "out_of_range", "1 to 2000 bytes that are not all blank"));
        }
        if !(1..=50).contains(&limit) {
            return Err(FilesError::field("/limit", "out_of_range", "1 to 50"));
        }
        let mut candidates = self.candidates(&workspace).await?;
        if let Some(files) = files {
            candidates.retain(|candidate| files.contains(&candidate.path));
        }
        let (now, prompt) = (self.0.db.ambient().now(), prompt.to_owned());
        let choices = self.0.blocking(move || Ok(rank(&prompt, &candidates, now, limit))).await?;
        let carried = Carried {
            workspace: id.get(),
            subject: actor.subject.get(),
            owner: actor.owner.get(),
            expires: now.plus(LIFE).millis(),
            paths: choices.iter().map(|choice| choice.path.as_str().to_owned()).collect(),
        };
        let payload = serde_json::to_vec(&carried).map_err(|_unwritable| FilesError::Lost)?;
        Ok(Choices { choices, token: self.0.db.keyring().sign_token(PURPOSE, &payload) })
    }

    async fn answer(
        &self,
        actor: &Actor,
        token: &str,
        path: RelPath,
    ) -> Result<(WorkspaceId, RelPath, Option<String>), FilesError> {
        actor.require(&permissions::READ)?;
        let invalid = |detail: &str| FilesError::told(&codes::CHOICE_INVALID, detail);
        let payload = self.0.db.keyring().open_token(PURPOSE, token);
        let payload = payload.map_err(|_forged| invalid("The token was not made by this server."))?;
        let carried: Carried =
            serde_json::from_slice(&payload).map_err(|_odd| invalid("The token was not made by this server."))?;
        if carried.subject != actor.subject.get() || carried.owner != actor.owner.get() {
            return Err(invalid("The token was made for somebody else."));
        }
        if carried.expires <= self.0.db.ambient().now().millis() {
            return Err(invalid("The token is too old."));
        }
        if !carried.paths.iter().any(|offered| offered == path.as_str()) {
            return Err(invalid("The path is none of the choices."));
        }
        let id = WorkspaceId(carried.workspace);
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        match self.0.whole(&workspace, &path, read::WHOLE).await {
            Ok((_, sha256)) => Ok((id, path, Some(sha256))),
            Err(FilesError::Plain(code)) if *code == codes::TOO_LARGE => Ok((id, path, None)),
            Err(error) => Err(error),
        }
    }
}

impl ChoiceService {
    async fn candidates(&self, workspace: &Workspace) -> Result<Vec<Candidate>, FilesError> {
        if workspace.kind == Kind::Stored {
            let files = manifest::all(self.0.db.read(), workspace.owner, workspace.id).await?;
            let candidate = |file: crate::StoredFile| Candidate { path: file.path, modified_ms: file.modified_at.millis() };
            return Ok(files.into_iter().map(candidate).collect());
        }
        let (root, _) = self.0.root_of(workspace)?;
        let (threads, stop) = (self.0.config.threads(), Stop::after(self.0.config.search_time()));
        let _given_up = stop.on_drop();
        self.0
            .blocking(move || {
                let (paths, _) = candidates(&root, RANKED, threads, &stop)?;
                let known = paths.into_iter().filter_map(|path| {
                    let modified_ms = root.facts(&path).ok()?.modified_ms;
                    Some(Candidate { path, modified_ms })
                });
                Ok(known.collect())
            })
            .await
    }
}
