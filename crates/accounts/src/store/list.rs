//! Lists of accounts, oldest first, page by page.

use sqlx::{QueryBuilder, Sqlite, sqlite::SqliteRow};

use super::{
    Store,
    pages::{Listed, Order},
    rows::{self, account_columns},
};
use crate::{
    account::{Account, AccountFilter, AccountPage, AccountStatus},
    error::StoreError,
    ids::EnvironmentId,
};

impl Store {
    /// A page of at most `limit` accounts (at least one) of the environment.
    ///
    /// # Errors
    /// A cursor that this list did not give out (of other filters, of another
    /// environment, altered), or the database failed.
    pub async fn list_accounts(
        &self,
        environment: &EnvironmentId,
        filter: &AccountFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<AccountPage, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(concat!(
            "SELECT ",
            account_columns!(),
            " FROM accounts a WHERE a.environment_id = ",
        ));
        query.push_bind(environment.as_str());
        for (column, wanted) in [
            ("integration", filter.integration.as_deref()),
            ("tenant_id", filter.tenant_id.as_deref()),
            ("status", filter.status.map(AccountStatus::as_str)),
        ] {
            if let Some(wanted) = wanted {
                query.push(" AND a.").push(column).push(" = ").push_bind(wanted);
            }
        }
        if let Some(among) = &filter.among {
            let among =
                serde_json::to_string(among).map_err(|error| StoreError::Damaged(error.to_string()))?;
            query
                .push(" AND a.id IN (SELECT value FROM json_each(")
                .push_bind(among)
                .push("))");
        }
        let page = self.page(&(environment, filter), query, limit, cursor).await?;
        Ok(AccountPage {
            accounts: page.entries,
            next_cursor: page.next_cursor,
        })
    }
}

impl Listed for Account {
    const ORDER: Order = Order::Oldest;

    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        rows::account(row)
    }

    fn place(&self) -> String {
        format!("{} {}", self.created_at, self.id)
    }
}
