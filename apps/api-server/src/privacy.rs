use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use core_db::Db;
use core_feature::{ExportError, ExportSink};
use core_http::{Installed, codes};
use core_kernel::{DomainError, Owner, PortError, ProblemCode, UserId};

/// Export and erasure over all installed features. Where the database has something of others, nothing is said to be whole: another
/// server on the same database may have them, and takes the job when it comes up again.
pub(crate) struct Privacy {
    features: Vec<Arc<dyn Installed>>,
    db: Db,
    ledgers: Vec<&'static str>,
}

/// The database has tables of these features, and this server does not have them.
#[derive(Debug)]
struct LeftOut(Vec<String>);

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the database has tables of {}, which this server does not have: start one that has them, or revert their migrations \
             with it if nobody needs them any more",
            self.0.join(", ")
        )
    }
}

impl std::error::Error for LeftOut {}

impl DomainError for LeftOut {
    fn code(&self) -> &'static ProblemCode {
        &codes::FEATURE_OFF
    }

    fn detail(&self) -> String {
        format!("{self}.")
    }
}

impl fmt::Debug for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Privacy").field("features", &self.features.len()).finish_non_exhaustive()
    }
}

impl Privacy {
    /// Over these features; `ledgers` names those that the server has.
    pub(crate) fn new(features: Vec<Arc<dyn Installed>>, db: Db, ledgers: Vec<&'static str>) -> Self {
        Self { features, db, ledgers }
    }

    async fn nothing_is_left_out(&self) -> Result<(), PortError> {
        let beyond = core_db::ledgers_beyond(&self.db, &self.ledgers).await?;
        if beyond.is_empty() { Ok(()) } else { Err(LeftOut(beyond).into()) }
    }

    /// Hands over everything that any feature holds in a space, each collection and file under the name of its feature.
    pub(crate) async fn export(&self, space: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        self.nothing_is_left_out().await.map_err(|error| ExportError::Sink(error.to_string()))?;
        for feature in &self.features {
            feature.export(space, &mut Under { feature: feature.name(), sink }).await?;
        }
        Ok(())
    }

    /// Removes a person's space and what they left in organisations. Safe to repeat; identity goes last, so that an interrupted
    /// erasure can be taken up again.
    pub(crate) async fn erase(&self, user: UserId) -> Result<(), PortError> {
        self.nothing_is_left_out().await?;
        let identity_last = |feature: &&Arc<dyn Installed>| feature.name() == "auth";
        let (last, first): (Vec<_>, Vec<_>) = self.features.iter().partition(identity_last);
        for feature in first.into_iter().chain(last) {
            feature.forget_member(user).await?;
            feature.erase(user.into()).await?;
        }
        Ok(())
    }

    /// Removes everything in the space of an organisation that was deleted. Safe to repeat.
    pub(crate) async fn erase_space(&self, space: Owner) -> Result<(), PortError> {
        self.nothing_is_left_out().await?;
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
