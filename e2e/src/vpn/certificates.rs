//! An authority of a world's own.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Certifies servers and clients, on ECDSA P-256.
#[derive(Debug)]
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    directory: PathBuf,
}

/// For whom a certificate is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    Client,
    Server,
}

impl Authority {
    pub(super) fn make(directory: &Path) -> Self {
        let mut params = named("authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let made = Self { issuer: Issuer::new(params, key), directory: directory.to_owned() };
        fs::write(made.certificate(), certificate.pem()).unwrap();
        made
    }

    /// The authority's own certificate.
    pub(super) fn certificate(&self) -> PathBuf {
        self.directory.join("ca.crt")
    }

    /// The lines of a configuration that name a new certificate and its key, inline.
    pub(super) fn certify(&self, name: &str, purpose: Purpose) -> String {
        let mut params = named(name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match purpose {
            Purpose::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Purpose::Server => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        format!("<cert>\n{certificate}</cert>\n<key>\n{}</key>\n", key.serialize_pem())
    }
}

fn named(name: &str) -> CertificateParams {
    // OpenVPN looks at the common name, other TLS at this.
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
