//! Strict stand-ins for the vendors' APIs.
//!
//! Requests come as the egress override sends them, the real host first in the path:
//! `GET /api.hubapi.com/crm/v3/owners?limit=2`. Each stand-in is written from the vendor's documentation and
//! knows nothing of connectors: the two check each other. It refuses what the vendor refuses, hides what the
//! vendor hides, and pages the way the vendor pages.
//!
//! `/_sandbox/…` steers it: `accounts` (credentials to connect with), `faults` (POST a [`FaultRule`], DELETE
//! all), `expire-tokens`, `stats`, `requests`.

mod call;
mod consent;
mod control;
mod faults;
mod oauth;
mod people;
mod server;
mod tokens;
mod vendors;

pub use faults::{Fault, FaultRule};
pub use server::{LoggedRequest, Sandbox, SandboxConfig, Stats};
pub use tokens::{CLIENT_ID, CLIENT_SECRET};
pub use vendors::{SandboxAccount, TruthUser};
