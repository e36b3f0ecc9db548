//! Builds the crate again when a migration was added: they are compiled in.

#![allow(clippy::print_stdout)] // which is how cargo is told

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
