//! Webhooks: where an environment wants to hear of its accounts.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde_json::json;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    Store, events,
    owned::{Owned, without},
};
use crate::{
    clock::now_ms,
    credentials::{SecretValues, decode, encode},
    error::StoreError,
    ids::{EnvironmentId, WebhookId, random},
};

/// The most webhooks that an environment may have.
pub(crate) const MOST_WEBHOOKS: usize = 50;
/// After a rotation the old secret goes on signing for so long, in milliseconds.
const OLD_SECRET_FOR: i64 = 24 * 60 * 60 * 1000;
/// What every secret begins with; the rest is base64.
const SECRET_PREFIX: &str = "whsec_";
const SECRET: &str = "secret";
const OLD_SECRET: &str = "old_secret";
const OLD_SECRET_UNTIL: &str = "old_secret_until";
/// The event of [`Store::enqueue_test`].
pub(crate) const TEST_EVENT: &str = "webhook:test";

const COLUMNS: &str = "id, environment_id, target_url, event_types, is_active, failing_since, disabled_reason, \
                       last_error, last_success_at, created_at, updated_at";

/// Where events go. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The webhook's id.
    pub id: WebhookId,
    /// The environment whose events it hears.
    pub environment_id: EnvironmentId,
    /// Where they are sent.
    pub target_url: String,
    /// Which events; all of them if there are none here.
    pub event_types: Vec<String>,
    /// Whether anything is sent.
    pub is_active: bool,
    /// Since when nothing has got through.
    pub failing_since: Option<i64>,
    /// Why nothing is sent any more, if that was not a person's will.
    pub disabled_reason: Option<String>,
    /// Why the last attempt failed, if it did.
    pub last_error: Option<String>,
    /// When something last got through.
    pub last_success_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// A webhook to be made. Its address has been checked.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Where events are sent.
    pub target_url: String,
    /// Which events; all of them if there are none here.
    pub event_types: Vec<String>,
    /// Whether anything is sent.
    pub is_active: bool,
    /// The secret to sign with; a new one if there is none.
    pub secret: Option<SecretString>,
}

/// A change of a webhook: what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookUpdate {
    /// Where events are sent from now on.
    pub target_url: Option<String>,
    /// Which events.
    pub event_types: Option<Vec<String>>,
    /// Whether anything is sent. Turning it on forgets earlier failures.
    pub is_active: Option<bool>,
    /// Sign with a new secret; the old one signs as well for a day.
    pub rotate_secret: bool,
}

/// Whether a text can be a secret: `whsec_` and 24 to 64 bytes in base64.
#[must_use]
pub fn is_webhook_secret(text: &str) -> bool {
    signing_key(text).is_some_and(|key| (24..=64).contains(&key.len()))
}

/// The bytes that a secret signs with.
pub(super) fn signing_key(secret: &str) -> Option<Zeroizing<Vec<u8>>> {
    let key = STANDARD.decode(secret.strip_prefix(SECRET_PREFIX)?).ok()?;
    Some(Zeroizing::new(key))
}

fn new_secret() -> Result<SecretString, StoreError> {
    let mut secret = Zeroizing::new(String::with_capacity(SECRET_PREFIX.len() + 44));
    secret.push_str(SECRET_PREFIX);
    STANDARD.encode_string(Zeroizing::new(random::<32>()?), &mut secret);
    Ok(SecretString::from(secret.as_str()))
}

/// What a webhook's sealed value belongs to.
pub(super) fn owner(id: &str) -> String {
    format!("webhook {id}")
}

/// The secrets that sign now, the present one first.
pub(super) fn live_secrets(values: &SecretValues) -> Vec<SecretString> {
    let mut live: Vec<SecretString> = values.get(SECRET).cloned().into_iter().collect();
    let until = values
        .get(OLD_SECRET_UNTIL)
        .and_then(|until| until.expose_secret().parse::<i64>().ok());
    if until.is_some_and(|until| now_ms() < until) {
        live.extend(values.get(OLD_SECRET).cloned());
    }
    live
}

