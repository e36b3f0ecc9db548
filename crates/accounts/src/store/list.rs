//! Lists of accounts, oldest first, page by page. A page goes on after the last
//! account of the one before: accounts made or deleted meanwhile shift nothing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sqlx::{QueryBuilder, Sqlite};

use super::{
    Store,
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
        let limit = limit.max(1);
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
        if let Some(cursor) = cursor {
            let (created_at, id) = self.read_cursor(environment, filter, cursor)?;
            query
                .push(" AND (a.created_at, a.id) > (")
                .push_bind(created_at)
                .push(", ")
                .push_bind(id)
                .push(")");
        }
        // One more than asked for tells whether there is a next page.
        query
            .push(" ORDER BY a.created_at, a.id LIMIT ")
            .push_bind(i64::from(limit) + 1);
        let found = query.build().fetch_all(self.pool()).await?;
        let mut accounts: Vec<Account> = found.iter().map(rows::account).collect::<Result<_, _>>()?;
        let more = accounts.len() > limit as usize;
        accounts.truncate(limit as usize);
        let next_cursor = match accounts.last() {
            Some(last) if more => Some(self.cursor_after(environment, filter, last)?),
            _ => None,
        };
        Ok(AccountPage {
            accounts,
            next_cursor,
        })
    }

    fn cursor_after(
        &self,
        environment: &EnvironmentId,
        filter: &AccountFilter,
        last: &Account,
    ) -> Result<String, StoreError> {
        let position = format!("{} {}", last.created_at, last.id);
        let sealed = self
            .inner
            .cursors
            .seal(&list_name(environment, filter)?, position.as_bytes())?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    fn read_cursor(
        &self,
        environment: &EnvironmentId,
        filter: &AccountFilter,
        cursor: &str,
    ) -> Result<(i64, String), StoreError> {
        let sealed = URL_SAFE_NO_PAD
            .decode(cursor)
            .map_err(|_| StoreError::InvalidCursor)?;
        let position = self
            .inner
            .cursors
            .open(&list_name(environment, filter)?, &sealed)
            .map_err(|_| StoreError::InvalidCursor)?;
        let (created_at, id) = std::str::from_utf8(&position)
            .ok()
            .and_then(|text| text.split_once(' '))
            .ok_or(StoreError::InvalidCursor)?;
        Ok((
            created_at.parse().map_err(|_| StoreError::InvalidCursor)?,
            id.to_owned(),
        ))
    }
}

/// What a cursor belongs to: the environment and the filters.
fn list_name(environment: &EnvironmentId, filter: &AccountFilter) -> Result<String, StoreError> {
    serde_json::to_string(&(environment, filter)).map_err(|error| StoreError::Damaged(error.to_string()))
}
