//! Certificates: loaded, used, and read again when the files change.

use super::acme;
use crate::config::Tls;
use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a pair of certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The two do not belong together.
    #[error("the key in {} is not that of the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// TLS itself cannot start.
    #[error("TLS cannot start")]
    Setup(#[source] rustls::Error),
    /// Not what it should be.
    #[error("{} holds no {wanted} in PEM", path.display())]
    Strange {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// Not there, or not ours to read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A kind of key or certificate that TLS does not take.
    #[error("the pair in {} cannot be used", certificate.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
}

/// The pair in use. Handshakes take it without a lock; a change reaches the next handshake.
#[derive(Debug)]
pub(super) struct Certificate {
    chain_file: PathBuf,
    key_file: PathBuf,
    current: ArcSwap<CertifiedKey>,
    seen: ArcSwap<[Stamp; 2]>,
}

/// What a look at the files found.
#[derive(Debug)]
pub(super) enum Look {
    /// A changed pair that cannot be used; the old one stays.
    Broken(TlsError),
    /// A new pair is in use.
    Renewed,
    /// Nothing changed.
    Same,
}

impl Certificate {
    /// Loads the pair; none where it does not come from files.
    pub(super) fn load(tls: &Tls) -> Result<Option<Arc<Self>>, TlsError> {
        let Tls::Files { certificate_file, key_file } = tls else { return Ok(None) };
        let seen = [Stamp::of(certificate_file), Stamp::of(key_file)];
        let pair = load(certificate_file, key_file)?;
        Ok(Some(Arc::new(Self {
            chain_file: certificate_file.clone(),
            key_file: key_file.clone(),
            current: ArcSwap::from_pointee(pair),
            seen: ArcSwap::from_pointee(seen),
        })))
    }

    /// From when until when the one in use is good.
    pub(super) fn validity(&self) -> Option<acme::Validity> {
        let pair = self.current.load();
        acme::validity(pair.cert.first()?)
    }

    /// Reads the pair again if a file changed since the last look, or if `anyway`. Blocks.
    pub(super) fn look(&self, anyway: bool) -> Look {
        // Stamped before reading: a change in between is seen by the next look.
        let stamps = [Stamp::of(&self.chain_file), Stamp::of(&self.key_file)];
        if **self.seen.load() == stamps && !anyway {
            return Look::Same;
        }
        self.seen.store(Arc::new(stamps));
        match load(&self.chain_file, &self.key_file) {
            Ok(pair) => {
                self.current.store(Arc::new(pair));
                Look::Renewed
            }
            Err(error) => Look::Broken(error),
        }
    }
}

/// How TLS is spoken: 1.3 and 1.2, HTTP/2 and HTTP/1.1 and what else is named, resumption by tickets
/// whose keys live and die with this process.
pub(super) fn server_config(
    certificates: Arc<dyn ResolvesServerCert>,
    more_protocols: &[&[u8]],
) -> Result<rustls::ServerConfig, TlsError> {
    let mut config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    let http: [&[u8]; 2] = [b"h2", b"http/1.1"];
    config.alpn_protocols = http.iter().chain(more_protocols).map(|name| name.to_vec()).collect();
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(TlsError::Setup)?;
    Ok(config)
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

/// Loads a chain and its key and checks that they belong together.
///
/// # Errors
///
/// Every [`TlsError`] names the file to look at.
pub fn load(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let certificates = |text: &[u8]| CertificateDer::pem_slice_iter(text).collect();
    let chain: Result<Vec<_>, pem::Error> = read(certificate, certificates)?;
    let chain = chain.map_err(|_| strange(certificate, "certificate"))?;
    if chain.is_empty() {
        return Err(strange(certificate, "certificate"));
    }
    let private = read(key, PrivateKeyDer::from_pem_slice)?
        .map_err(|_: pem::Error| strange(key, "private key"))?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|source| {
        let certificate = certificate.to_owned();
        if matches!(source, rustls::Error::InconsistentKeys(_)) {
            return TlsError::Mismatch { certificate, key: key.to_owned() };
        }
        TlsError::Unusable { certificate, source }
    })
}

fn read<T>(path: &Path, parse: impl FnOnce(&[u8]) -> T) -> Result<T, TlsError> {
    let bytes =
        fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })?;
    Ok(parse(&zeroize::Zeroizing::new(bytes)))
}

fn strange(path: &Path, wanted: &'static str) -> TlsError {
    TlsError::Strange { path: path.to_owned(), wanted }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// What differs between two versions of a file, also of one replaced by a link.
#[derive(Debug, Default, Eq, PartialEq)]
struct Stamp {
    inode: u64,
    changed: (i64, i64),
    length: u64,
}

impl Stamp {
    /// All zero for a file that is not there.
    fn of(path: &Path) -> Self {
        fs::metadata(path).map_or_else(
            |_| Self::default(),
            |found| Self {
                inode: found.ino(),
                changed: (found.ctime(), found.ctime_nsec()),
                length: found.len(),
            },
        )
    }
}
