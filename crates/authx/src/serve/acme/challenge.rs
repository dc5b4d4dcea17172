//! What the authority sees when it comes to look who answers under a name (RFC 8737): a certificate
//! that nobody else is shown.

use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::ClientHello;
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What the authority says that it wants to speak.
pub(in crate::serve) const PROTOCOL: &[u8] = b"acme-tls/1";

/// The open questions, by name.
#[derive(Debug, Default)]
pub(super) struct Challenges(Mutex<HashMap<String, Arc<CertifiedKey>>>);

/// Why a question cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum ChallengeError {
    /// The certificate that answers it.
    #[error("the answer to the authority's question cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// TLS does not take it.
    #[error("the answer to the authority's question cannot be used")]
    Tls(#[from] rustls::Error),
}

impl Challenges {
    /// Answers for a name from now on.
    pub(super) fn open(&self, name: &str, digest: &[u8]) -> Result<(), ChallengeError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let certificate = params.self_signed(&key)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain = vec![certificate.der().clone()];
        // Not `from_der`, which reads the certificate and takes no extension that it does not know.
        let private = super::super::tls::provider().key_provider.load_private_key(private)?;
        let certified = CertifiedKey::new(chain, private);
        self.with(|open| open.insert(name.to_owned(), Arc::new(certified)));
        Ok(())
    }

    /// The questions were answered, or will not be asked.
    pub(super) fn close(&self) {
        self.with(HashMap::clear);
    }

    /// The answer to who asks for nothing else.
    pub(super) fn answer(&self, hello: &ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?;
        self.with(|open| open.get(name).cloned())
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, Arc<CertifiedKey>>) -> T) -> T {
        // No code that runs under the lock can panic half-way, so a poisoned map is still whole.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether somebody speaks the authority's protocol and no other (RFC 8737 §3).
pub(super) fn is_challenge(hello: &ClientHello<'_>) -> bool {
    let mut offered = hello.alpn().into_iter().flatten();
    offered.next() == Some(PROTOCOL) && offered.next().is_none()
}
