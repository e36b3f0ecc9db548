//! API tokens. The token itself is told once; what is kept is its SHA-256, by which
//! it is found again (so that no comparison's timing tells anything).

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use secrecy::{SecretString, zeroize::Zeroizing};
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, last_used::Used};
use crate::{
    clock::now_ms,
    error::StoreError,
    ids::{AccountId, EnvironmentId, TokenId, random},
};

const PREFIX: &str = "cw_";
/// The prefix and 32 bytes in base64.
const LENGTH: usize = PREFIX.len() + 43;
/// So much of a token is shown in lists, to tell it from others.
const HINT: usize = PREFIX.len() + 4;

/// The most accounts that a token's scope may name.
pub(crate) const MOST_IN_SCOPE: usize = 1000;

pub(super) const COLUMNS: &str = "id, environment_id, account_id, account_scope, read_only, name, hint, created_at, \
                       expires_at, last_used_at, revoked_at";

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for, in its owner's words.
    pub name: String,
    /// The environment it opens.
    pub environment_id: EnvironmentId,
    /// The account whose own token it is: it makes calls for that account and nothing else.
    pub account_id: Option<AccountId>,
    /// The accounts it reaches, if not all of the environment.
    pub scope: Option<Vec<AccountId>>,
    /// Whether it may read and change nothing.
    pub read_only: bool,
    /// When it ends, in milliseconds since the epoch.
    pub expires_at: Option<i64>,
}

impl NewToken {
    /// A token for everything in an environment, without end.
    #[must_use]
    pub fn of_environment(name: impl Into<String>, environment_id: EnvironmentId) -> Self {
        Self {
            name: name.into(),
            environment_id,
            account_id: None,
            scope: None,
            read_only: false,
            expires_at: None,
        }
    }
}

/// What is kept of a token. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Names the token in lists and for revoking.
    pub id: TokenId,
    /// The environment it opens.
    pub environment_id: EnvironmentId,
    /// The account whose own token it is, if it is one's.
    pub account_id: Option<AccountId>,
    /// The accounts it reaches, if not all of the environment.
    pub scope: Option<Vec<AccountId>>,
    /// Whether it may read and change nothing.
    pub read_only: bool,
    /// What it is for.
    pub name: String,
    /// How it begins.
    pub hint: String,
    /// When it was made.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

/// A token just made: the only time that its secret is seen.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// What is kept.
    pub token: ApiToken,
    /// What the client sends. Not kept.
    pub secret: SecretString,
}

/// Who a valid token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The token.
    pub token_id: TokenId,
    /// Its name.
    pub token_name: String,
    /// The environment whose accounts it sees.
    pub environment_id: EnvironmentId,
    /// The account whose own token it is, if it is one's.
    pub account_id: Option<AccountId>,
    /// The accounts it reaches, if not all of the environment.
    pub scope: Option<Vec<AccountId>>,
    /// Whether it may read and change nothing.
    pub read_only: bool,
    /// When the token ends, in milliseconds since the epoch.
    pub expires_at: Option<i64>,
}

impl Principal {
    /// Whoever owns an environment, without a token.
    #[must_use]
    pub fn of_environment(token_id: TokenId, environment_id: EnvironmentId) -> Self {
        Self {
            token_id,
            token_name: String::new(),
            environment_id,
            account_id: None,
            scope: None,
            read_only: false,
            expires_at: None,
        }
    }

    /// Whether it reaches an account of its environment.
    #[must_use]
    pub fn reaches(&self, account: &AccountId) -> bool {
        self.account_id.as_ref().is_none_or(|own| own == account)
            && self.scope.as_ref().is_none_or(|scope| scope.contains(account))
    }

    fn is_over(&self) -> bool {
        self.expires_at.is_some_and(|end| now_ms() >= end)
    }
}

