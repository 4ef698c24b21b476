mod addresses;
mod api_keys;
mod cookie_sessions;
mod identities;
mod passkeys;
mod roles;
mod second_factors;

use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of identity.
pub fn ledger() -> Ledger {
    Ledger {
        name: "auth",
        migrations: vec![
            Box::new(CreateAuth),
            Box::new(api_keys::CreateApiKeys),
            Box::new(roles::CreateRoles),
            Box::new(second_factors::CreateSecondFactors),
            Box::new(addresses::CreateAddressChanges),
            Box::new(identities::CreateIdentities),
            Box::new(cookie_sessions::AddCookieSessions),
            Box::new(passkeys::CreatePasskeys),
        ],
    }
}

struct CreateAuth;

core_db::named_migration!(CreateAuth, "auth_0001_accounts_sessions_keys_codes");

#[async_trait::async_trait]
impl MigrationTrait for CreateAuth {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let accounts = [
            Columns::id(),
            Columns::text("email"),
            Columns::text("canonical_email"),
            Columns::text("status"),
            Columns::text_null("display_name"),
            Columns::json("roles"),
            Columns::text_null("password_hash"),
            Columns::integer("password_version"),
            Columns::integer_null("email_verified_at"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("auth_accounts", accounts)).await?;
        manager.create_index(Columns::index("auth_accounts", &["canonical_email"], true)).await?;
        let sessions = [
            Columns::id(),
            Columns::uuid("user_id"),
            Columns::text_null("device"),
            Columns::json("amr"),
            Columns::integer("counter"),
            Columns::integer("rotated_at"),
            Columns::integer("auth_time"),
            Columns::integer("created_at"),
            Columns::integer("last_used_at"),
            Columns::integer("idle_expires_at"),
            Columns::integer("absolute_expires_at"),
            Columns::integer_null("ended_at"),
            Columns::text_null("end_reason"),
        ];
        manager.create_table(Columns::table("auth_sessions", sessions)).await?;
        manager.create_index(Columns::index("auth_sessions", &["user_id", "created_at"], false)).await?;
        manager.create_index(Columns::index("auth_sessions", &["absolute_expires_at"], false)).await?;
        let keys = [
            Columns::text("id").primary_key().to_owned(),
            Columns::text("public_key"),
            Columns::text("seed_sealed"),
            Columns::text("state"),
            Columns::integer("created_at"),
        ];
        manager.create_table(Columns::table("auth_signing_keys", keys)).await?;
        let codes = [
            Columns::id(),
            Columns::text("purpose"),
            Columns::uuid_null("user_id"),
            Columns::bytes("code_hash"),
            Columns::text("bound_to"),
            Columns::integer("created_at"),
            Columns::integer("expires_at"),
            Columns::integer_null("used_at"),
        ];
        manager.create_table(Columns::table("auth_codes", codes)).await?;
        manager.create_index(Columns::index("auth_codes", &["code_hash"], true)).await?;
        manager.create_index(Columns::index("auth_codes", &["user_id", "purpose"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["auth_accounts", "auth_sessions", "auth_signing_keys", "auth_codes"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}
