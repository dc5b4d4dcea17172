//! SQLite's result codes in the store's words.

use super::super::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

const TAKEN: [i32; 4] = [
    ffi::SQLITE_CONSTRAINT_UNIQUE,
    ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
    ffi::SQLITE_CONSTRAINT_ROWID,
    ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
];

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let Error::SqliteFailure(failure, _) = &error else { return Self::invalid(error) };
        let extended = failure.extended_code;
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the rest are all ways to be unavailable"
        )]
        match failure.code {
            ErrorCode::ConstraintViolation if TAKEN.contains(&extended) => Self::Conflict,
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::ConstraintViolation
            | ErrorCode::Unknown
            | ErrorCode::TooBig
            | ErrorCode::TypeMismatch
            | ErrorCode::ApiMisuse
            | ErrorCode::ParameterOutOfRange => Self::invalid(error),
            _ => Self::unavailable(error),
        }
    }
}
