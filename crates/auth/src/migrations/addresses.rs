use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, ColumnDef, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

pub(super) struct CreateAddressChanges;

core_db::named_migration!(CreateAddressChanges, "auth_0005_address_changes_key_states_impersonation");

#[async_trait::async_trait]
impl MigrationTrait for CreateAddressChanges {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "auth_accounts", Columns::integer("email_version").default(1).to_owned()).await?;
        // A session in which an administrator acts in its person's place: who, and by which session of theirs.
        add(manager, "auth_sessions", Columns::uuid_null("impersonator_id")).await?;
        add(manager, "auth_sessions", Columns::uuid_null("impersonator_session")).await?;
        manager.create_index(Columns::index("auth_sessions", &["impersonator_session"], false)).await?;
        // Since when the key is in its state.
        add(manager, "auth_signing_keys", Columns::integer("state_since").default(0).to_owned()).await?;
        let changes = [
            Columns::uuid("user_id").primary_key().to_owned(),
            Columns::uuid("change_id"),
            Columns::text("new_email"),
            Columns::integer("email_version"),
            Columns::uuid("session_id"),
            Columns::integer_null("old_confirmed_at"),
            Columns::integer_null("new_confirmed_at"),
            Columns::integer("created_at"),
            Columns::integer("expires_at"),
        ];
        manager.create_table(Columns::table("auth_email_changes", changes)).await?;
        manager.create_index(Columns::index("auth_email_changes", &["expires_at"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("auth_email_changes")).to_owned()).await?;
        let index = sea_orm::sea_query::Index::drop()
            .name("auth_sessions_impersonator_session")
            .table(Alias::new("auth_sessions"))
            .to_owned();
        manager.drop_index(index).await?;
        for (table, column) in [
            ("auth_signing_keys", "state_since"),
            ("auth_sessions", "impersonator_session"),
            ("auth_sessions", "impersonator_id"),
            ("auth_accounts", "email_version"),
        ] {
            let alter = Table::alter().table(Alias::new(table)).drop_column(Alias::new(column)).to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(Alias::new(table)).add_column(column).to_owned()).await
}
