//! The commands, one file each.

pub(crate) mod accounts;
pub(crate) mod apps;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod completions;
pub(crate) mod connectors;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod envs;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod listen;
pub(crate) mod logs;
pub(crate) mod man;
pub(crate) mod mcp;
pub(crate) mod overrides;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod stop;
pub(crate) mod token;
pub(crate) mod users;
pub(crate) mod webhooks;
