use async_trait::async_trait;
use core_kernel::{Owner, PortError};
use orgs::SpaceData;

use super::Late;
use crate::privacy::Privacy;

/// `orgs` asks the root to erase an organisation's space in every feature.
pub(crate) struct AllSpaceData(pub(crate) Late<Privacy>);

#[async_trait]
impl SpaceData for AllSpaceData {
    async fn erase(&self, space: Owner) -> Result<(), PortError> {
        self.0.get()?.erase_space(space).await
    }
}
