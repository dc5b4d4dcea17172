//! The AuthX server and its commands.

pub mod admin;
pub mod api;
pub mod app;
pub mod backup;
pub mod chores;
pub mod clock;
pub mod commands;
pub mod config;
mod destination;
pub mod directory;
pub mod doctor;
pub mod enrol;
pub mod health;
pub mod init;
pub mod keys;
pub mod logins;
pub mod passwords;
pub mod phone_site;
pub mod phones;
pub mod push;
pub mod random;
pub mod rings;
pub mod seals;
pub mod senders;
pub mod serve;
pub mod store;
pub mod waiters;
