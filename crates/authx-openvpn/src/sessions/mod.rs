//! The VPN sessions that were approved, on disk, so that no renegotiation or reconnect within one
//! asks again, whatever was restarted.
//!
//! What lies on disk is sealed: whoever copies it learns no names, and whoever changes it, or moves
//! a record to another place, makes it unreadable. An older copy of the whole file put back is not
//! noticed; whoever can do that can replace the agent, too.

mod file;
#[cfg(test)]
mod tests;

use self::file::{File, Writer};
use crate::cx;
use authx_core::{LoginId, Millis, SessionId, secret_text::InvalidSecretText};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A VPN session that was approved once, as OpenVPN's token names it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
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
    /// The key file holds something else.
    #[error("{path} holds no key; without it all must sign in again: restore it, or delete it")]
    Key {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it.
        source: InvalidSecretText,
    },
}

/// The table. Shared by reference; every method may be called from any thread, and writes a few
/// hundred bytes at most, but for a rare rewriting of the file (0.2 s for 100,000 sessions).
#[derive(Debug)]
pub struct Sessions {
    file: File,
    lost: usize,
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    sessions: HashMap<String, Approved>,
    writer: Writer,
}

impl Sessions {
    /// Opens the table in `state_dir`, or begins one. What cannot be read of it is left out, and
    /// the log says so: those users are asked again.
    ///
    /// # Errors
    ///
    /// - [`SessionsError::Busy`]: another agent has it open.
    /// - [`SessionsError::Key`]: the key file is damaged.
    /// - [`SessionsError::Io`]: the directory or a file in it cannot be used.
    pub fn open(state_dir: &Path) -> Result<Self, SessionsError> {
        let file = File::open(state_dir)?;
        let contents = file.read()?;
        let mut sessions = HashMap::with_capacity(contents.records.len());
        let mut lost = contents.lost;
        for record in &contents.records {
            match serde_json::from_slice::<Approved>(record.expose()) {
                Ok(session) => drop(sessions.insert(session.session_id.clone(), session)),
                Err(_) => lost += 1,
            }
        }
        if lost > 0 {
            tracing::warn!(path = %file.path().display(), lost, "some VPN sessions could not be read; their users sign in again");
        }
        forget(&mut sessions);
        let writer = file.rewrite(&sessions)?;
        Ok(Self { file, lost, table: Mutex::new(Table { sessions, writer }) })
    }

    /// How many records could not be read when it was opened.
    pub fn lost(&self) -> usize {
        self.lost
    }

    /// Keeps a session; an earlier entry of the same id is replaced. It is in the file (if not yet
    /// on the platter) when this returns.
    ///
    /// # Errors
    ///
    /// [`SessionsError::Io`]: it was not kept.
    pub fn approve(&self, session: Approved) -> Result<(), SessionsError> {
        let mut table = self.lock();
        self.append(&mut table, &session)?;
        table.sessions.insert(session.session_id.clone(), session);
        Ok(())
    }

    /// The session with this id, unless its time is over. Look at `ended`.
    pub fn find(&self, session_id: &str) -> Option<Approved> {
        let found = self.lock().sessions.get(session_id).cloned();
        found.filter(|session| cx::now() < session.until)
    }

    /// Marks a session as ended; whether there was one.
    ///
    /// # Errors
    ///
    /// [`SessionsError::Io`]: it is ended for this process, but may come back at its next start.
    pub fn end(&self, session_id: &str) -> Result<bool, SessionsError> {
        let mut table = self.lock();
        let Some(session) = table.sessions.get_mut(session_id) else { return Ok(false) };
        session.ended = true;
        let session = session.clone();
        self.append(&mut table, &session)?;
        Ok(true)
    }

    /// All whose time is not over, in no order.
    pub fn list(&self) -> Vec<Approved> {
        let now = cx::now();
        self.lock().sessions.values().filter(|session| now < session.until).cloned().collect()
    }

    fn append(&self, table: &mut Table, session: &Approved) -> Result<(), SessionsError> {
        if table.writer.records() > SPARE + 2 * table.sessions.len() {
            forget(&mut table.sessions);
            table.writer = self.file.rewrite(&table.sessions)?;
        }
        table.writer.append(&self.file, session)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Nothing under the lock can panic between two changes that belong together.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget(sessions: &mut HashMap<String, Approved>) {
    let now = cx::now();
    sessions.retain(|_, session| now < session.until);
}

/// Records that a file may hold beyond twice the living ones before it is written anew.
const SPARE: usize = 1_000;
