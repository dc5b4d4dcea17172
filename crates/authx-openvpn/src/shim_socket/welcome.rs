//! The first message of a connection, held against version and key.

use super::VERSION;
use super::connection::{Connection, FromShim, ReceiveError};
use super::frames::{Rejection, ToShim};
use super::instance_key::InstanceKey;
use std::time::Duration;
use thiserror::Error;
use tokio::time::timeout;

/// Waits for the plugin's first message, and tells it when it is not welcome. Nothing else may be
/// taken from a connection before.
///
/// # Errors
/// It is not welcome: close the connection.
pub async fn welcome(connection: &Connection, key: &InstanceKey) -> Result<String, Unwelcome> {
    let first = timeout(PATIENCE, connection.receive()).await.map_err(|_| Unwelcome::Silent)??;
    let Some(FromShim::Hello { version, key: presented, who }) = first else {
        return Err(Unwelcome::NoHello);
    };
    let unwelcome = if version != VERSION {
        Unwelcome::Version { theirs: version, who }
    } else if key.is(&presented) {
        return Ok(who);
    } else {
        Unwelcome::Key
    };
    if let Some(why) = unwelcome.rejection() {
        // It may have gone: then there is nobody to tell.
        let _ = connection.send(&ToShim::Rejected { why, text: unwelcome.to_string() });
    }
    Err(unwelcome)
}

/// Why a connection was not taken.
#[derive(Debug, Error)]
pub enum Unwelcome {
    /// Another key than this agent's.
    #[error(
        "the instance key is not this agent's; restart OpenVPN so that the plugin reads it anew"
    )]
    Key,
    /// Something else came first, or nothing.
    #[error("the connection did not begin with a hello")]
    NoHello,
    /// What came cannot be understood.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// Nothing came for two seconds.
    #[error("no hello came in time")]
    Silent,
    /// Another version than this agent's.
    #[error(
        "the plugin ({who}) speaks version {theirs} of the protocol, the agent {VERSION}; install the same release of both and restart OpenVPN"
    )]
    Version {
        /// What the plugin speaks.
        theirs: u16,
        /// What it calls itself.
        who: String,
    },
}

impl Unwelcome {
    fn rejection(&self) -> Option<Rejection> {
        match self {
            Self::Key => Some(Rejection::Key),
            Self::Version { .. } => Some(Rejection::Version),
            Self::NoHello | Self::Receive(_) | Self::Silent => None,
        }
    }
}

/// A plugin says hello in the moment in which it connects.
const PATIENCE: Duration = Duration::from_secs(2);
