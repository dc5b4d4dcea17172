//! What can go wrong between the program and its database, named by what the caller can do.

use std::{error::Error, sync::Arc};

/// The cause inside an engine; for the log, never for a user.
/// Shared, because one failed commit is the answer to every batch that was in it.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why the store did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database's address in the configuration is not understood.
    #[error("the database address is not understood: {reason}")]
    Address {
        /// What is wrong with it; never repeats a password.
        reason: String,
    },
    /// Someone else wrote first, or the row exists already: load and decide again. Nothing of the
    /// batch is stored.
    #[error("someone else changed it first")]
    Conflict,
    /// A stored value is not what the program wrote there.
    #[error("column {column} of “{sql}” holds {found} where {wanted} is expected")]
    Corrupt {
        /// The statement that read it.
        sql: &'static str,
        /// Its column, counted from 0.
        column: usize,
        /// What is stored.
        found: &'static str,
        /// What should be stored.
        wanted: &'static str,
    },
    /// The disk under the database is full. Nothing of the batch is stored; works again as soon as
    /// there is space.
    #[error("the database's disk is full")]
    Full,
    /// Others have the database open that has to be had alone.
    #[error("the database is in use: stop the server and every other command of AuthX first")]
    InUse,
    /// The statement does not fit the schema or its parameters: a fault in the program, and a
    /// retry does not help. Nothing of the batch is stored.
    #[error("the database does not accept a statement")]
    Invalid {
        /// What the engine said.
        #[source]
        source: Cause,
    },
    /// A newer version of AuthX has written this database.
    #[error(
        "the database has schema {found}, this program knows schemas up to {known}: \
         use the newer AuthX, or restore a backup made by this one"
    )]
    NewerSchema {
        /// The schema's number in the database.
        found: i64,
        /// The highest number this program knows.
        known: i64,
    },
    /// The database gave no answer: it is unknown whether anything was stored, and a retry is
    /// safe.
    #[error("the database is not available")]
    Unavailable {
        /// What the engine or the network said.
        #[source]
        source: Cause,
    },
}

impl StoreError {
    pub(super) fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable { source: source.into().into() }
    }

    pub(super) fn invalid(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Invalid { source: source.into().into() }
    }
}
