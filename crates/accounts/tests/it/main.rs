//! The store and the refresher as a server uses them: real files, several stores on one
//! data folder, a vendor that spends refresh tokens.
#![allow(clippy::unwrap_used, missing_docs)]

mod accounts;
mod keys;
mod lanes;
mod refresh;
mod refresh_faults;
mod request_log;
mod secrets;
mod support;
mod tokens;
