//! Holds what packages the program (Dockerfile, compose file, systemd unit, Debian package) to what the program is.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod container;
mod debian;
mod program;
mod unit;

use std::path::PathBuf;

/// A file of the repository.
fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
