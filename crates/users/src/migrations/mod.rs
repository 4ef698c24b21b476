use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, BinOper, Expr, ExprTrait, Func, Query, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of profiles.
pub fn ledger() -> Ledger {
    Ledger {
        name: "users",
        migrations: vec![Box::new(CreateProfiles), Box::new(Administration), Box::new(CreateExports), Box::new(AddAvatars)],
    }
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

struct Administration;

core_db::named_migration!(Administration, "users_0002_administration");

#[async_trait::async_trait]
impl MigrationTrait for Administration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let profiles = || Table::alter().table(Alias::new("profiles")).to_owned();
        // One column a statement: SQLite takes no more.
        manager.alter_table(profiles().add_column(Columns::text("status").default("active")).to_owned()).await?;
        manager.alter_table(profiles().add_column(Columns::text("search_text").default("")).to_owned()).await?;
        let name = Func::coalesce([Expr::col(Alias::new("display_name")), Expr::val("")]);
        let text =
            Expr::col(Alias::new("email")).binary(BinOper::Custom("||"), Expr::val(" ")).binary(BinOper::Custom("||"), name);
        let fill = Query::update().table(Alias::new("profiles")).value(Alias::new("search_text"), Func::lower(text)).to_owned();
        manager.execute(fill).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let profiles = || Table::alter().table(Alias::new("profiles")).to_owned();
        manager.alter_table(profiles().drop_column(Alias::new("search_text")).to_owned()).await?;
        manager.alter_table(profiles().drop_column(Alias::new("status")).to_owned()).await
    }
}

struct AddAvatars;

core_db::named_migration!(AddAvatars, "users_0004_avatars");

#[async_trait::async_trait]
impl MigrationTrait for AddAvatars {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let profiles = Table::alter().table(Alias::new("profiles")).to_owned();
        manager.alter_table({ profiles }.add_column(Columns::uuid_null("avatar_id")).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let profiles = Table::alter().table(Alias::new("profiles")).to_owned();
        manager.alter_table({ profiles }.drop_column(Alias::new("avatar_id")).to_owned()).await
    }
}

struct CreateExports;

core_db::named_migration!(CreateExports, "users_0003_exports");

#[async_trait::async_trait]
impl MigrationTrait for CreateExports {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let exports = [
            Columns::id(),
            Columns::uuid("user_id"),
            Columns::text("status"),
            Columns::text_null("problem_code"),
            Columns::integer_null("bytes"),
            Columns::integer("created_at"),
            Columns::integer("updated_at"),
            Columns::integer_null("expires_at"),
        ];
        manager.create_table(Columns::table("user_exports", exports)).await?;
        manager.create_index(Columns::index("user_exports", &["user_id", "created_at", "id"], false)).await?;
        manager.create_index(Columns::index("user_exports", &["expires_at"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new("user_exports")).to_owned()).await
    }
}
