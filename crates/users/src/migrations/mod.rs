use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of profiles.
pub fn ledger() -> Ledger {
    Ledger { name: "users", migrations: vec![Box::new(CreateProfiles)] }
}

struct CreateProfiles;

core_db::named_migration!(CreateProfiles, "users_0001_profiles");

#[async_trait::async_trait]
impl MigrationTrait for CreateProfiles {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let profiles = [
            Columns::uuid("user_id").primary_key().to_owned(),
            Columns::text("email"),
            Columns::boolean("email_verified"),
            Columns::integer("account_version"),
            Columns::text_null("display_name"),
            Columns::text_null("locale"),
            Columns::text_null("time_zone"),
            Columns::text_null("units"),
            Columns::json("metadata"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("profiles", profiles)).await?;
        manager.create_index(Columns::index("profiles", &["created_at", "user_id"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("profiles")).to_owned()).await
    }
}
