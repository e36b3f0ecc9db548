//! Outbound HTTP: pools, the egress override, the guards that keep requests where they belong.
//!
//! A [`Transport`] sends one [`OutboundRequest`] and gives one complete [`OutboundResponse`], within a
//! deadline and a size. It promises:
//!
//! - **Nothing leaves for a host that the request does not allow** ([`HostPolicy`]), and redirects are
//!   followed on the same origin only.
//! - **Private addresses are refused** after name resolution, on the very address that is connected to, so
//!   that a name that resolves differently the second time gains nothing.
//! - **The egress override** sends everything to one address, with the real host as the first path segment
//!   and the rest of the URL untouched, byte for byte.
//! - **Nothing is sent twice** unless nothing of it had been written. Whether to try again is the caller's
//!   choice: [`TransportError::is_retryable`] and [`TransportError::may_have_arrived`] say what there is to
//!   know.
//! - **No secret in an error or a debug print**: messages name hosts, never paths, queries, headers or
//!   bodies.
//!
//! | Module | Answers |
//! |---|---|
//! | `send` | how one request becomes one answer |
//! | `redirect` | where a redirect leads, and whether it may be followed |
//! | `body`, `gzip` | how a body is read and decoded within a size |
//! | `dial`, `resolve` | how a connection is made |
//! | `guard`, `address` | which addresses a connection may go to |
//! | `egress` | where a URL goes under the override |
//! | `error`, `refusal`, `translate` | why there is no answer |

mod address;
mod body;
mod config;
mod dial;
mod egress;
mod error;
mod guard;
mod gzip;
mod hosts;
mod redirect;
mod refusal;
mod request;
mod resolve;
mod send;
mod translate;
mod transport;

pub use crate::address::is_public;
pub use crate::config::TransportConfig;
pub use crate::egress::{EgressError, EgressUrl};
pub use crate::error::TransportError;
pub use crate::hosts::HostPolicy;
pub use crate::refusal::Refusal;
pub use crate::request::{OutboundRequest, OutboundResponse};
pub use crate::resolve::{Resolve, Resolving, SystemResolver};
pub use crate::transport::Transport;
