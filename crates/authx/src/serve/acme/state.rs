//! What is kept on disk: the account, the certificate with its key, and what came of the orders.

use super::schedule::{Progress, Validity};
use crate::config::Acme;
use crate::serve::tls::{self, TlsError};
use authx_core::Millis;
use aws_lc_rs::digest::{SHA256, digest};
use instant_acme::AccountCredentials;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use zeroize::Zeroizing;

/// A directory that only the server's user can look into.
#[derive(Clone, Debug)]
pub struct State {
    directory: PathBuf,
}

/// Why the directory is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// What is in a file is not what was written there.
    #[error("{} is damaged: remove it, and a new one is made", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Not there, or not ours to read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Not ours to write.
    #[error("{} cannot be written: acme.state_directory must be the server's own", path.display())]
    Unwritable {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// An account at an authority.
#[derive(Deserialize, Serialize)]
pub(super) struct StoredAccount {
    /// The contact that the authority was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) contact: Option<String>,
    pub(super) credentials: AccountCredentials,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Held {
    /// As handshakes take it.
    pub key: Arc<CertifiedKey>,
    /// How long it is good.
    pub validity: Validity,
}

impl State {
    /// What a configuration names; touches nothing.
    pub fn of(acme: &Acme) -> Self {
        Self { directory: acme.state_directory.clone() }
    }

    /// Makes the directory if it is not there, and sees whether files can be written into it.
    pub(super) fn prepare(&self) -> Result<(), StateError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        made.map_err(|source| unwritable(&self.directory, source))?;
        self.write("writable", b"")?;
        let probe = self.path("writable");
        fs::remove_file(&probe).map_err(|source| unwritable(&probe, source))
    }

    /// The file of certificate and key.
    pub fn certificate_file(&self) -> PathBuf {
        self.path(CERTIFICATE)
    }

    /// The certificate in use; none before the first. Blocks.
    ///
    /// # Errors
    ///
    /// Every [`TlsError`] names the file.
    pub fn certificate(&self) -> Result<Option<Held>, TlsError> {
        let file = self.certificate_file();
        if !file.exists() {
            return Ok(None);
        }
        let key = tls::load(&file, &file)?;
        let Some(validity) = key.cert.first().and_then(|leaf| validity(leaf)) else {
            return Err(TlsError::Strange { path: file, wanted: "certificate" });
        };
        Ok(Some(Held { key: Arc::new(key), validity }))
    }

    /// Puts a certificate with its key in the place of the old one, both at once.
    pub(super) fn keep_certificate(&self, chain: &str, key: &str) -> Result<(), StateError> {
        let both = Zeroizing::new(format!("{}\n{chain}", key.trim_end()));
        self.write(CERTIFICATE, both.as_bytes())
    }

    /// What came of the orders so far.
    ///
    /// # Errors
    ///
    /// As [`StateError`] says.
    pub fn progress(&self) -> Result<Progress, StateError> {
        Ok(self.read(PROGRESS)?.unwrap_or_default())
    }

    pub(super) fn keep_progress(&self, progress: &Progress) -> Result<(), StateError> {
        self.write_json(PROGRESS, progress)
    }

    /// The account at an authority; another authority has another one.
    pub(super) fn account(&self, directory: &str) -> Result<Option<StoredAccount>, StateError> {
        self.read(&account_file(directory))
    }

    pub(super) fn keep_account(
        &self,
        directory: &str,
        account: &StoredAccount,
    ) -> Result<(), StateError> {
        self.write_json(&account_file(directory), account)
    }

    /// Another contact for the account at an authority.
    pub(super) fn keep_contact(
        &self,
        directory: &str,
        contact: Option<String>,
    ) -> Result<(), StateError> {
        let Some(account) = self.account(directory)? else { return Ok(()) };
        self.keep_account(directory, &StoredAccount { contact, ..account })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StateError> {
        let path = self.path(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StateError::Unreadable { path, source }),
        };
        serde_json::from_slice(&bytes).map_err(|source| StateError::Damaged { path, source })
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), StateError> {
        let text = serde_json::to_vec_pretty(value).map(Zeroizing::new);
        let damaged = |source| StateError::Damaged { path: self.path(name), source };
        self.write(name, &text.map_err(damaged)?)
    }

    /// A crash leaves the old file or the new one.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        let path = self.path(name);
        replace(&path, &self.path(&format!("{name}.new")), bytes)
            .map_err(|source| unwritable(&path, source))
    }
}

fn replace(path: &Path, beside: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

fn unwritable(path: &Path, source: io::Error) -> StateError {
    StateError::Unwritable { path: path.to_owned(), source }
}

fn account_file(directory: &str) -> String {
    let digest = digest(&SHA256, directory.as_bytes());
    let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
    format!("account-{:016x}.json", u64::from_be_bytes(first))
}

/// From when until when a certificate is good.
pub(in crate::serve) fn validity(leaf: &[u8]) -> Option<Validity> {
    let validity = Certificate::from_der(leaf).ok()?.tbs_certificate.validity;
    let millis = |time: x509_cert::time::Time| {
        u64::try_from(time.to_unix_duration().as_millis()).ok().map(Millis)
    };
    Some(Validity { from: millis(validity.not_before)?, until: millis(validity.not_after)? })
}

impl Held {
    /// What an authority sent, with the key that it was sent for; none if the two do not fit.
    pub(super) fn of(chain: &str, key: &str) -> Option<Self> {
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes());
        let chain = chain.collect::<Result<Vec<_>, _>>().ok()?;
        let validity = validity(chain.first()?)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).ok()?;
        let key = CertifiedKey::from_der(chain, key, &tls::provider()).ok()?;
        Some(Self { key: Arc::new(key), validity })
    }

    /// Whether it is for all of these names.
    pub(super) fn is_for(&self, names: &[String]) -> bool {
        let Some(Ok(leaf)) = self.key.cert.first().map(ParsedCertificate::try_from) else {
            return false;
        };
        names.iter().all(|name| {
            ServerName::try_from(name.as_str())
                .is_ok_and(|name| verify_server_name(&leaf, &name).is_ok())
        })
    }
}

const CERTIFICATE: &str = "certificate.pem";
const PROGRESS: &str = "progress.json";
