//! Server.

pub mod passwords;
