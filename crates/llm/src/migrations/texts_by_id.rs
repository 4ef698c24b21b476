use sea_orm::DbErr;
use sea_orm_migration::{MigrationTrait, SchemaManager};

use crate::store::{MEMORY_TEXT, MESSAGE_TEXT};

/// Texts that are found by their id, in databases that were made before those of messages and facts were.
pub(super) struct TextsById;

core_db::named_migration!(TextsById, "llm_0005_texts_by_id");

#[async_trait::async_trait]
impl MigrationTrait for TextsById {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        MESSAGE_TEXT.renew(manager).await?;
        MEMORY_TEXT.renew(manager).await
    }

    /// An earlier version makes the present form too.
    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
