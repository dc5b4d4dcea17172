//! Mail, by SMTP, through a server that takes it from this one (RFC 5321, RFC 6409).

mod address;
mod connection;
mod failure;
mod message;

pub use address::{Address, InvalidAddress, Mailbox};
pub use connection::{Connection, Mailer, Security, Settings, SetupError};
pub use failure::MailError;
pub use message::{Mail, one_line};
