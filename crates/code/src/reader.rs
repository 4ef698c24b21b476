use std::sync::Arc;
use std::time::Duration;

use core_kernel::Actor;
use moka::sync::Cache;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::digest::sha256;
use crate::{CodeConfig, CodeError, DetectedBy, Extract, Language, Source, SourceTree, Understood, codes, extract};

/// Files that are read at the same time, over all requests.
const AT_ONCE: usize = 4;
/// What a file may take beyond its own time before it is given up: its thread then ends by itself.
const MARGIN: Duration = Duration::from_secs(2);

/// What is kept for a content: its extract, or that it has none.
pub(crate) type Known = Option<Arc<Extract>>;

/// Reads sources, each content once.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) config: CodeConfig,
    pub(crate) tree: Arc<dyn SourceTree>,
    /// By content and language, whosever it is: the same content gives the same extract.
    tags: Cache<(String, Language), Known>,
    /// By workspace, path and stamp to the content.
    stamps: Cache<(Uuid, String, String), (String, Language)>,
    slots: Arc<Semaphore>,
}

/// What an extract weighs, in KiB.
fn weight(known: &Known) -> u32 {
    let Some(extract) = known else { return 1 };
    let symbols: usize =
        extract.symbols.iter().map(|symbol| 200 + symbol.signature.len() + symbol.doc.as_ref().map_or(0, String::len)).sum();
    let names: usize = extract.names.iter().map(|name| 32 + name.len()).sum();
    u32::try_from((symbols + names + extract.references.len() * 8) / 1024 + 1).unwrap_or(u32::MAX)
}

impl Reader {
    pub(crate) fn new(config: CodeConfig, tree: Arc<dyn SourceTree>) -> Self {
        let tags = Cache::builder().max_capacity(config.cache_mib * 1024).weigher(|_, known| weight(known)).build();
        Self { config, tree, tags, stamps: Cache::new(500_000), slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Runs what takes a processor.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        most: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CodeError> {
        let slot = tokio::time::timeout(most, Arc::clone(&self.slots).acquire_owned()).await;
        let slot = slot.map_err(|_late| CodeError::Plain(&codes::BUSY))?.map_err(|_closed| CodeError::Lost)?;
        // The slot goes with the work: a parser that hangs keeps its own slot and nobody else's.
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(slot);
            done
        });
        Ok(tokio::time::timeout(most, task).await.map_err(|_late| CodeError::Plain(&codes::TOO_SLOW))??)
    }

    /// Reads one source.
    pub(crate) async fn understand(&self, actor: &Actor, source: Source) -> Result<Understood, CodeError> {
        let (text, path, language) = match source {
            Source::Given { code, path, language } => (code, path, language),
            Source::File { workspace, path, language } => {
                let loaded = self.tree.load(actor, workspace, vec![path.clone()], self.config.max_file_bytes).await?;
                let Some(bytes) = loaded.into_iter().next().flatten() else {
                    return Err(self.why_not(actor, workspace, &path).await?);
                };
                let text = String::from_utf8(bytes).map_err(|_other| CodeError::Plain(&codes::NOT_TEXT))?;
                (text, Some(path), language)
            }
        };
        if text.len() as u64 > self.config.max_file_bytes {
            return Err(CodeError::Plain(&codes::TOO_LARGE));
        }
        let (language, detected_by) = match language {
            Some(word) => {
                let known = Language::parse(&word);
                (
                    known.ok_or_else(|| CodeError::field("/language", "unknown_language", "one of GET /code/languages"))?,
                    DetectedBy::Given,
                )
            }
            None => Language::detect(path.as_deref(), &text).ok_or(CodeError::Plain(&codes::UNKNOWN_LANGUAGE))?,
        };
        let key = (sha256(text.as_bytes()), language);
        if let Some(Some(extract)) = self.tags.get(&key) {
            return Ok(Understood { path, text, detected_by, extract, sha256: key.0 });
        }
        let limits = self.config.limits();
        let (found, text) = self
            .compute(limits.time + MARGIN, move || {
                let found = extract(language, &text, limits);
                (found, text)
            })
            .await?;
        let found = Arc::new(found?);
        self.tags.insert(key.clone(), Some(Arc::clone(&found)));
        Ok(Understood { path, text, detected_by, extract: found, sha256: key.0 })
    }

    /// Why a file can't be loaded: it is too large, or it is not there.
    async fn why_not(&self, actor: &Actor, workspace: Uuid, path: &str) -> Result<CodeError, CodeError> {
        let (files, _) = self.tree.files(actor, workspace).await?;
        let large = files.iter().any(|file| file.path == path && file.size > self.config.max_file_bytes);
        Ok(CodeError::Plain(if large { &codes::TOO_LARGE } else { &codes::NOT_FOUND }))
    }

    /// What is known of a file already.
    pub(crate) fn known(&self, workspace: Uuid, path: &str, stamp: &str) -> Option<Known> {
        let key = self.stamps.get(&(workspace, path.to_owned(), stamp.to_owned()))?;
        self.tags.get(&key)
    }

    /// Reads the bytes of a file, or takes what is known of the same content. Blocks.
    pub(crate) fn read(&self, (workspace, path, stamp): (Uuid, &str, &str), bytes: &[u8]) -> Known {
        let text = std::str::from_utf8(bytes).ok()?;
        let (language, _) = Language::detect(Some(path), text)?;
        let key = (sha256(bytes), language);
        let known = self.tags.get(&key).unwrap_or_else(|| {
            let found = extract(language, text, self.config.limits()).ok().map(Arc::new);
            self.tags.insert(key.clone(), found.clone());
            found
        });
        self.stamps.insert((workspace, path.to_owned(), stamp.to_owned()), key);
        known
    }
}
