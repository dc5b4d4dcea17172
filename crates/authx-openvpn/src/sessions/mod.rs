//! The VPN sessions that were approved, on disk, so that no renegotiation or reconnect within one
//! asks again, whatever was restarted.

use authx_core::{LoginId, Millis, SessionId};
use std::{
    io,
    path::{Path, PathBuf},
};

/// A VPN session that was approved once, as OpenVPN's token names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Approved {
    /// OpenVPN's name for it, from `session_id`.
    pub session_id: String,
    /// Who signed in, as typed.
    pub user: String,
    /// The login at AuthX that approved it.
    pub login: LoginId,
    /// What AuthX remembers of it, where the policy lets it: stands for the second factor when a
    /// client without a token proves its first one again.
    pub session: Option<SessionId>,
    /// When.
    pub since: Millis,
    /// When it is forgotten.
    pub until: Millis,
    /// Whether it was ended before its time, and must be refused.
    pub ended: bool,
}

/// Why the table of sessions cannot be used, or not be written.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// Another process holds the lock.
    #[error("{path} is locked: another agent uses this state_dir; give each its own")]
    Busy {
        /// The lock file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot {doing} {path}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The table. Shared by reference; every method may be called from any thread.
#[derive(Debug)]
pub struct Sessions {}

impl Sessions {
    /// Opens the table in `state_dir`, or begins one.
    ///
    /// # Errors
    ///
    /// See [`SessionsError`].
    pub fn open(_state_dir: &Path) -> Result<Self, SessionsError> {
        Ok(Self {})
    }

    /// Keeps a session; an earlier entry of the same id is replaced. It is on disk (if not yet on
    /// the platter) when this returns.
    ///
    /// # Errors
    ///
    /// [`SessionsError::Io`]: it was not kept.
    pub fn approve(&self, _session: Approved) -> Result<(), SessionsError> {
        Ok(())
    }

    /// The session with this id, unless its time is over. Look at `ended`.
    pub fn find(&self, _session_id: &str) -> Option<Approved> {
        None
    }

    /// Marks a session as ended; whether there was one.
    ///
    /// # Errors
    ///
    /// [`SessionsError::Io`]: it is ended for this process, but may come back at its next start.
    pub fn end(&self, _session_id: &str) -> Result<bool, SessionsError> {
        Ok(false)
    }

    /// All whose time is not over, in no order.
    pub fn list(&self) -> Vec<Approved> {
        Vec::new()
    }
}
