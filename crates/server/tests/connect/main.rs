//! Connecting accounts: a server over the sandbox, and a browser that knows forms, links and cookies.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod apps;
mod bad_input;
mod exchange;
mod support;
mod told;
mod vendors;
