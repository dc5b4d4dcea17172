//! The AuthX server and its commands.

pub mod admin;
pub mod app;
pub mod clock;
pub mod config;
pub mod directory;
pub mod enrol;
pub mod logins;
pub mod passwords;
pub mod random;
pub mod seals;
pub mod serve;
pub mod store;
pub mod waiters;
