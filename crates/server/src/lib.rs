//! HTTP routes of the unified API.
//!
//! Handlers are thin: they find the account, hand the raw query to the model and the engine, and give back
//! what comes. Everything on the wire that is not the engine's is shaped here: errors, accounts, the
//! descriptions of connectors. [`App`] is one server's state; [`serve()`] runs it on a socket, and
//! [`App::local`] answers the same requests inside the process, for the command line.
//!
//! What a binary waits for here are boxed futures: what stands behind them is compiled with this crate, and
//! not once more with each binary that calls it.

mod app;
mod around;
mod audit;
mod auth;
mod background;
mod body;
mod connect;
mod deliverer;
mod error;
mod examine;
mod glue;
mod limits;
mod local;
mod mcp;
mod reference;
mod request_log;
mod routes;
mod serve;
mod views;

pub use app::{App, AppConfig, StartError};
pub use crosswalk_transport::EgressUrl;
pub use examine::{Examiner, Verdict};
pub use local::{LocalClient, LocalResponse};
pub use serve::serve;
