use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

pub(super) struct CreateIdentities;

core_db::named_migration!(CreateIdentities, "auth_0006_identities");

#[async_trait::async_trait]
impl MigrationTrait for CreateIdentities {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            Columns::id(),
            Columns::uuid("user_id"),
            Columns::text("provider"),
            Columns::text("issuer"),
            Columns::text("subject"),
            Columns::text_null("email"),
            Columns::integer("created_at"),
            Columns::integer_null("last_used_at"),
        ];
        manager.create_table(Columns::table("auth_identities", columns)).await?;
        // One identity elsewhere is one person here.
        manager.create_index(Columns::index("auth_identities", &["issuer", "subject"], true)).await?;
        manager.create_index(Columns::index("auth_identities", &["user_id", "created_at"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("auth_identities")).to_owned()).await
    }
}
