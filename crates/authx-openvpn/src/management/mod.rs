//! OpenVPN's management interface, as its client: makes a verdict act at once, asks again within a
//! login, cuts a tunnel.
//!
//! All of it is a bonus. Without the socket a verdict takes a few seconds more to act, and a prompt
//! cannot be followed by another one.

use std::{net::SocketAddr, path::PathBuf};
use tokio::sync::mpsc;

/// How OpenVPN names one TLS key of one client on its management interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientIds {
    /// The client instance: counted up from 0 in each OpenVPN process.
    pub cid: u64,
    /// The key within it: counted up from 0; 1 at a first login.
    pub kid: u64,
}

/// What OpenVPN tells on its own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Notice {
    /// The management interface is there.
    Connected,
    /// The management interface is gone.
    Lost,
    /// A client answered a prompt. The answer itself comes by the plugin; this teaches the ids.
    Response {
        /// Of the client and key that answered.
        ids: ClientIds,
        /// Where the client is.
        peer: Option<SocketAddr>,
    },
}

/// Why a command had no effect.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ManagementError {
    /// Several clients may be meant.
    #[error("several clients of OpenVPN share this address")]
    Ambiguous,
    /// No connection at the moment, or it broke before the answer came.
    #[error("no connection to OpenVPN's management interface")]
    NotConnected,
    /// OpenVPN said no.
    #[error("OpenVPN refused the command: {0}")]
    Refused(String),
    /// OpenVPN did not answer in time.
    #[error("OpenVPN's management interface did not answer in time")]
    Silent,
    /// OpenVPN does not know the client (any more).
    #[error("OpenVPN knows no such client")]
    UnknownClient,
}

/// A management interface, connected to in the background for as long as this or a clone lives.
#[derive(Clone, Debug)]
pub struct Management {}

impl Management {
    /// Begins to connect to the socket at `path`. What OpenVPN tells goes to `from_openvpn`.
    pub fn start(_path: PathBuf, _from_openvpn: mpsc::Sender<Notice>) -> Self {
        Self {}
    }

    /// Whether commands can be sent now.
    pub fn is_connected(&self) -> bool {
        false
    }

    /// Makes OpenVPN look at the verdict in the control file now.
    ///
    /// # Errors
    ///
    /// See [`ManagementError`]; OpenVPN finds the verdict by itself some seconds later.
    pub async fn wake(
        &self,
        _peer: SocketAddr,
        _ids: Option<ClientIds>,
    ) -> Result<(), ManagementError> {
        Err(ManagementError::NotConnected)
    }

    /// Shows the client a prompt (`extra`, such as `CR_TEXT:R,E:…`) and gives the login `secs` more
    /// seconds from now. An empty `extra` only gives time.
    ///
    /// # Errors
    ///
    /// See [`ManagementError`]; nothing was shown.
    pub async fn ask(
        &self,
        _peer: SocketAddr,
        _ids: Option<ClientIds>,
        _extra: &str,
        _secs: u64,
    ) -> Result<(), ManagementError> {
        Err(ManagementError::NotConnected)
    }

    /// Ends a client's tunnel or login.
    ///
    /// # Errors
    ///
    /// See [`ManagementError`]; the tunnel still stands.
    pub async fn kill(
        &self,
        _peer: SocketAddr,
        _ids: Option<ClientIds>,
    ) -> Result<(), ManagementError> {
        Err(ManagementError::NotConnected)
    }
}
