//! The outbox of webhooks: what is to be sent, when it is tried again, and by whom.
//!
//! A process takes deliveries that are due by putting its name and an end into their rows,
//! in one statement, so that an attempt is made by one process. What a process that died had
//! taken is due again when its lease runs out.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    Store,
    webhooks::{TEST_EVENT, live_secrets, owner, signing_key},
};
use crate::{
    clock::now_ms,
    credentials::decode,
    error::StoreError,
    ids::{EnvironmentId, WebhookId},
};

/// How long after each attempt the next is made, in seconds: nine in about 28 hours.
const PAUSES: [i64; 8] = [5, 60, 300, 1800, 7200, 18_000, 36_000, 36_000];
/// The longest that a receiver may ask to wait, in seconds.
const LONGEST_ASKED: i64 = 24 * 60 * 60;
/// A webhook through which nothing has got for so long is given up, in milliseconds.
const GIVE_UP_AFTER: i64 = 5 * 24 * 60 * 60 * 1000;
/// How long deliveries that are done are kept, in milliseconds.
const KEPT_FOR: i64 = 7 * 24 * 60 * 60 * 1000;
/// How many deliveries are kept for each webhook, done or not.
const KEPT: i64 = 10_000;

/// A delivery that this process may attempt until its lease is over.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Names the message, the same at every attempt.
    pub id: String,
    /// Where it goes.
    pub target_url: String,
    /// What is sent, to the byte.
    pub body: String,
    webhook_id: WebhookId,
    event: String,
    attempts: i64,
    owner: String,
    secrets: Vec<SecretString>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// How long the receiver asks to wait.
    pub retry_after: Option<Duration>,
}

/// A delivery as lists show it. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Names the message.
    pub id: String,
    /// What it tells.
    pub event: String,
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried again, if it is.
    pub next_attempt_at: Option<i64>,
    /// The status of the last answer.
    pub last_status: Option<u16>,
    /// Why the last attempt failed, if it did.
    pub last_error: Option<String>,
    /// When it happened.
    pub created_at: i64,
    /// When it was delivered or given up.
    pub finished_at: Option<i64>,
}

impl Delivery {
    /// The headers of the Standard Webhooks scheme for an attempt now: one signature for every
    /// secret that counts.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 3] {
        self.headers_at(now_ms() / 1000)
    }

    fn headers_at(&self, seconds: i64) -> [(&'static str, String); 3] {
        let signed = format!("{}.{seconds}.{}", self.id, self.body);
        let signatures: Vec<String> = self
            .secrets
            .iter()
            .filter_map(|secret| signing_key(secret.expose_secret()))
            .map(|key| {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
                format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes())))
            })
            .collect();
        [
            ("webhook-id", self.id.clone()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signatures.join(" ")),
        ]
    }
}

