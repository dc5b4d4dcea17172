//! SQLSTATE codes (PostgreSQL documentation, appendix A) in the store's words.

use super::super::StoreError;
use tokio_postgres::{Error, error::SqlState};

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        // Without a code nothing came from the server: the connection broke, or a value did not
        // fit its parameter.
        let Some(code) = error.code() else {
            return if error.is_closed() || is_io(&error) {
                Self::unavailable(error)
            } else {
                Self::invalid(error)
            };
        };
        let taken = [SqlState::UNIQUE_VIOLATION, SqlState::FOREIGN_KEY_VIOLATION];
        if taken.contains(code) || is_contended(code) {
            Self::Conflict
        } else if *code == SqlState::DISK_FULL {
            Self::Full
        } else {
            // Classes 22, 23 and 42: data, integrity, syntax and access.
            match code.code().get(..2) {
                Some("22" | "23" | "42") => Self::invalid(error),
                _ => Self::unavailable(error),
            }
        }
    }
}

/// Whether the server gave up because transactions stood in each other's way; nothing is stored.
pub(super) fn is_contended(code: &SqlState) -> bool {
    [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
    ]
    .contains(code)
}

fn is_io(error: &Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}
