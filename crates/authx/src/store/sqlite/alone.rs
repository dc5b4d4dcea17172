//! Filling a file that may hold something already, while nobody else has it open.

use super::super::{
    Filling, Occupied, StoreError,
    snapshot::{LEFT_TABLES, Loading, Order, TABLES, loading},
};
use super::{connection, snapshot};
use rusqlite::{Connection, TransactionBehavior};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{sync::mpsc, task::spawn_blocking, time::sleep};

/// How long a command that is about to end may still have the file open.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN: Duration = Duration::from_millis(100);

/// Begins. What is set aside is copied first: the file itself stays, since a file that is exchanged
/// under a process that has it open takes that process's log for its own.
pub(super) async fn fill(path: &Path, occupied: &Occupied) -> Result<Filling, StoreError> {
    let mut waited = Duration::ZERO;
    let connection = loop {
        let path = path.to_owned();
        let opened = spawn_blocking(move || connection::create_alone(&path)).await;
        match opened.map_err(StoreError::unavailable)? {
            Err(StoreError::InUse) if waited < PATIENCE => {
                sleep(BETWEEN).await;
                waited += BETWEEN;
            }
            opened => break opened?,
        }
    };
    let (path, occupied) = (path.to_owned(), occupied.clone());
    let prepared = spawn_blocking(move || {
        make_room(&connection, &path, &occupied).map(|aside| (connection, aside))
    });
    let (connection, aside) = prepared.await.map_err(StoreError::unavailable)??;
    let (loader, loading) = loading();
    spawn_blocking(move || {
        let Loading { mut orders, outcome } = loading;
        let _gone = outcome.send(replace(connection, &mut orders));
    });
    Ok(Filling { loader, aside: aside.map(|path| path.display().to_string()) })
}

fn make_room(
    connection: &Connection,
    path: &Path,
    occupied: &Occupied,
) -> Result<Option<PathBuf>, StoreError> {
    if !snapshot::any(connection)? {
        return Ok(None);
    }
    let Occupied::SetAside(name) = occupied else { return Err(StoreError::Conflict) };
    let aside = beside(path, name);
    copy(connection, &aside)?;
    Ok(Some(aside))
}

/// Copies the database to a new file, which is whole or not there.
fn copy(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    if fs::exists(to).map_err(StoreError::unavailable)? {
        let reason = format!("{} is there already", to.display());
        return Err(StoreError::unavailable(reason));
    }
    let partial = beside(to, "partial");
    let copied = empty(&partial).map_err(failed).and_then(|file| {
        let name =
            partial.to_str().ok_or_else(|| StoreError::unavailable("a path is not UTF-8"))?;
        connection.execute("VACUUM INTO $1", [name])?;
        // SQLite does not wait for the disk here.
        file.sync_all().map_err(failed)?;
        fs::rename(&partial, to).map_err(failed)?;
        to.parent().map_or(Ok(()), |directory| sync(directory).map_err(failed))
    });
    if copied.is_err() {
        // What stopped the copy is what there is to say.
        let _tried = fs::remove_file(&partial);
    }
    copied
}

/// Before the copy of secrets is written, its file is closed to others.
fn empty(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn sync(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    File::open(directory)?.sync_all()
}

/// What was there goes and what comes takes its place in one transaction.
fn replace(
    mut connection: Connection,
    orders: &mut mpsc::Receiver<Order>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in TABLES.iter().rev() {
        transaction.execute(&table.clear(), [])?;
    }
    for table in LEFT_TABLES {
        transaction.execute(&format!("DELETE FROM {table}"), [])?;
    }
    snapshot::take(transaction, orders)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn failed(error: io::Error) -> StoreError {
    if error.kind() == io::ErrorKind::StorageFull {
        StoreError::Full
    } else {
        StoreError::unavailable(error)
    }
}
