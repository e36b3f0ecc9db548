//! `/integrated-account`: the connections of customers.

mod change;
pub(crate) mod context;
mod create;
mod delete;
mod endpoints;
mod list;
mod overrides;
mod post_install;
mod token;

pub(crate) use self::endpoints::endpoints;
