//! What happens to accounts, told to webhooks.
//!
//! An event is written in the transaction of the change that it tells of, so that neither
//! is there without the other. Sending it is somebody else's work (`deliveries.rs`).

use serde_json::json;
use sqlx::SqliteConnection;

use crate::{
    account::{Account, AccountStatus},
    clock::{instant, now_ms},
    error::StoreError,
    ids::random_uuid,
};

/// Something that happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountEvent {
    /// There is a new account.
    Created,
    /// It is ready for use: for the first time, or with new credentials.
    Active,
    /// The vendor rejects its credentials: it needs a person.
    AuthenticationError,
    /// It was connected, but what was asked after connecting did not hold.
    ValidationError,
    /// Its credentials were found good again.
    Reactivated,
    /// It is gone.
    Deleted,
}

impl AccountEvent {
    /// All events.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Active,
        Self::AuthenticationError,
        Self::ValidationError,
        Self::Reactivated,
        Self::Deleted,
    ];

    /// The event as webhooks spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "integrated_account:created",
            Self::Active => "integrated_account:active",
            Self::AuthenticationError => "integrated_account:authentication_error",
            Self::ValidationError => "integrated_account:validation_error",
            Self::Reactivated => "integrated_account:reactivated",
            Self::Deleted => "integrated_account:deleted",
        }
    }
}

/// Tells of a change of status, if it is one that anybody wants to hear of. An account that
/// is being connected is nobody's business before it is something else.
pub(super) async fn announce_status(
    transaction: &mut SqliteConnection,
    before: AccountStatus,
    account: &Account,
) -> Result<(), StoreError> {
    use AccountStatus::{Active, Connecting, NeedsReauth, ValidationError};
    let after = account.status;
    if before == after || after == Connecting {
        return Ok(());
    }
    if before == Connecting {
        announce(&mut *transaction, AccountEvent::Created, account).await?;
    }
    let event = match (before, after) {
        (Connecting, Active) => AccountEvent::Active,
        (_, Active) => AccountEvent::Reactivated,
        (_, NeedsReauth) => AccountEvent::AuthenticationError,
        (_, ValidationError) => AccountEvent::ValidationError,
        (_, Connecting) => return Ok(()),
    };
    announce(transaction, event, account).await
}

/// Writes down what every webhook of the account's environment that wants it is to be sent.
pub(super) async fn announce(
    transaction: &mut SqliteConnection,
    event: AccountEvent,
    account: &Account,
) -> Result<(), StoreError> {
    let hooks: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM webhooks WHERE environment_id = $1 AND is_active \
            AND (json_array_length(event_types) = 0 OR EXISTS \
                 (SELECT 1 FROM json_each(event_types) AS wanted WHERE wanted.value = $2))",
    )
    .bind(account.environment_id.as_str())
    .bind(event.as_str())
    .fetch_all(&mut *transaction)
    .await?;
    for webhook in hooks {
        let payload = account.to_json();
        let environment = account.environment_id.as_str();
        enqueue(&mut *transaction, &webhook, environment, event.as_str(), &payload).await?;
    }
    Ok(())
}

/// Writes one delivery down; gives its id.
pub(super) async fn enqueue(
    transaction: &mut SqliteConnection,
    webhook: &str,
    environment: &str,
    event: &str,
    payload: &serde_json::Value,
) -> Result<String, StoreError> {
    let now = now_ms();
    let id = format!("msg_{}", random_uuid()?);
    let body = json!({
        "id": id,
        "event": event,
        "payload": payload,
        "environment_id": environment,
        "created_at": instant(now),
        "webhook_id": webhook,
    });
    sqlx::query(
        "INSERT INTO webhook_deliveries (id, webhook_id, event, body, state, next_attempt_at, created_at) \
         VALUES ($1, $2, $3, $4, 'pending', $5, $5)",
    )
    .bind(&id)
    .bind(webhook)
    .bind(event)
    .bind(body.to_string())
    .bind(now)
    .execute(transaction)
    .await?;
    Ok(id)
}
