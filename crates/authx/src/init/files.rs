//! Files that are either whole or not there, and never written over.

use super::InitError;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes the directory, for its owner only, unless it is there.
pub(crate) fn make_directory(path: &Path) -> Result<(), InitError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| failed(path, source))
}

/// Writes a new file that only its owner can read. A crash leaves none or all of it; one that
/// exists is an error.
pub(crate) fn make(path: &Path, text: &str) -> Result<(), InitError> {
    write(path, text).map_err(|source| failed(path, source))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let beside = Path::new(&name);
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A link, unlike a rename, never replaces what is there.
    fs::hard_link(beside, path)?;
    fs::remove_file(beside)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

fn failed(path: &Path, source: io::Error) -> InitError {
    InitError::File { path: path.to_owned(), source }
}
