//! Accounts on this machine: a directory that only its owner can enter.
//!
//! `phone.json` holds every account with its private keys and the secret of its codes. It is read
//! and replaced as a whole, under a lock that processes share, so that two commands at once lose
//! nothing.

mod account;
mod file;

pub use account::{KeptAccount, Selection};

use authx_core::PhoneId;
use authx_program::output::quoted;
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};

/// The directory.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
}

/// Why the accounts cannot be had or changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The same account twice.
    #[error("this account is here already")]
    AlreadyThere,
    /// Another command holds the lock for too long.
    #[error(
        "another authx-phone changes the accounts in {} and does not end: end it, then repeat this",
        .0.display()
    )]
    Busy(PathBuf),
    /// Not of a form that this version reads.
    #[error("{} is damaged: take it from a backup, or remove it and enrol anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// No such account.
    #[error("no account here is called {0}: see `authx-phone list`")]
    NoSuchAccount(String),
    /// Nothing to choose from.
    #[error("there is no account here; enrol with `authx-phone enrol LINK`")]
    NoAccounts,
    /// The directory or file cannot be read or written.
    #[error("{} cannot be {what}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Read, written or made.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// Others can read the keys.
    #[error("{} is open to others (mode {mode:04o}): chmod {wanted:04o} {}, and enrol anew if anybody may have read it", path.display(), quoted(&path.display().to_string()))]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they should be.
        wanted: u32,
    },
    /// More than one account fits.
    #[error("{0} may be several accounts; say which by its id: {1}")]
    Several(String, String),
    /// Written by a newer program.
    #[error("{} is of version {found}, newer than this authx-phone reads ({VERSION}): update it", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
}

/// The file.
#[derive(Debug, Deserialize, Serialize)]
struct Contents {
    version: u64,
    accounts: Vec<KeptAccount>,
}

impl Store {
    /// The accounts in a directory, which is made by the first change.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// All accounts, in the order of their enrolment.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`] of reading.
    pub fn accounts(&self) -> Result<Vec<KeptAccount>, StoreError> {
        let path = self.file();
        let Some(bytes) = file::read(&self.directory, &path)? else { return Ok(vec![]) };
        let damaged = || StoreError::Damaged { path: path.clone() };
        // What serde says may repeat a part of a key.
        let version: Version = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        if version.version > VERSION {
            return Err(StoreError::TooNew { path, found: version.version });
        }
        let contents: Contents = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        Ok(contents.accounts)
    }

    /// Adds an account.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyThere`], and those of reading and writing.
    pub fn add(&self, account: KeptAccount) -> Result<(), StoreError> {
        self.change(|accounts| {
            if accounts.iter().any(|known| known.phone == account.phone) {
                return Err(StoreError::AlreadyThere);
            }
            accounts.push(account);
            Ok(())
        })
    }

    /// Changes an account; one that is gone stays so.
    ///
    /// # Errors
    ///
    /// Those of reading and writing.
    pub fn update(
        &self,
        phone: PhoneId,
        change: impl FnOnce(&mut KeptAccount),
    ) -> Result<(), StoreError> {
        self.change(|accounts| {
            accounts.iter_mut().find(|account| account.phone == phone).map(change);
            Ok(())
        })
    }

    /// Forgets an account with its keys.
    ///
    /// # Errors
    ///
    /// Those of reading and writing.
    pub fn forget(&self, phone: PhoneId) -> Result<(), StoreError> {
        self.change(|accounts| {
            accounts.retain(|account| account.phone != phone);
            Ok(())
        })
    }

    fn change(
        &self,
        change: impl FnOnce(&mut Vec<KeptAccount>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        file::make(&self.directory)?;
        let _lock = file::lock(&self.directory.join("lock"))?;
        let mut accounts = self.accounts()?;
        change(&mut accounts)?;
        let path = self.file();
        let contents = Contents { version: VERSION, accounts };
        let bytes = serde_json::to_vec_pretty(&contents);
        let bytes = bytes.map(zeroize::Zeroizing::new).map_err(|source| StoreError::Io {
            path: path.clone(),
            what: "written",
            source: source.into(),
        })?;
        file::replace(&path, &bytes)
    }

    fn file(&self) -> PathBuf {
        self.directory.join("phone.json")
    }
}

/// As much of the file as every version has.
#[derive(Deserialize)]
struct Version {
    version: u64,
}

const VERSION: u64 = 1;

#[cfg(test)]
mod tests;