impl Store {
    /// Takes up to `limit` deliveries that are due, no more than `of_one` of each webhook under
    /// way at once, for as long as `lease`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_deliveries(
        &self,
        owner: &str,
        limit: u32,
        of_one: u32,
        lease: Duration,
    ) -> Result<Vec<Delivery>, StoreError> {
        let now = now_ms();
        // Most of the time there is nothing to do, and looking takes no lock.
        let is_due: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM webhook_deliveries \
                            WHERE state = 'pending' AND next_attempt_at <= $1 AND lease_until <= $1)",
        )
        .bind(now)
        .fetch_one(self.pool())
        .await?;
        if !is_due {
            return Ok(Vec::new());
        }
        let taken = sqlx::query_scalar::<_, String>(
            "UPDATE webhook_deliveries SET lease_owner = $2, lease_until = $1 + $3 WHERE id IN \
               (SELECT id FROM (SELECT id, rowid AS written, next_attempt_at, lease_until, \
                       row_number() OVER (PARTITION BY webhook_id ORDER BY lease_until > $1 DESC, next_attempt_at, rowid) \
                       AS place FROM webhook_deliveries WHERE state = 'pending' AND next_attempt_at <= $1) \
                WHERE place <= $4 AND lease_until <= $1 ORDER BY next_attempt_at, written LIMIT $5) \
             RETURNING id",
        )
        .bind(now)
        .bind(owner)
        .bind(i64::try_from(lease.as_millis()).unwrap_or(60_000))
        .bind(of_one)
        .bind(limit)
        .fetch_all(self.pool())
        .await?;
        let mut deliveries = Vec::with_capacity(taken.len());
        for id in taken {
            deliveries.extend(self.read_delivery(&id, owner).await?);
        }
        Ok(deliveries)
    }

    /// Takes one delivery, whenever it is due. `None` if somebody else has it or it is done.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_delivery(
        &self,
        id: &str,
        owner: &str,
        lease: Duration,
    ) -> Result<Option<Delivery>, StoreError> {
        let taken = sqlx::query(
            "UPDATE webhook_deliveries SET lease_owner = $2, lease_until = $3 + $4 \
             WHERE id = $1 AND state = 'pending' AND lease_until <= $3",
        )
        .bind(id)
        .bind(owner)
        .bind(now_ms())
        .bind(i64::try_from(lease.as_millis()).unwrap_or(60_000))
        .execute(self.pool())
        .await?;
        if taken.rows_affected() == 0 {
            return Ok(None);
        }
        self.read_delivery(id, owner).await
    }

    async fn read_delivery(&self, id: &str, owner_name: &str) -> Result<Option<Delivery>, StoreError> {
        let row = sqlx::query(
            "SELECT d.body, d.event, d.attempts, d.webhook_id, w.target_url, w.sealed \
             FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id WHERE d.id = $1",
        )
        .bind(id)
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let webhook_id: String = row.try_get("webhook_id")?;
        let sealed: &[u8] = row.try_get("sealed")?;
        let values = decode(&self.vault().open(&owner(&webhook_id), sealed)?)?;
        Ok(Some(Delivery {
            id: id.to_owned(),
            target_url: row.try_get("target_url")?,
            body: row.try_get("body")?,
            webhook_id: webhook_id.into(),
            event: row.try_get("event")?,
            attempts: row.try_get("attempts")?,
            owner: owner_name.to_owned(),
            secrets: live_secrets(&values),
        }))
    }

    /// Writes down what came of an attempt. It counts only if the lease is still this
    /// process's. A webhook that answers 410, or through which nothing has got for five days,
    /// is turned off.
    ///
    /// # Errors
    /// The database failed.
    pub async fn finish_delivery(&self, delivery: &Delivery, attempt: &Attempt) -> Result<(), StoreError> {
        let now = now_ms();
        let attempts = delivery.attempts + 1;
        let is_gone = attempt.status == Some(410);
        let pause = usize::try_from(delivery.attempts)
            .ok()
            .and_then(|made| PAUSES.get(made))
            .filter(|_| !is_gone && delivery.event != TEST_EVENT);
        let (state, next) = match (&attempt.error, pause) {
            (None, _) => ("delivered", now),
            (Some(_), None) => ("failed", now),
            (Some(_), Some(pause)) => {
                let asked = attempt
                    .retry_after
                    .map_or(0, |wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX));
                let seconds = (*pause).max(asked.min(LONGEST_ASKED));
                ("pending", now + seconds * 1000 + jitter(seconds * 100))
            }
        };
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let written = sqlx::query(
            "UPDATE webhook_deliveries SET state = $3, attempts = $4, next_attempt_at = $5, lease_owner = NULL, \
                    lease_until = 0, last_status = $6, last_error = $7, \
                    finished_at = CASE $3 WHEN 'pending' THEN NULL ELSE $8 END \
             WHERE id = $1 AND lease_owner = $2 AND attempts = $4 - 1",
        )
        .bind(&delivery.id)
        .bind(&delivery.owner)
        .bind(state)
        .bind(attempts)
        .bind(next)
        .bind(attempt.status)
        .bind(&attempt.error)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if written.rows_affected() == 0 {
            return Ok(());
        }
        let since: Option<i64> = sqlx::query_scalar(
            "UPDATE webhooks SET failing_since = CASE WHEN $2 IS NULL THEN NULL ELSE coalesce(failing_since, $3) END, \
                    last_error = $2, last_success_at = CASE WHEN $2 IS NULL THEN $3 ELSE last_success_at END \
             WHERE id = $1 RETURNING failing_since",
        )
        .bind(delivery.webhook_id.as_str())
        .bind(&attempt.error)
        .bind(now)
        .fetch_optional(&mut *transaction)
        .await?
        .flatten();
        let reason = if is_gone {
            Some("its address answered 410 Gone")
        } else {
            since
                .filter(|since| now - since >= GIVE_UP_AFTER)
                .map(|_| "nothing got through to its address for five days")
        };
        if let Some(reason) = reason {
            sqlx::query(
                "UPDATE webhooks SET is_active = 0, disabled_reason = $2, updated_at = $3 WHERE id = $1",
            )
            .bind(delivery.webhook_id.as_str())
            .bind(reason)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "UPDATE webhook_deliveries SET state = 'failed', finished_at = $2, \
                        last_error = coalesce(last_error, 'the webhook was turned off') \
                 WHERE webhook_id = $1 AND state = 'pending'",
            )
            .bind(delivery.webhook_id.as_str())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
            tracing::warn!(webhook = %delivery.webhook_id, reason, "a webhook was turned off");
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The newest deliveries of a webhook.
    ///
    /// # Errors
    /// The database failed.
    pub async fn deliveries(
        &self,
        environment: &EnvironmentId,
        webhook: &WebhookId,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let rows = sqlx::query(
            "SELECT d.id, d.event, d.state, d.attempts, d.next_attempt_at, d.last_status, d.last_error, \
                    d.created_at, d.finished_at \
             FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id \
             WHERE w.id = $1 AND w.environment_id = $2 ORDER BY d.created_at DESC, d.rowid DESC LIMIT $3",
        )
        .bind(webhook.as_str())
        .bind(environment.as_str())
        .bind(limit)
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(read).collect()
    }

    /// Forgets deliveries that are done and old, or too many. Answers how many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_deliveries(&self) -> Result<u64, StoreError> {
        let old = sqlx::query("DELETE FROM webhook_deliveries WHERE state <> 'pending' AND finished_at < $1")
            .bind(now_ms() - KEPT_FOR)
            .execute(self.pool())
            .await?;
        let many = sqlx::query(
            "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM (SELECT id, \
                row_number() OVER (PARTITION BY webhook_id ORDER BY created_at DESC, rowid DESC) AS place \
                FROM webhook_deliveries) WHERE place > $1)",
        )
        .bind(KEPT)
        .execute(self.pool())
        .await?;
        Ok(old.rows_affected() + many.rows_affected())
    }
}

