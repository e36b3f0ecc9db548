//! Link tokens: leave to connect one account, once. Of the token itself only its
//! SHA-256 is kept.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{SecretString, zeroize::Zeroizing};
use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};

use super::{Store, accounts::drafted, credentials::replace_credentials, tokens::hash};
use crate::{
    account::{AccountStatus, NewAccount},
    clock::now_ms,
    connecting::{Connected, LinkToken, NewLinkToken},
    credentials::{CredentialsChange, decode, encode},
    error::StoreError,
    ids::{AccountId, LinkTokenId, random},
};

const PREFIX: &str = "lt_";

/// Tokens that ended so long ago are swept away, flows with them.
const KEPT: i64 = 24 * 60 * 60 * 1000;

/// The columns of a link token, of a table called `t`.
macro_rules! link_token_columns {
    () => {
        "t.id, t.environment_id, t.account_id, t.tenant_id, t.options, t.sealed, t.expires_at, t.consumed_at, \
         t.consumed_by"
    };
}
pub(super) use link_token_columns;

impl Store {
    /// Makes a link token.
    ///
    /// # Errors
    /// No such environment or account, or the database failed.
    pub async fn create_link_token(
        &self,
        new: NewLinkToken,
    ) -> Result<(LinkToken, SecretString), StoreError> {
        let mut secret = Zeroizing::new(String::with_capacity(PREFIX.len() + 43));
        secret.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(Zeroizing::new(random::<32>()?), &mut secret);
        let token = LinkToken {
            id: LinkTokenId::random()?,
            environment_id: new.environment_id,
            account_id: new.account_id,
            tenant_id: new.tenant_id,
            options: new.options,
            context: new.context,
            expires_at: new.expires_at,
            consumed_by: None,
        };
        let now = now_ms();
        let options =
            serde_json::to_string(&token.options).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let made = sqlx::query(
            "INSERT INTO link_tokens (id, environment_id, account_id, tenant_id, hash, options, key_id, sealed, \
                                      created_at, expires_at) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 \
             WHERE EXISTS (SELECT 1 FROM environments WHERE id = $2) \
               AND ($3 IS NULL OR EXISTS (SELECT 1 FROM accounts WHERE id = $3 AND environment_id = $2))",
        )
        .bind(token.id.as_str())
        .bind(token.environment_id.as_str())
        .bind(token.account_id.as_ref().map(AccountId::as_str))
        .bind(&token.tenant_id)
        .bind(hash(&secret).to_vec())
        .bind(options)
        .bind(self.vault().key_id().to_text())
        .bind(self.vault().seal(token.id.as_str(), &encode(&token.context)?)?)
        .bind(now)
        .bind(token.expires_at)
        .execute(self.pool())
        .await?;
        if made.rows_affected() == 0 {
            return Err(StoreError::NotFound("environment or account"));
        }
        sqlx::query("DELETE FROM link_tokens WHERE expires_at < $1")
            .bind(now - KEPT)
            .execute(self.pool())
            .await?;
        Ok((token, SecretString::from(secret.as_str())))
    }

    /// The link token, also one that ended or is used up. `None` if it was never given
    /// out or ended long ago.
    ///
    /// # Errors
    /// The database failed.
    pub async fn link_token(&self, secret: &str) -> Result<Option<LinkToken>, StoreError> {
        if !secret.starts_with(PREFIX) || secret.len() != PREFIX.len() + 43 {
            return Ok(None);
        }
        let row = sqlx::query(concat!(
            "SELECT ",
            link_token_columns!(),
            " FROM link_tokens t WHERE t.hash = $1"
        ))
        .bind(hash(secret).to_vec())
        .fetch_optional(self.pool())
        .await?;
        row.as_ref().map(|row| self.read_link_token(row)).transpose()
    }

    /// Makes the account that the link token is for and uses the token up, both or neither.
    ///
    /// # Errors
    /// The database failed.
    pub async fn connect_account(&self, token: &LinkToken, new: NewAccount) -> Result<Connected, StoreError> {
        let (account, credentials, expires_at) = drafted(&token.environment_id, new, AccountStatus::Active)?;
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        self.insert_account(&mut transaction, &account, &credentials, expires_at)
            .await?;
        if !use_up(&mut transaction, &token.id, &account.id).await? {
            return Ok(Connected::TooLate);
        }
        transaction.commit().await?;
        Ok(Connected::Done(Box::new(account)))
    }

    /// Gives the account of the link token new credentials and uses the token up, both or
    /// neither.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reconnect_account(
        &self,
        token: &LinkToken,
        account: &AccountId,
        authentication_method: &str,
        change: &CredentialsChange,
    ) -> Result<Connected, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let method = Some(authentication_method);
        let environment = &token.environment_id;
        let changed =
            replace_credentials(self, &mut transaction, environment, account, method, change).await?;
        let Some(changed) = changed else {
            return Ok(Connected::Gone);
        };
        if !use_up(&mut transaction, &token.id, account).await? {
            return Ok(Connected::TooLate);
        }
        transaction.commit().await?;
        self.inner.connections.forget(account);
        Ok(Connected::Done(Box::new(changed)))
    }

    pub(super) fn read_link_token(&self, row: &SqliteRow) -> Result<LinkToken, StoreError> {
        let id: LinkTokenId = row.try_get::<String, _>("id")?.into();
        let options = serde_json::from_str(row.try_get("options")?)
            .map_err(|_| StoreError::Damaged(format!("the options of link token {id} can not be read")))?;
        let sealed: &[u8] = row.try_get("sealed")?;
        let consumed_at: Option<i64> = row.try_get("consumed_at")?;
        let consumed_by: Option<String> = row.try_get("consumed_by")?;
        Ok(LinkToken {
            environment_id: row.try_get::<String, _>("environment_id")?.into(),
            account_id: row.try_get::<Option<String>, _>("account_id")?.map(Into::into),
            tenant_id: row.try_get("tenant_id")?,
            options,
            context: decode(&self.vault().open(id.as_str(), sealed)?)?,
            expires_at: row.try_get("expires_at")?,
            consumed_by: consumed_at.map(|_| consumed_by.unwrap_or_default().into()),
            id,
        })
    }
}

/// Uses a link token up, unless somebody did before.
async fn use_up(
    transaction: &mut Transaction<'_, Sqlite>,
    token: &LinkTokenId,
    account: &AccountId,
) -> Result<bool, StoreError> {
    let used = sqlx::query(
        "UPDATE link_tokens SET consumed_at = $2, consumed_by = $3 WHERE id = $1 AND consumed_at IS NULL",
    )
    .bind(token.as_str())
    .bind(now_ms())
    .bind(account.as_str())
    .execute(&mut **transaction)
    .await?;
    Ok(used.rows_affected() > 0)
}
