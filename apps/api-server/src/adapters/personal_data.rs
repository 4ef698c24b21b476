use async_trait::async_trait;
use core_feature::{ExportError, ExportSink};
use core_kernel::{PortError, UserId};
use users::PersonalData;

use super::Late;
use crate::privacy::Privacy;

/// `users` asks the root to export or erase a person in every feature.
pub(crate) struct AllPersonalData(pub(crate) Late<Privacy>);

#[async_trait]
impl PersonalData for AllPersonalData {
    async fn export(&self, user: UserId, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        let privacy = self.0.get().map_err(|off| ExportError::Sink(off.to_string()))?;
        privacy.export(user.into(), sink).await
    }

    async fn erase(&self, user: UserId) -> Result<(), PortError> {
        self.0.get()?.erase(user).await
    }
}
