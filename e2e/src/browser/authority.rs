//! An authority that only the profiles of a test's browsers trust.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustix::fs::Mode;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Certifies names of AuthX and of push services.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    directory: PathBuf,
}

/// A certificate and its key, as files.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: PathBuf,
    /// The key, for nobody else to read.
    pub key: PathBuf,
}

impl Authority {
    /// A new one, which keeps its files in a directory.
    pub fn make(directory: &Path) -> Self {
        let mut params = named(&[], "AuthX tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let made = Self { issuer: Issuer::new(params, key), directory: directory.to_owned() };
        fs::write(made.certificate(), certificate.pem()).unwrap();
        made
    }

    /// The authority's own certificate.
    pub fn certificate(&self) -> PathBuf {
        self.directory.join("authority.pem")
    }

    /// A certificate for servers with these names or addresses.
    pub fn certify(&self, names: &[&str]) -> Identity {
        let first = names.first().expect("a name");
        let mut params = named(names, first);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().unwrap();
        let certified = params.signed_by(&key, &self.issuer).unwrap();
        let file = |ending: &str| self.directory.join(format!("{first}.{ending}"));
        let identity = Identity { certificate: file("pem"), key: file("key") };
        fs::write(&identity.certificate, certified.pem()).unwrap();
        fs::write(&identity.key, key.serialize_pem()).unwrap();
        rustix::fs::chmod(&identity.key, Mode::from_raw_mode(0o600)).unwrap();
        identity
    }

    /// Puts the authority into an NSS database, as Firefox has in its profile and Chromium in
    /// `.pki/nssdb` of its home.
    pub(super) fn trust(&self, database: &Path) {
        fs::create_dir_all(database).unwrap();
        let database = format!("sql:{}", database.display());
        let certutil = |arguments: &[&str]| {
            let mut command = Command::new("certutil");
            let output = command.args(["-d", &database]).args(arguments).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        certutil(&["-N", "--empty-password"]);
        let certificate = self.certificate();
        certutil(&["-A", "-t", "C,,", "-n", "authx", "-i", certificate.to_str().unwrap()]);
    }
}

fn named(names: &[&str], common: &str) -> CertificateParams {
    let names = names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common);
    (params.not_before, params.not_after) = (date_time_ymd(2025, 1, 1), date_time_ymd(2099, 1, 1));
    params
}
