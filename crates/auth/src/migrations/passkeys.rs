use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

pub(super) struct CreatePasskeys;

core_db::named_migration!(CreatePasskeys, "auth_0008_passkeys");

#[async_trait::async_trait]
impl MigrationTrait for CreatePasskeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            Columns::id(),
            Columns::uuid("user_id"),
            Columns::bytes("credential_id"),
            Columns::text("name"),
            Columns::json("credential"),
            Columns::boolean("synced"),
            Columns::integer("uses"),
            Columns::integer_null("last_used_at"),
            Columns::integer_null("flagged_at"),
            Columns::integer("created_at"),
        ];
        manager.create_table(Columns::table("auth_passkeys", columns)).await?;
        // In the whole table, not for each person: what an authenticator made is one person's.
        manager.create_index(Columns::index("auth_passkeys", &["credential_id"], true)).await?;
        manager.create_index(Columns::index("auth_passkeys", &["user_id", "created_at"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("auth_passkeys")).to_owned()).await
    }
}
