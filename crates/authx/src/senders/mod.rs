//! Ways out of the server, one file or directory each. They know nothing of logins, users and the
//! database: they are told what to send where, and say what became of it.

pub mod mail;
pub mod web_push;
