use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

pub(super) struct CreateSecondFactors;

core_db::named_migration!(CreateSecondFactors, "auth_0004_second_factors_attempts");

#[async_trait::async_trait]
impl MigrationTrait for CreateSecondFactors {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let totp = [
            Columns::uuid("user_id").primary_key().to_owned(),
            Columns::text("secret_sealed"),
            Columns::integer("last_step"),
            Columns::integer_null("confirmed_at"),
            Columns::integer("created_at"),
        ];
        manager.create_table(Columns::table("auth_totp", totp)).await?;
        let codes = [
            Columns::id(),
            Columns::uuid("user_id"),
            Columns::bytes("code_hash"),
            Columns::integer("created_at"),
            Columns::integer_null("used_at"),
        ];
        manager.create_table(Columns::table("auth_recovery_codes", codes)).await?;
        manager.create_index(Columns::index("auth_recovery_codes", &["user_id"], false)).await?;
        let attempts = [
            Columns::bytes("id").primary_key().to_owned(),
            Columns::integer("failures"),
            Columns::integer("blocked_until"),
            Columns::integer("updated_at"),
        ];
        manager.create_table(Columns::table("auth_attempts", attempts)).await?;
        manager.create_index(Columns::index("auth_attempts", &["updated_at"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["auth_totp", "auth_recovery_codes", "auth_attempts"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}
