//! `/api-token`: an environment's tokens.

mod create;
mod endpoints;
pub(super) mod lifetime;
mod list;
mod revoke;

pub(crate) use self::endpoints::endpoints;
