use std::sync::Arc;

use async_trait::async_trait;
use core_feature::{Feature, Template};
use core_kernel::{Permission, ProblemCode};

use crate::reader::Reader;
use crate::repositories::RepositoryService;
use crate::understanding::UnderstandingService;
use crate::{CodeConfig, Repositories, SourceTree, TextModel, Understanding, codes, permissions, templates};

/// What understanding source needs.
#[derive(Clone)]
pub struct Deps {
    /// Settings, validated.
    pub config: CodeConfig,
    /// Where workspaces are; [`NoSourceTree`](crate::NoSourceTree) where there are none.
    pub tree: Arc<dyn SourceTree>,
    /// A language model; [`NoModel`](crate::NoModel) where there is none.
    pub model: Arc<dyn TextModel>,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Source code as a feature. It keeps nothing of anybody.
#[derive(Clone)]
pub struct Code {
    /// Understanding source.
    pub understanding: Arc<dyn Understanding>,
    /// Repositories as a whole.
    pub repositories: Arc<dyn Repositories>,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").finish_non_exhaustive()
    }
}

impl Code {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let reader = Reader::new(deps.config, deps.tree);
        Self {
            understanding: Arc::new(UnderstandingService { reader: reader.clone(), model: deps.model }),
            repositories: Arc::new(RepositoryService::new(reader)),
        }
    }
}

#[async_trait]
impl Feature for Code {
    fn name(&self) -> &'static str {
        "code"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        codes::ALL.to_vec()
    }

    fn templates(&self) -> Vec<Template> {
        templates::TEMPLATES.to_vec()
    }
}
