//! Tokens found again, by their ids and page by page.

use serde::Serialize;
use sqlx::{QueryBuilder, Sqlite, sqlite::SqliteRow};

use super::{
    Store,
    pages::{Listed, Order, Page},
    tokens::{ApiToken, COLUMNS, read},
};
use crate::{
    clock::now_ms,
    error::StoreError,
    ids::{AccountId, EnvironmentId, TokenId},
};

/// Whether a token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It does.
    Active,
    /// Its time is over.
    Over,
    /// It was revoked.
    Revoked,
}

impl TokenState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Over, Self::Revoked];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Over => "over",
            Self::Revoked => "revoked",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl ApiToken {
    /// Whether it counts now.
    #[must_use]
    pub fn state(&self) -> TokenState {
        if self.revoked_at.is_some() {
            TokenState::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now_ms()) {
            TokenState::Over
        } else {
            TokenState::Active
        }
    }
}

/// Which tokens a list holds: those that fit all that is given.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TokenFilter {
    /// The own tokens of accounts, or all others.
    pub of_accounts: Option<bool>,
    /// This account's own.
    pub account_id: Option<AccountId>,
    /// In this state.
    pub state: Option<TokenState>,
}

impl Store {
    /// One token of an environment's.
    ///
    /// # Errors
    /// The database failed.
    pub async fn token(
        &self,
        environment: &EnvironmentId,
        id: &TokenId,
    ) -> Result<Option<ApiToken>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT ");
        query.push(COLUMNS).push(" FROM api_tokens WHERE id = ");
        query.push_bind(id.as_str()).push(" AND environment_id = ");
        query.push_bind(environment.as_str());
        let row = query.build().fetch_optional(self.pool()).await?;
        row.as_ref().map(read).transpose()
    }

    /// A page of at most `limit` tokens (at least one) of an environment, newest first.
    ///
    /// # Errors
    /// A cursor that this list did not give out, or the database failed.
    pub async fn tokens(
        &self,
        environment: &EnvironmentId,
        filter: &TokenFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Page<ApiToken>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT ");
        query
            .push(COLUMNS)
            .push(" FROM api_tokens WHERE environment_id = ");
        query.push_bind(environment.as_str());
        match filter.of_accounts {
            Some(true) => drop(query.push(" AND account_id IS NOT NULL")),
            Some(false) => drop(query.push(" AND account_id IS NULL")),
            None => {}
        }
        if let Some(account) = &filter.account_id {
            query.push(" AND account_id = ").push_bind(account.as_str());
        }
        match filter.state {
            Some(TokenState::Revoked) => drop(query.push(" AND revoked_at IS NOT NULL")),
            Some(TokenState::Over) => {
                query.push(" AND revoked_at IS NULL AND expires_at <= ");
                query.push_bind(now_ms());
            }
            Some(TokenState::Active) => {
                query.push(" AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ");
                query.push_bind(now_ms()).push(")");
            }
            None => {}
        }
        self.page(&("tokens", environment, filter), query, limit, cursor)
            .await
    }
}

impl Listed for ApiToken {
    const ORDER: Order = Order::Newest;

    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        read(row)
    }

    fn place(&self) -> String {
        format!("{} {}", self.created_at, self.id)
    }
}
