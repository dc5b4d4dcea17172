//! Messages and descriptors from the plugin inside OpenVPN.
//!
//! The plugin ("shim") speaks first and in whole messages over a `SOCK_SEQPACKET` socket. What the
//! bytes mean is in `docs/shim-protocol.md`; known messages lie beside the plugin and are held
//! against both sides.

mod connection;
pub mod files;
mod frames;
mod instance_key;
mod listener;
#[cfg(test)]
mod tests;
mod welcome;

pub use connection::{Connection, FromShim, ReceiveError};
pub use files::{Files, FilesError};
pub use frames::{FrameError, InCall, Rejection, ToShim};
pub use instance_key::InstanceKey;
pub use listener::Listener;
pub use welcome::{Unwelcome, welcome};

/// The version of the protocol that this agent speaks.
pub const VERSION: u16 = 1;

/// The longest message, in bytes, either way.
pub const MAX_MESSAGE: usize = 65_536;