/// Up to so many milliseconds, so that what failed together is not tried again together.
fn jitter(most: i64) -> i64 {
    let random = crate::ids::random::<4>().map_or(0, u32::from_le_bytes);
    i64::from(random) % most.max(1)
}

fn read(row: &SqliteRow) -> Result<DeliveryRecord, StoreError> {
    let state: String = row.try_get("state")?;
    let next: i64 = row.try_get("next_attempt_at")?;
    Ok(DeliveryRecord {
        id: row.try_get("id")?,
        event: row.try_get("event")?,
        attempts: row.try_get("attempts")?,
        next_attempt_at: (state == "pending").then_some(next),
        last_status: row.try_get("last_status")?,
        last_error: row.try_get("last_error")?,
        created_at: row.try_get("created_at")?,
        finished_at: row.try_get("finished_at")?,
        state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_standard_says() {
        // The example of the specification's own libraries.
        let delivery = Delivery {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
            target_url: String::new(),
            body: r#"{"test": 2432232314}"#.to_owned(),
            webhook_id: WebhookId::from("w"),
            event: String::new(),
            attempts: 0,
            owner: String::new(),
            secrets: vec![SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
        };
        let [id, time, signature] = delivery.headers_at(1_614_265_330);
        assert_eq!(id, ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned()));
        assert_eq!(time.1, "1614265330");
        assert_eq!(signature.1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
