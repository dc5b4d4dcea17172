//! Words that end up in names of files and variables of others.

use std::str::FromStr;

/// Which field of a certificate's subject holds the user's name, as OpenVPN calls it: `CN`,
/// `emailAddress`, `UID`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateField(String);

/// The name of a file in `/etc/pam.d`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PamService(String);

/// Why a text is not such a word.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidWord {
    /// Not a field's name.
    #[error("must be the name of a field, such as “CN” or “emailAddress”: letters and digits")]
    CertificateField,
    /// Not a service's name.
    #[error("must be the name of a file in /etc/pam.d: letters, digits, “-”, “_” and “.”")]
    PamService,
}

impl CertificateField {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PamService {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CertificateField {
    fn default() -> Self {
        Self("CN".to_owned())
    }
}

impl Default for PamService {
    fn default() -> Self {
        Self("openvpn".to_owned())
    }
}

impl FromStr for CertificateField {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        let good =
            (1..=64).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric());
        if good { Ok(Self(text.to_owned())) } else { Err(InvalidWord::CertificateField) }
    }
}

impl FromStr for PamService {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        let known = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        let good =
            (1..=64).contains(&text.len()) && text.bytes().all(known) && !text.starts_with('.');
        if good { Ok(Self(text.to_owned())) } else { Err(InvalidWord::PamService) }
    }
}
