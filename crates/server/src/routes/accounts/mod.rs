//! `/integrated-account`: the connections of customers.

mod change;
mod context;
mod create;
mod list;
mod token;

pub(crate) use self::change::{change_credentials, delete, refresh_credentials, update, update_me};
pub(crate) use self::create::create;
pub(crate) use self::list::{list, me, show};
pub(crate) use self::token::create_token;
