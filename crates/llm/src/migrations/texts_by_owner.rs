use sea_orm::DbErr;
use sea_orm_migration::{MigrationTrait, SchemaManager};

use crate::store::{MEMORY_TEXT, MESSAGE_TEXT};

/// Texts that are found by their owner, in databases that were made before those of messages and facts were.
pub(super) struct TextsByOwner;

core_db::named_migration!(TextsByOwner, "llm_0006_texts_by_owner");

#[async_trait::async_trait]
impl MigrationTrait for TextsByOwner {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        MESSAGE_TEXT.renew(manager).await?;
        MEMORY_TEXT.renew(manager).await
    }

    /// An earlier version makes the present form too.
    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
