//! Consent flows: from the moment a browser leaves for a vendor's consent page until
//! it is back. The `state` that it carries is good once; only its SHA-256 is kept.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{SecretString, zeroize::Zeroizing};
use sqlx::Row;

use super::{Store, link_tokens::link_token_columns, tokens::hash};
use crate::{
    clock::now_ms,
    connecting::{Flow, FlowFound, FlowMemory},
    error::StoreError,
    ids::{FlowId, LinkTokenId, random},
};

impl Store {
    /// A fresh secret for a URL: a `state`, a PKCE verifier.
    ///
    /// # Errors
    /// Only if the system has no random numbers.
    pub fn fresh_secret(&self) -> Result<SecretString, StoreError> {
        let bytes = Zeroizing::new(random::<32>()?);
        Ok(SecretString::from(URL_SAFE_NO_PAD.encode(*bytes)))
    }

    /// Begins a flow, under a `state` of [`Store::fresh_secret`]. `attempt` is the page's own name for it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn begin_flow(
        &self,
        token: &LinkTokenId,
        state: &str,
        attempt: Option<&str>,
        memory: &FlowMemory,
        expires_at: i64,
    ) -> Result<FlowId, StoreError> {
        let id = FlowId::random()?;
        let plain = Zeroizing::new(
            serde_json::to_vec(memory).map_err(|error| StoreError::Damaged(error.to_string()))?,
        );
        sqlx::query(
            "INSERT INTO oauth_flows (id, link_token_id, hash, attempt, key_id, sealed, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.as_str())
        .bind(token.as_str())
        .bind(hash(state).to_vec())
        .bind(attempt)
        .bind(self.vault().key_id().to_text())
        .bind(self.vault().seal(id.as_str(), &plain)?)
        .bind(now_ms())
        .bind(expires_at)
        .execute(self.pool())
        .await?;
        Ok(id)
    }

    /// The flow of a `state`, which is used up by this.
    ///
    /// # Errors
    /// The database failed.
    pub async fn take_flow(&self, state: &str) -> Result<FlowFound, StoreError> {
        let now = now_ms();
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let row = sqlx::query(concat!(
            "SELECT ",
            link_token_columns!(),
            ", f.id AS flow_id, f.sealed AS flow_sealed, f.expires_at AS flow_expires_at, f.used_at \
             FROM oauth_flows f JOIN link_tokens t ON t.id = f.link_token_id WHERE f.hash = $1",
        ))
        .bind(hash(state).to_vec())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else {
            return Ok(FlowFound::Unknown);
        };
        let id: FlowId = row.try_get::<String, _>("flow_id")?.into();
        if row.try_get::<Option<i64>, _>("used_at")?.is_some() {
            return Ok(FlowFound::Used(id));
        }
        sqlx::query("UPDATE oauth_flows SET used_at = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        if row.try_get::<i64, _>("flow_expires_at")? < now {
            return Ok(FlowFound::Expired);
        }
        Ok(FlowFound::Live(Box::new(Flow {
            token: self.read_link_token(&row)?,
            memory: self.read_memory(&id, row.try_get("flow_sealed")?)?,
            id,
        })))
    }

    /// Writes down what came of a flow.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_flow(&self, id: &FlowId, outcome: &serde_json::Value) -> Result<(), StoreError> {
        sqlx::query("UPDATE oauth_flows SET outcome = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(outcome.to_string())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// A flow that a browser came back from, and what came of it; null while nothing did. `None` if there is no
    /// such flow.
    ///
    /// # Errors
    /// The database failed.
    pub async fn ended_flow(&self, id: &FlowId) -> Result<Option<(Flow, serde_json::Value)>, StoreError> {
        let row = sqlx::query(concat!(
            "SELECT ",
            link_token_columns!(),
            ", f.sealed AS flow_sealed, f.outcome \
             FROM oauth_flows f JOIN link_tokens t ON t.id = f.link_token_id \
             WHERE f.id = $1 AND f.used_at IS NOT NULL",
        ))
        .bind(id.as_str())
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let flow = Flow {
            token: self.read_link_token(&row)?,
            memory: self.read_memory(id, row.try_get("flow_sealed")?)?,
            id: id.clone(),
        };
        Ok(Some((flow, read_outcome(row.try_get("outcome")?)?)))
    }

    fn read_memory(&self, id: &FlowId, sealed: &[u8]) -> Result<FlowMemory, StoreError> {
        serde_json::from_slice(&self.vault().open(id.as_str(), sealed)?)
            .map_err(|_| StoreError::Damaged(format!("the consent flow {id} can not be read")))
    }

    /// The flow that the page of a link token calls by a name, and what came of it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn attempt(
        &self,
        token: &LinkTokenId,
        attempt: &str,
    ) -> Result<Option<(FlowId, serde_json::Value)>, StoreError> {
        let row = sqlx::query(
            "SELECT id, outcome FROM oauth_flows WHERE link_token_id = $1 AND attempt = $2 \
             ORDER BY created_at DESC LIMIT 1",
        )
        .bind(token.as_str())
        .bind(attempt)
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let outcome = read_outcome(row.try_get("outcome")?)?;
        Ok(Some((row.try_get::<String, _>("id")?.into(), outcome)))
    }
}

fn read_outcome(text: Option<String>) -> Result<serde_json::Value, StoreError> {
    match text {
        None => Ok(serde_json::Value::Null),
        Some(text) => serde_json::from_str(&text)
            .map_err(|_| StoreError::Damaged("the outcome of a consent flow can not be read".to_owned())),
    }
}
