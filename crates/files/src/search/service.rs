use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::Actor;
use tokio::sync::{mpsc, oneshot};

use super::{Engine, Hit, SearchQuery, Summary};
use crate::core::Core;
use crate::stop::StopOnDrop;
use crate::{FilesError, Search, Stop, WorkspaceId, codes, permissions};

/// Files whose hits may wait for a slow reader before the search waits too.
const BUFFERED: usize = 64;

/// A search under way. Dropping it ends the search.
#[derive(Debug)]
pub struct SearchRun {
    hits: mpsc::Receiver<Vec<Hit>>,
    end: oneshot::Receiver<Result<Summary, FilesError>>,
    _stop: StopOnDrop,
}

impl SearchRun {
    /// The hits of the next file that has some; none: there are no more.
    pub async fn next(&mut self) -> Option<Vec<Hit>> {
        self.hits.recv().await
    }

    /// How it ended, once there are no more hits.
    pub async fn summary(self) -> Result<Summary, FilesError> {
        let Self { hits, end, _stop } = self;
        drop(hits);
        end.await.map_err(|_lost| FilesError::Lost)?
    }

    /// All hits in the order of path and line, and how it ended.
    pub async fn collect(mut self) -> Result<(Vec<Hit>, Summary), FilesError> {
        let mut all = Vec::new();
        while let Some(hits) = self.next().await {
            all.extend(hits);
        }
        all.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
        Ok((all, self.summary().await?))
    }
}

/// [`Search`] over workspaces of both kinds.
pub(crate) struct SearchService(pub(crate) Arc<Core>);

#[async_trait]
impl Search for SearchService {
    async fn search_code(&self, actor: &Actor, id: WorkspaceId, query: SearchQuery) -> Result<SearchRun, FilesError> {
        let workspace = self.0.workspace(actor, &permissions::READ, id).await?;
        let core = &self.0;
        if query.sections && !core.sections.is_available() {
            return Err(FilesError::Plain(&codes::NO_SECTIONS));
        }
        let engine = Engine::new(query, core.config.threads())?;
        // Globs are read with the walk; a broken one is told now.
        let time = core.config.search_time();
        let stop = Stop::after(time);
        let slot = tokio::time::timeout(time, Arc::clone(&core.searching).acquire_owned()).await;
        let slot = slot.map_err(|_late| FilesError::Plain(&codes::BUSY))?.map_err(|_closed| FilesError::Lost)?;
        let walkable = core.walkable(&workspace).await?;
        engine.check_globs(&walkable.root)?;
        let (give, hits) = mpsc::channel(BUFFERED);
        let (tell, end) = oneshot::channel();
        let (sections, watched) = (Arc::clone(&core.sections), stop.clone());
        drop(tokio::task::spawn_blocking(move || {
            let _slot = slot;
            let root = &walkable.root;
            let outcome = engine.run(root, Some(&*sections), &watched, &|hits| give.blocking_send(hits).is_ok());
            drop(give);
            // Whoever is not there any more does not want to know.
            let _told = tell.send(outcome);
        }));
        Ok(SearchRun { hits, end, _stop: stop.on_drop() })
    }
}
