//! A file that gets its name when it is whole.

use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::{self, BufWriter, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// Another command writes to the same place.
    #[error("another command is writing to {}", path.display())]
    Busy {
        /// The unfinished file.
        path: PathBuf,
    },
    /// A file of that name is there.
    #[error("{} is there already; choose another name, or say --force", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system does not do it.
    #[error("{} cannot be written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

/// What is written so far is called `….partial`. It goes when the writer fails: on a full disk, it
/// is what fills it. After a crash it stays, and the next writer takes it over.
pub(crate) struct Destination {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
    force: bool,
    named: bool,
}

impl Destination {
    pub(crate) fn new(path: &Path, force: bool, mode: u32) -> Result<Self, DestinationError> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let failed = |source| DestinationError::Io { path: partial.clone(), source };
        if !force && fs::symlink_metadata(path).is_ok() {
            return Err(DestinationError::Exists { path: path.to_owned() });
        }
        let file = open(&partial).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DestinationError::Busy { path: partial }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // Who had the lock before may have given this very file its name meanwhile.
        if !is_at(&file, &partial).map_err(failed)? {
            return Err(DestinationError::Busy { path: partial });
        }
        file.set_permissions(Permissions::from_mode(mode)).map_err(failed)?;
        file.set_len(0).map_err(failed)?;
        let file = BufWriter::new(file);
        Ok(Self { path: path.to_owned(), partial, file, force, named: false })
    }

    /// Gives the file its name, once it is on disk.
    pub(crate) fn keep(mut self) -> Result<(), DestinationError> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        let failed = |path: &Path, source| DestinationError::Io { path: path.to_owned(), source };
        written.map_err(|error| failed(&self.partial, error))?;
        match name(&self.partial, &self.path, self.force) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(DestinationError::Exists { path: self.path.clone() });
            }
            named => named.map_err(|error| failed(&self.path, error))?,
        }
        self.named = true;
        sync_directory(&self.path).map_err(|error| failed(&self.path, error))
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        if !self.named {
            // What made the writer fail is what there is to say.
            let _tried = fs::remove_file(&self.partial);
        }
    }
}

/// Without following a link that somebody else may have put there.
fn open(partial: &Path) -> io::Result<File> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits();
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(i32::try_from(no_follow).unwrap_or(0))
        .open(partial)
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (held, named) = (file.metadata()?, fs::symlink_metadata(path));
    Ok(named.is_ok_and(|named| (named.dev(), named.ino()) == (held.dev(), held.ino())))
}

fn name(partial: &Path, path: &Path, force: bool) -> io::Result<()> {
    if force {
        return fs::rename(partial, path);
    }
    match renameat_with(CWD, partial, CWD, path, RenameFlags::NOREPLACE) {
        // Some file systems (NFS, FUSE) cannot: then the look before the writing must do.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => fs::rename(partial, path),
        renamed => Ok(renamed?),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there_and_never_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("backup");
        let mut first = Destination::new(&path, false, 0o600).unwrap();
        first.write_all(b"half").unwrap();
        first.flush().unwrap();
        let second = Destination::new(&path, false, 0o600);
        assert!(matches!(second, Err(DestinationError::Busy { .. })));
        drop(first);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);

        fs::write(directory.path().join("backup.partial"), "of one that was killed").unwrap();
        let mut next = Destination::new(&path, false, 0o600).unwrap();
        next.write_all(b"new").unwrap();
        next.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new", "what was stopped is not in it");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(
            Destination::new(&path, false, 0o600),
            Err(DestinationError::Exists { .. })
        ));

        let mut forced = Destination::new(&path, true, 0o600).unwrap();
        forced.write_all(b"newer").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new", "until the other is whole");
        forced.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
    }

    #[test]
    fn who_is_faster_keeps_the_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("backup");
        let slow = Destination::new(&path, false, 0o600).unwrap();
        fs::write(&path, "faster").unwrap();
        assert!(matches!(slow.keep(), Err(DestinationError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"faster");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("backup");
        let victim = directory.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, directory.path().join("backup.partial")).unwrap();
        assert!(matches!(Destination::new(&path, true, 0o600), Err(DestinationError::Io { .. })));
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
    }
}