impl Store {
    /// Makes a token. It counts at once, in all processes.
    ///
    /// # Errors
    /// No such environment, no such account in it, a scope of too many, or the database failed.
    pub async fn create_token(&self, new: NewToken) -> Result<IssuedToken, StoreError> {
        if new
            .scope
            .as_ref()
            .is_some_and(|scope| scope.len() > MOST_IN_SCOPE)
        {
            return Err(StoreError::TooMany {
                what: "accounts in a token's scope",
                most: MOST_IN_SCOPE,
            });
        }
        let mut secret = Zeroizing::new(String::with_capacity(LENGTH));
        secret.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(Zeroizing::new(random::<32>()?), &mut secret);
        let token = ApiToken {
            id: TokenId::random()?,
            environment_id: new.environment_id,
            account_id: new.account_id,
            scope: new.scope,
            read_only: new.read_only,
            name: new.name,
            hint: secret[..HINT].to_owned(),
            created_at: now_ms(),
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let scope = token.scope.as_deref().map(scope_text).transpose()?;
        let made = sqlx::query(
            "INSERT INTO api_tokens (id, environment_id, account_id, name, hash, hint, created_at, expires_at, \
                                     account_scope, read_only) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 \
             WHERE EXISTS (SELECT 1 FROM environments WHERE id = $2) \
               AND ($3 IS NULL OR EXISTS (SELECT 1 FROM accounts WHERE id = $3 AND environment_id = $2)) \
               AND NOT EXISTS (SELECT 1 FROM json_each(coalesce($9, '[]')) AS named \
                               WHERE named.value NOT IN (SELECT id FROM accounts WHERE environment_id = $2))",
        )
        .bind(token.id.as_str())
        .bind(token.environment_id.as_str())
        .bind(token.account_id.as_ref().map(AccountId::as_str))
        .bind(&token.name)
        .bind(hash(&secret).to_vec())
        .bind(&token.hint)
        .bind(token.created_at)
        .bind(token.expires_at)
        .bind(scope)
        .bind(token.read_only)
        .execute(self.pool())
        .await?;
        if made.rows_affected() == 0 {
            return Err(StoreError::NotFound("environment or account"));
        }
        Ok(IssuedToken {
            token,
            secret: SecretString::from(secret.as_str()),
        })
    }

    /// The tokens of an environment (of all, without one), oldest first, revoked ones too.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list_tokens(
        &self,
        environment: Option<&EnvironmentId>,
    ) -> Result<Vec<ApiToken>, StoreError> {
        let mut query = sqlx::QueryBuilder::new("SELECT ");
        query.push(COLUMNS).push(" FROM api_tokens");
        if let Some(environment) = environment {
            query
                .push(" WHERE environment_id = ")
                .push_bind(environment.as_str());
        }
        query.push(" ORDER BY created_at, id");
        let rows = query.build().fetch_all(self.pool()).await?;
        rows.iter().map(read).collect()
    }

    /// Ends a token: at once here, within a second in other processes. `false` if there
    /// is no such token or it was revoked already.
    ///
    /// # Errors
    /// The database failed.
    pub async fn revoke_token(&self, id: &TokenId) -> Result<bool, StoreError> {
        let revoked =
            sqlx::query("UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
                .bind(id.as_str())
                .bind(now_ms())
                .execute(self.pool())
                .await?;
        // The cache is keyed by hash, which revoking by id does not know.
        self.inner.principals.forget_all();
        Ok(revoked.rows_affected() > 0)
    }

    /// Who this token speaks for; `None` if it is wrong, revoked or over. That a token
    /// is wrong is never remembered, so that one made elsewhere counts at once.
    ///
    /// # Errors
    /// The database failed.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Arc<Principal>>, StoreError> {
        if token.len() != LENGTH || !token.starts_with(PREFIX) {
            return Ok(None);
        }
        let hash = hash(token);
        let known = match self.inner.principals.get(&hash) {
            Some(known) => known,
            None => match self.find_token(&hash).await? {
                Some(known) => known,
                None => return Ok(None),
            },
        };
        if known.is_over() {
            return Ok(None);
        }
        self.note_use(&Used::Token(known.token_id.clone()));
        Ok(Some(known))
    }

    async fn find_token(&self, hash: &[u8; 32]) -> Result<Option<Arc<Principal>>, StoreError> {
        let ticket = self.inner.principals.ticket();
        let row = sqlx::query(
            "SELECT id, name, environment_id, account_id, account_scope, read_only, expires_at FROM api_tokens \
             WHERE hash = $1 AND revoked_at IS NULL",
        )
        .bind(hash.to_vec())
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let known = Arc::new(Principal {
            token_id: row.try_get::<String, _>("id")?.into(),
            token_name: row.try_get("name")?,
            scope: scope(&row)?,
            read_only: row.try_get("read_only")?,
            environment_id: row.try_get::<String, _>("environment_id")?.into(),
            account_id: row.try_get::<Option<String>, _>("account_id")?.map(Into::into),
            expires_at: row.try_get("expires_at")?,
        });
        self.inner.principals.put(&ticket, hash, known.clone());
        Ok(Some(known))
    }
}

pub(super) fn hash(token: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

fn scope_text(scope: &[AccountId]) -> Result<String, StoreError> {
    serde_json::to_string(scope).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// A scope that can't be read must never become one without limits.
fn scope(row: &SqliteRow) -> Result<Option<Vec<AccountId>>, StoreError> {
    let text: Option<&str> = row.try_get("account_scope")?;
    text.map(|text| {
        serde_json::from_str(text)
            .map_err(|_| StoreError::Damaged("a token's scope is not a list of accounts".to_owned()))
    })
    .transpose()
}

pub(super) fn read(row: &SqliteRow) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: row.try_get::<String, _>("id")?.into(),
        environment_id: row.try_get::<String, _>("environment_id")?.into(),
        account_id: row.try_get::<Option<String>, _>("account_id")?.map(Into::into),
        scope: scope(row)?,
        read_only: row.try_get("read_only")?,
        name: row.try_get("name")?,
        hint: row.try_get("hint")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        last_used_at: row.try_get("last_used_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}
