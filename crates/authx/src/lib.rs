//! The AuthX server and its commands.

pub mod clock;
pub mod config;
pub mod passwords;
pub mod random;
pub mod serve;
pub mod store;
