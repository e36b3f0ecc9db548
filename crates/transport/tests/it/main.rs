//! The transport against raw servers on the loopback address.
#![allow(clippy::unwrap_used)]

mod bodies;
mod connections;
mod guard;
mod redirects;
mod requests;
mod support;
