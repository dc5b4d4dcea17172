//! The AuthX server and its commands.

pub mod clock;
pub mod commands;
pub mod config;
pub mod doctor;
pub mod health;
pub mod init;
pub mod keys;
pub mod passwords;
pub mod random;
pub mod serve;
pub mod store;
