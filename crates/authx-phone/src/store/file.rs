//! The file with the keys: locked, checked, replaced in one step.

use super::StoreError;
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    thread,
    time::Duration,
};
use zeroize::Zeroizing;

/// Makes the directory, for its owner alone.
pub(super) fn make(directory: &Path) -> Result<(), StoreError> {
    let made = DirBuilder::new().recursive(true).mode(DIRECTORY).create(directory);
    made.map_err(|source| failed(directory, "made", source))?;
    closed(directory, DIRECTORY)
}

/// Takes the lock, which goes with the file that is given.
pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
    let opened = OpenOptions::new().create(true).append(true).mode(FILE).open(path);
    let file = opened.map_err(|source| failed(path, "written", source))?;
    // Nobody holds it for longer than reading and writing take.
    for _ in 0..TRIES {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) => pause(),
            Err(error) => return Err(failed(path, "locked", error.into())),
        }
    }
    Err(StoreError::Busy(path.to_owned()))
}

/// What the file holds; `None` when there is none.
pub(super) fn read(
    directory: &Path,
    path: &Path,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(path, "read", source)),
    };
    closed(directory, DIRECTORY)?;
    closed(path, FILE)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(65_536));
    let read = file.take(MOST_BYTES).read_to_end(&mut bytes);
    read.map_err(|source| failed(path, "read", source))?;
    Ok(Some(bytes))
}

/// Puts `bytes` in the place of what is there: whoever reads sees the one or the other, also after
/// a power cut.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let beside = path.with_extension("new");
    let write = || -> io::Result<()> {
        // One that was left by a process that was killed may have other permissions.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        let directory = path.parent().unwrap_or(Path::new("/"));
        File::open(directory)?.sync_all()
    };
    write().map_err(|source| failed(path, "written", source))
}

fn closed(path: &Path, wanted: u32) -> Result<(), StoreError> {
    let metadata = fs::metadata(path).map_err(|source| failed(path, "read", source))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & !wanted == 0 {
        return Ok(());
    }
    Err(StoreError::Open { path: path.to_owned(), mode, wanted })
}

fn failed(path: &Path, what: &'static str, source: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), what, source }
}

#[expect(clippy::disallowed_methods, reason = "a command does nothing else meanwhile")]
fn pause() {
    thread::sleep(Duration::from_millis(50));
}

const DIRECTORY: u32 = 0o700;
const FILE: u32 = 0o600;
const MOST_BYTES: u64 = 16 * 1_048_576;
const TRIES: u32 = 200;
