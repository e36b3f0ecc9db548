//! Where accounts and engine meet: stored credentials for calls, token exchanges for refreshes.

mod credentials;
mod exchange;
pub(crate) mod overrides;

pub(crate) use self::credentials::{AccountCredentials, set_of};
pub(crate) use self::exchange::{AsTheyAre, Exchange, complete};
