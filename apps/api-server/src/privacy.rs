use std::sync::Arc;

use async_trait::async_trait;
use core_db::DbError;
use core_feature::{ExportError, ExportSink};
use core_http::Installed;
use core_kernel::{Owner, UserId};

/// Export and erasure over all installed features.
pub(crate) struct Privacy {
    features: Vec<Arc<dyn Installed>>,
}

impl std::fmt::Debug for Privacy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Privacy").field("features", &self.features.len()).finish()
    }
}

impl Privacy {
    /// Over these features.
    pub(crate) fn new(features: Vec<Arc<dyn Installed>>) -> Self {
        Self { features }
    }

    /// Hands over everything that any feature holds in a space, each collection and file under the name of its feature.
    pub(crate) async fn export(&self, space: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        for feature in &self.features {
            feature.export(space, &mut Under { feature: feature.name(), sink }).await?;
        }
        Ok(())
    }

    /// Removes a person's space and what they left in organisations. Safe to repeat; identity goes last, so that an interrupted
    /// erasure can be taken up again.
    pub(crate) async fn erase(&self, user: UserId) -> Result<(), DbError> {
        let identity_last = |feature: &&Arc<dyn Installed>| feature.name() == "auth";
        let (last, first): (Vec<_>, Vec<_>) = self.features.iter().partition(identity_last);
        for feature in first.into_iter().chain(last) {
            feature.forget_member(user).await?;
            feature.erase(user.into()).await?;
        }
        Ok(())
    }

    /// Removes everything in the space of an organisation that was deleted. Safe to repeat.
    pub(crate) async fn erase_space(&self, space: Owner) -> Result<(), DbError> {
        for feature in &self.features {
            feature.erase(space).await?;
        }
        Ok(())
    }
}

/// A sink that puts the name of a feature before whatever comes.
struct Under<'a> {
    feature: &'static str,
    sink: &'a mut dyn ExportSink,
}

#[async_trait]
impl ExportSink for Under<'_> {
    async fn row(&mut self, collection: &str, row: serde_json::Value) -> Result<(), ExportError> {
        self.sink.row(&format!("{}/{collection}", self.feature), row).await
    }

    async fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        self.sink.file(&format!("{}/{path}", self.feature), bytes).await
    }
}
