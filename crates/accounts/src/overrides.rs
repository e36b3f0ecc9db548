//! What environments and accounts change of connectors' mappings, as it is stored.

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::ids::OverrideId;

/// An override with the digest of what it says, by which what is made of it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredOverride {
    /// A JSON object, nothing secret.
    pub value: Map<String, Value>,
    /// Of the stored text.
    pub digest: [u8; 16],
}

/// An environment's override of one call of a unified resource. Times are milliseconds since the epoch, UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentOverride {
    /// Its id.
    pub id: OverrideId,
    /// Which call of which connector it is for.
    pub of: OverrideTarget,
    /// What it says.
    pub stored: StoredOverride,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// A call of a connector's unified resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideTarget {
    /// The connector's name.
    pub integration: String,
    /// The family of unified resources: `crm`.
    pub model: String,
    /// The resource: `users`.
    pub resource: String,
    /// The call: `list`, `get`.
    pub method: String,
}

impl StoredOverride {
    /// Reads what is stored; `whose` is for the message.
    pub(crate) fn read(text: &str, whose: &str) -> Result<Self, StoreError> {
        let value = serde_json::from_str(text)
            .map_err(|_| StoreError::Damaged(format!("the override of {whose} is not a JSON object")))?;
        let mut short = [0; 16];
        short.copy_from_slice(&digest(&SHA256, text.as_bytes()).as_ref()[..16]);
        Ok(Self { value, digest: short })
    }
}
