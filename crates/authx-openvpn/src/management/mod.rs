//! OpenVPN's management interface, as its client: makes a verdict act at once, asks again within a
//! login, cuts a tunnel.
//!
//! All of it is a bonus. Without the socket a verdict takes a few seconds more to act, and a prompt
//! cannot be followed by another one.

mod command;
mod connection;
mod exchange;
mod line;
mod request;
mod status;
#[cfg(test)]
mod tests;

use self::{
    connection::Connection,
    request::{Request, What},
};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};

/// How OpenVPN names one TLS key of one client on its management interface.
///
/// Good for the sign-in they were learnt in, and no longer: at SIGHUP and SIGUSR1 OpenVPN keeps the
/// connection and begins to count anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientIds {
    /// The client instance: counted up from 0 in each OpenVPN process.
    pub cid: u64,
    /// The key within it: 1 at a first login, counted up at renegotiations and at new logins from
    /// the same address and port.
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
pub struct Management {
    requests: mpsc::Sender<Request>,
    connected: Arc<AtomicBool>,
}

impl Management {
    /// Begins to connect to the socket at `path`, and again whenever the connection is lost. What
    /// OpenVPN tells goes to `from_openvpn`; it is dropped when nobody takes it out there.
    ///
    /// Must be called within a tokio runtime.
    pub fn start(path: PathBuf, from_openvpn: mpsc::Sender<Notice>) -> Self {
        let (requests, received) = mpsc::channel(WAITING_MAX);
        let connected = Arc::new(AtomicBool::new(false));
        let connection = Connection {
            path,
            requests: received,
            notices: from_openvpn,
            connected: Arc::clone(&connected),
        };
        drop(tokio::spawn(connection.run()));
        Self { requests, connected }
    }

    /// Whether commands can be sent now.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Makes OpenVPN look at the verdict in the control file now, and where it still cannot (it
    /// looks once a second at most) again in the seconds that follow, until the tunnel stands.
    /// Returns when the first look was ordered.
    ///
    /// # Errors
    ///
    /// See [`ManagementError`]; OpenVPN finds the verdict by itself some seconds later.
    pub async fn wake(
        &self,
        peer: SocketAddr,
        ids: Option<ClientIds>,
    ) -> Result<(), ManagementError> {
        self.request(peer, ids, What::Wake).await
    }

    /// Shows the client a prompt (`extra`, such as `CR_TEXT:R,E:…`) and gives the login `secs`
    /// seconds, which OpenVPN counts from now and its client from the beginning of its connection
    /// (OpenVPN allows max(`reneg-sec`/2, `hand-window`) in all). An empty `extra` only gives time. Of `extra` 246 bytes are shown: no client of 2.6 passes more on.
    ///
    /// # Errors
    ///
    /// See [`ManagementError`]; nothing was shown.
    pub async fn ask(
        &self,
        peer: SocketAddr,
        ids: Option<ClientIds>,
        extra: &str,
        secs: u64,
    ) -> Result<(), ManagementError> {
        self.request(peer, ids, What::Ask { extra: extra.to_owned(), secs }).await
    }

    /// Ends a client's tunnel or login: at once when it listens, else within six seconds. The client
    /// connects anew at once; whoever then still carries its token has to be refused by
    /// [`crate::sessions`].
    ///
    /// # Errors
    ///
    /// See [`ManagementError`]; the tunnel still stands.
    pub async fn kill(
        &self,
        peer: SocketAddr,
        ids: Option<ClientIds>,
    ) -> Result<(), ManagementError> {
        self.request(peer, ids, What::Kill).await
    }

    async fn request(
        &self,
        peer: SocketAddr,
        ids: Option<ClientIds>,
        what: What,
    ) -> Result<(), ManagementError> {
        if !self.is_connected() {
            return Err(ManagementError::NotConnected);
        }
        let (request, answer) = Request::new(peer, ids, what);
        self.requests.try_send(request).map_err(|_| ManagementError::NotConnected)?;
        match timeout(PATIENCE, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(ManagementError::NotConnected),
            Err(_) => Err(ManagementError::Silent),
        }
    }
}

/// Requests that may wait for the connection's task to take them.
const WAITING_MAX: usize = 4_096;
/// More than a table and a command after it may take.
const PATIENCE: Duration = Duration::from_secs(11);
