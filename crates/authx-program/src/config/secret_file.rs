//! Secrets are named in the configuration, never written there.

use super::{Reading, Section};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where a secret is: a file that only its owner can read, or a systemd credential.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SecretFile {
    /// `credential:NAME`: a file of that name in `$CREDENTIALS_DIRECTORY` (systemd.exec(5)).
    Credential(String),
    /// A path, as it stands in the configuration.
    Path(PathBuf),
}

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// systemd gave no credentials.
    #[error(
        "credential:{name} is asked for, but systemd gave no credentials: add LoadCredential={name}:… to the unit"
    )]
    NoCredentials {
        /// The name asked for.
        name: String,
    },
    /// Others can read it.
    #[error(
        "{} can be read by others (mode {mode:04o}): chmod 0600 it, and think about making a new one",
        path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Too much for a secret.
    #[error("{} is no secret's file: it is longer than {MOST_BYTES} bytes or not text", path.display())]
    Strange {
        /// The file.
        path: PathBuf,
    },
    /// It is not there, or not ours to read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl SecretFile {
    /// The secret that a key of the configuration names.
    pub fn demanded(
        reading: &mut Reading<'_>,
        section: &mut Section<'_>,
        key: &'static str,
        directory: &Path,
    ) -> Option<Self> {
        let found = section.text(reading, key);
        let found =
            section.demand(reading, key, found, "\"/etc/authx/…\" or \"credential:NAME\"")?;
        Some(Self::new(&found.value, directory))
    }

    /// As it was written; a relative path is relative to `directory`.
    pub fn new(text: &str, directory: &Path) -> Self {
        match text.strip_prefix("credential:") {
            Some(name) => Self::Credential(name.to_owned()),
            None => Self::Path(directory.join(text)),
        }
    }

    /// The file that holds it.
    ///
    /// # Errors
    ///
    /// [`SecretFileError::NoCredentials`] for a credential outside systemd.
    pub fn path(&self) -> Result<PathBuf, SecretFileError> {
        match self {
            Self::Credential(name) => std::env::var_os("CREDENTIALS_DIRECTORY")
                .map(|directory| Path::new(&directory).join(name))
                .ok_or_else(|| SecretFileError::NoCredentials { name: name.clone() }),
            Self::Path(path) => Ok(path.clone()),
        }
    }

    /// The secret, without white space around it.
    ///
    /// # Errors
    ///
    /// Every [`SecretFileError`] tells the operator what to do.
    pub fn read(&self) -> Result<Zeroizing<String>, SecretFileError> {
        let path = self.path()?;
        let unreadable = |source| SecretFileError::Unreadable { path: path.clone(), source };
        let file = File::open(&path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
        // systemd keeps others out of a credential by its directory; the bits may show its ACL.
        if matches!(self, Self::Path(_)) && mode & 0o077 != 0 {
            return Err(SecretFileError::Open { path, mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(128));
        match file.take(MOST_BYTES + 1).read_to_string(&mut text) {
            Ok(length) if u64::try_from(length).is_ok_and(|length| length <= MOST_BYTES) => {
                Ok(Zeroizing::new(text.trim().to_owned()))
            }
            Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(unreadable(error)),
            Ok(_) | Err(_) => Err(SecretFileError::Strange { path }),
        }
    }
}

impl std::fmt::Display for SecretFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Credential(name) => write!(f, "credential:{name}"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

const MOST_BYTES: u64 = 4_096;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let secret = SecretFile::new("master.key", directory.path());
        assert!(matches!(secret.read(), Err(SecretFileError::Unreadable { .. })));

        let path = directory.path().join("master.key");
        fs::write(&path, "axm_secret\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(secret.read(), Err(SecretFileError::Open { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secret.read().unwrap().as_str(), "axm_secret");

        fs::write(&path, [0xff; 10]).unwrap();
        assert!(matches!(secret.read(), Err(SecretFileError::Strange { .. })));
        fs::write(&path, [b'a'; 5_000]).unwrap();
        assert!(matches!(secret.read(), Err(SecretFileError::Strange { .. })));
    }
}