impl Store {
    /// Makes a webhook; the only time that its secret is seen.
    ///
    /// # Errors
    /// No such environment, too many webhooks in it, or the database failed.
    pub async fn create_webhook(
        &self,
        environment: &EnvironmentId,
        new: NewWebhook,
    ) -> Result<(Webhook, SecretString), StoreError> {
        let now = now_ms();
        let webhook = Webhook {
            id: WebhookId::random()?,
            environment_id: environment.clone(),
            target_url: new.target_url,
            event_types: new.event_types,
            is_active: new.is_active,
            failing_since: None,
            disabled_reason: None,
            last_error: None,
            last_success_at: None,
            created_at: now,
            updated_at: now,
        };
        let secret = match new.secret {
            Some(secret) => secret,
            None => new_secret()?,
        };
        let values: SecretValues = [(SECRET.to_owned(), secret.clone())].into();
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let others: i64 = sqlx::query_scalar("SELECT count(*) FROM webhooks WHERE environment_id = $1")
            .bind(environment.as_str())
            .fetch_one(&mut *transaction)
            .await?;
        if usize::try_from(others).is_ok_and(|others| others >= MOST_WEBHOOKS) {
            return Err(StoreError::TooMany {
                what: "webhooks in an environment",
                most: MOST_WEBHOOKS,
            });
        }
        sqlx::query(
            "INSERT INTO webhooks (id, environment_id, target_url, event_types, is_active, key_id, sealed, \
                                   created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        )
        .bind(webhook.id.as_str())
        .bind(environment.as_str())
        .bind(&webhook.target_url)
        .bind(json!(webhook.event_types).to_string())
        .bind(webhook.is_active)
        .bind(self.vault().key_id().to_text())
        .bind(
            self.vault()
                .seal(&owner(webhook.id.as_str()), &encode(&values)?)?,
        )
        .bind(now)
        .execute(&mut *transaction)
        .await
        .map_err(without("environment"))?;
        transaction.commit().await?;
        Ok((webhook, secret))
    }

    /// The webhooks of an environment, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn webhooks(&self, environment: &EnvironmentId) -> Result<Vec<Webhook>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM webhooks WHERE environment_id = $1 ORDER BY created_at, id"
        )))
        .bind(environment.as_str())
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(read).collect()
    }

    /// One webhook.
    ///
    /// # Errors
    /// The database failed.
    pub async fn webhook(
        &self,
        environment: &EnvironmentId,
        id: &WebhookId,
    ) -> Result<Option<Webhook>, StoreError> {
        let mut connection = self.pool().acquire().await?;
        Ok(find(&mut connection, environment, id)
            .await?
            .map(|(webhook, _)| webhook))
    }

    /// Changes a webhook; with its new secret if it gets one. `None` if there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn update_webhook(
        &self,
        environment: &EnvironmentId,
        id: &WebhookId,
        update: WebhookUpdate,
    ) -> Result<Option<(Webhook, Option<SecretString>)>, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let Some((mut webhook, sealed)) = find(&mut transaction, environment, id).await? else {
            return Ok(None);
        };
        let owner = owner(id.as_str());
        let mut values = decode(&self.vault().open(&owner, &sealed)?)?;
        webhook.target_url = update.target_url.unwrap_or(webhook.target_url);
        webhook.event_types = update.event_types.unwrap_or(webhook.event_types);
        if let Some(is_active) = update.is_active {
            webhook.is_active = is_active;
            if is_active {
                (webhook.failing_since, webhook.disabled_reason, webhook.last_error) = (None, None, None);
            }
        }
        let now = now_ms();
        let mut fresh = None;
        if update.rotate_secret {
            let secret = new_secret()?;
            if let Some(old) = values.insert(SECRET.to_owned(), secret.clone()) {
                values.insert(OLD_SECRET.to_owned(), old);
                let until = (now + OLD_SECRET_FOR).to_string();
                values.insert(OLD_SECRET_UNTIL.to_owned(), until.into());
            }
            fresh = Some(secret);
        }
        webhook.updated_at = now;
        sqlx::query(
            "UPDATE webhooks SET target_url = $2, event_types = $3, is_active = $4, key_id = $5, sealed = $6, \
                    failing_since = $7, disabled_reason = $8, last_error = $9, updated_at = $10 WHERE id = $1",
        )
        .bind(id.as_str())
        .bind(&webhook.target_url)
        .bind(json!(webhook.event_types).to_string())
        .bind(webhook.is_active)
        .bind(self.vault().key_id().to_text())
        .bind(self.vault().seal(&owner, &encode(&values)?)?)
        .bind(webhook.failing_since)
        .bind(&webhook.disabled_reason)
        .bind(&webhook.last_error)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some((webhook, fresh)))
    }

    /// Deletes a webhook and what was still to be sent to it. `false` if there was none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn delete_webhook(
        &self,
        environment: &EnvironmentId,
        id: &WebhookId,
    ) -> Result<bool, StoreError> {
        self.delete_owned(Owned::Webhooks, environment, id.as_str()).await
    }

    /// Writes down a delivery that tells nothing, for a person who tries the address out; gives
    /// its id. `None` if there is no such webhook.
    ///
    /// # Errors
    /// The database failed.
    pub async fn enqueue_test(
        &self,
        environment: &EnvironmentId,
        id: &WebhookId,
    ) -> Result<Option<String>, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        if find(&mut transaction, environment, id).await?.is_none() {
            return Ok(None);
        }
        let payload = json!({ "message": "This is a test: the webhook works." });
        let delivery = events::enqueue(
            &mut transaction,
            id.as_str(),
            environment.as_str(),
            TEST_EVENT,
            &payload,
        )
        .await?;
        transaction.commit().await?;
        Ok(Some(delivery))
    }
}

/// A webhook and its sealed secrets.
async fn find(
    connection: &mut SqliteConnection,
    environment: &EnvironmentId,
    id: &WebhookId,
) -> Result<Option<(Webhook, Vec<u8>)>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS}, sealed FROM webhooks WHERE id = $1 AND environment_id = $2"
    )))
    .bind(id.as_str())
    .bind(environment.as_str())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((read(&row)?, row.try_get("sealed")?)))
}

fn read(row: &SqliteRow) -> Result<Webhook, StoreError> {
    let event_types: &str = row.try_get("event_types")?;
    Ok(Webhook {
        id: row.try_get::<String, _>("id")?.into(),
        environment_id: row.try_get::<String, _>("environment_id")?.into(),
        target_url: row.try_get("target_url")?,
        event_types: serde_json::from_str(event_types)
            .map_err(|_| StoreError::Damaged("a webhook's events are not a list of texts".to_owned()))?,
        is_active: row.try_get("is_active")?,
        failing_since: row.try_get("failing_since")?,
        disabled_reason: row.try_get("disabled_reason")?,
        last_error: row.try_get("last_error")?,
        last_success_at: row.try_get("last_success_at")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
