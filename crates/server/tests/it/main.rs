//! The server as a whole, inside one process: all routes over all vendors of the sandbox.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod compressed;
mod console;
mod house;
mod matrix;
mod mcp;
mod overrides;
mod request_log;
mod tokens;
mod vendor_faults;
