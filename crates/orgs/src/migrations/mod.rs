use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of organisations.
pub fn ledger() -> Ledger {
    Ledger { name: "orgs", migrations: vec![Box::new(CreateOrgs)] }
}

struct CreateOrgs;

core_db::named_migration!(CreateOrgs, "orgs_0001_orgs");

#[async_trait::async_trait]
impl MigrationTrait for CreateOrgs {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let orgs = [
            Columns::id(),
            Columns::text("name"),
            Columns::text("slug"),
            Columns::json("metadata"),
            Columns::uuid_null("created_by"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("orgs", orgs)).await?;
        manager.create_index(Columns::index("orgs", &["slug"], true)).await?;
        let memberships = [
            Columns::id(),
            Columns::uuid("org_id"),
            Columns::uuid("user_id"),
            Columns::text("role"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer("version"),
        ];
        manager.create_table(Columns::table("org_memberships", memberships)).await?;
        manager.create_index(Columns::index("org_memberships", &["org_id", "user_id"], true)).await?;
        manager.create_index(Columns::index("org_memberships", &["org_id", "created_at", "id"], false)).await?;
        manager.create_index(Columns::index("org_memberships", &["user_id", "created_at", "id"], false)).await?;
        create_invitations(manager).await?;
        create_domains(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["org_departures", "org_domains", "org_invitations", "org_memberships", "orgs"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}

async fn create_invitations(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let invitations = [
        Columns::id(),
        Columns::uuid("org_id"),
        Columns::text("email"),
        Columns::text("canonical_email"),
        Columns::text("role"),
        Columns::uuid("invited_by"),
        Columns::bytes("token_hash"),
        Columns::integer("created_at"),
        Columns::integer("expires_at"),
    ];
    manager.create_table(Columns::table("org_invitations", invitations)).await?;
    manager.create_index(Columns::index("org_invitations", &["token_hash"], true)).await?;
    manager.create_index(Columns::index("org_invitations", &["org_id", "canonical_email"], true)).await?;
    manager.create_index(Columns::index("org_invitations", &["org_id", "created_at", "id"], false)).await?;
    manager.create_index(Columns::index("org_invitations", &["canonical_email"], false)).await?;
    manager.create_index(Columns::index("org_invitations", &["invited_by"], false)).await?;
    manager.create_index(Columns::index("org_invitations", &["expires_at"], false)).await
}

async fn create_domains(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let domains = [
        Columns::id(),
        Columns::uuid("org_id"),
        Columns::text("name"),
        // The name again once it is proven: unique among the proven ones, while others may claim it.
        Columns::text_null("verified_name"),
        Columns::text("role"),
        Columns::text("challenge"),
        Columns::uuid_null("created_by"),
        Columns::integer_null("verified_at"),
        Columns::integer("created_at"),
    ];
    manager.create_table(Columns::table("org_domains", domains)).await?;
    manager.create_index(Columns::index("org_domains", &["org_id", "name"], true)).await?;
    manager.create_index(Columns::index("org_domains", &["verified_name"], true)).await?;
    // Who left or was removed does not come back by the domain of their address alone.
    let departures = [Columns::id(), Columns::uuid("org_id"), Columns::uuid("user_id"), Columns::integer("created_at")];
    manager.create_table(Columns::table("org_departures", departures)).await?;
    manager.create_index(Columns::index("org_departures", &["org_id", "user_id"], true)).await?;
    manager.create_index(Columns::index("org_departures", &["user_id"], false)).await
}
