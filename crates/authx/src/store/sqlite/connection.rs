//! Opening a database file.

use super::super::{StoreError, schema, schema::Dialect};
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, config::DbConfig,
};
use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

/// What a connection is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Access {
    /// As [`Self::Write`], while nobody else has the file open.
    Alone,
    Read,
    Write,
}

/// How long another process may hold the write lock before we give up.
const BUSY: Duration = Duration::from_secs(5);

/// More than there are statements in the program.
const STATEMENTS: usize = 256;

/// How long the log of changes may grow before it is brought into the file, in pages of 4 KiB. Four
/// times SQLite's own 1,000: pages that many commits change are then written once for more of them.
const CHECKPOINT_PAGES: u32 = 4_000;

/// Opens the file, making it and its tables if they are missing.
pub(super) fn create(path: &Path) -> Result<Connection, StoreError> {
    make(path)?;
    let mut connection = open(path, Access::Write)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// As [`create`]; until the connection is closed, nobody else can open the file.
pub(super) fn create_alone(path: &Path) -> Result<Connection, StoreError> {
    make(path)?;
    let mut connection = open(path, Access::Alone)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Makes an empty file unless there is one.
fn make(path: &Path) -> Result<(), StoreError> {
    // SQLite would make it readable for all; its journal files take over the file's mode.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(StoreError::Full),
        Err(error) => Err(StoreError::unavailable(error)),
    }
}

pub(super) fn open(path: &Path, access: Access) -> Result<Connection, StoreError> {
    let mode = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Alone | Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise a statement whose plan might depend on a value is planned anew for each value,
    // which took most of the time of a read by key.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Otherwise the planner looks at bound values, and prepares a statement again for each new one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if access == Access::Alone {
        exclude_others(&connection)?;
    }
    if access != Access::Read {
        use_write_ahead_log(&connection)?;
        // Savepoints of a group are undone from memory, not from a temporary file.
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -16000; PRAGMA trusted_schema = OFF",
        )?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    }
    Ok(connection)
}

/// With this mode set before the first look at the log, that look takes the file's lock for good
/// (<https://sqlite.org/wal.html#use_of_wal_without_shared_memory>), and every open connection of
/// others, which has looked, holds a part of that lock.
fn exclude_others(connection: &Connection) -> Result<(), StoreError> {
    // A lock that is held as long as a process lives is not worth waiting for.
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update_and_check(None, "locking_mode", "exclusive", |_| Ok(()))?;
    let look = connection.query_row("SELECT COUNT(*) FROM sqlite_master", [], |_| Ok(()));
    let mode = look
        .and_then(|()| connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())));
    match mode {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            Err(StoreError::InUse)
        }
        other => Ok(other?),
    }
}

/// Several processes that open a new file at once can meet in this one statement, where SQLite
/// does not wait on its own (<https://sqlite.org/wal.html#sometimes_queries_return_sqlite_busy>).
fn use_write_ahead_log(connection: &Connection) -> Result<(), StoreError> {
    for last in [false, false, false, false, false, true] {
        let set = connection
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match set {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                let reason = format!("the file system allows only journal mode {mode}, not WAL");
                return Err(StoreError::unavailable(reason));
            }
            Err(error) if !last && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                wait_for_writer(connection);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits, at most [`BUSY`], until whoever writes has finished.
fn wait_for_writer(connection: &Connection) {
    // Whether it worked does not matter: the caller tries again and judges that.
    let _tried = connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK");
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // Most starts find a finished schema, and must not wait for whoever writes.
    let made = connection.table_exists(None, "meta")?;
    if made && schema::steps(found(connection)?.as_deref(), Dialect::Sqlite)?.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(&schema::meta(Dialect::Sqlite))?;
    for step in schema::steps(found(&transaction)?.as_deref(), Dialect::Sqlite)? {
        transaction.execute_batch(&step)?;
    }
    Ok(transaction.commit()?)
}

fn found(connection: &Connection) -> Result<Option<String>, StoreError> {
    Ok(connection.query_row(schema::FOUND, [], |row| row.get(0)).optional()?)
}
