//! Integrated accounts, API tokens and the credential vault.
//!
//! What this crate promises:
//!
//! - **Nothing secret is readable at rest.** Credentials are sealed under a key that
//!   is not in the database ([`MasterKey`], [`Vault`]); of API tokens only a hash is
//!   kept. In memory they live in types that print nothing.
//! - **A wrong or missing key is refused** when the store is opened, before anything
//!   is written.
//! - **Several processes share one data folder**: what one of them changes counts in
//!   the others within a second, and a new token at once.
//! - **A refresh token is spent once** ([`Refresher`]): one exchange at a time in all
//!   processes, and what it brought is on disk before anyone uses it.
//! - **Environments are separate worlds**: an account of another environment is not
//!   found, never forbidden.
//!
//! The crate knows nothing of HTTP, vendors or mapping. How a token is exchanged is
//! told to it through [`TokenExchange`].

mod account;
mod clock;
mod connecting;
mod credentials;
mod data_dir;
mod error;
mod expiry;
mod ids;
mod key;
mod keyring;
mod overrides;
mod refresh;
mod store;
mod vault;

pub use account::{
    Account, AccountFilter, AccountPage, AccountStatus, AccountUpdate, Connection, NewAccount, Quota,
    Settings,
};
pub use connecting::{
    Connected, Flow, FlowFound, FlowMemory, LinkOptions, LinkToken, NewLinkToken, OAuthApp, OAuthAppUpdate,
};
pub use credentials::{Credentials, CredentialsChange, SecretValues};
pub use data_dir::DATABASE_FILE;
pub use error::{KeyError, StoreError};
pub use expiry::{ExpiryProblem, parse_expires_at};
pub use ids::{AccountId, EnvironmentId, FlowId, LinkTokenId, OAuthAppId, OverrideId, TokenId, WebhookId};
pub use key::{KEY_FILE, KEY_VARIABLE, KeyId, MasterKey, Purpose, SubKey};
pub use overrides::{EnvironmentOverride, OverrideTarget, StoredOverride};
pub use refresh::{ExchangeError, RefreshConfig, RefreshError, Refreshed, Refresher, TokenExchange};
pub use store::{
    AUDIT_ENTRIES_KEPT, AccountEvent, Actor, ApiToken, Attempt, AuditEntry, AuditFilter, AuditRecord,
    CallFigures, CallSummary, Condition, DEFAULT_ENVIRONMENT, Delivery, DeliveryRecord, Environment,
    IssuedToken, Look, NewToken, NewWebhook, Page, Principal, RequestEntry, RequestFilter, RequestLogBounds,
    RequestRecord, Rotated, SealingKey, Store, TokenFilter, TokenState, Webhook, WebhookUpdate,
    is_webhook_secret,
};
pub use vault::{SealError, Vault};
