use core_db::Columns;
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

pub(super) struct AddCookieSessions;

core_db::named_migration!(AddCookieSessions, "auth_0007_cookie_sessions");

#[async_trait::async_trait]
impl MigrationTrait for AddCookieSessions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut by_cookie = Columns::boolean("by_cookie");
        by_cookie.default(false);
        let change = Table::alter().table(Alias::new("auth_sessions")).add_column(by_cookie).to_owned();
        manager.alter_table(change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let change = Table::alter().table(Alias::new("auth_sessions")).drop_column(Alias::new("by_cookie")).to_owned();
        manager.alter_table(change).await
    }
}
