//! The AuthX server and its commands.

pub mod store;
