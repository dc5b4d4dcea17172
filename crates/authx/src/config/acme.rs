//! The table `[acme]`: a certificate that the server gets for itself.

use super::{Database, Origin};
use authx_program::config::{Found, Reading, Section};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How the server gets a certificate (RFC 8555).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Acme {
    /// The hosts of both URLs: no other name is ever ordered.
    pub names: Vec<String>,
    /// The authority.
    pub directory: DirectoryUrl,
    /// Where the authority may write to.
    pub contact: Option<AccountContact>,
    /// Authorities that vouch for the ACME server itself, beside the system's; PEM.
    pub ca_file: Option<PathBuf>,
    /// Which of its kinds of certificate the authority is asked for.
    pub profile: Option<String>,
    /// Where account and certificate are kept.
    pub state_directory: PathBuf,
}

/// The address of an ACME server's directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DirectoryUrl(String);

/// A text that is no such address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be the https:// address of an ACME directory, as in {LETS_ENCRYPT}")]
pub struct InvalidDirectoryUrl;

/// An address of mail, written `mailto:it@example.com`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccountContact(String);

/// A text that is no such address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be one address of mail, as in mailto:it@your-company.com")]
pub struct InvalidAccountContact;

/// What the rest of the configuration says that matters here.
pub(super) struct Around<'a> {
    /// What paths are relative to.
    pub(super) directory: &'a Path,
    pub(super) public_url: Option<&'a Origin>,
    pub(super) phone_url: Option<&'a Origin>,
    pub(super) database: Option<&'a Database>,
}

impl Acme {
    pub(super) fn read(
        reading: &mut Reading<'_>,
        mut section: Section<'_>,
        around: &Around<'_>,
    ) -> Option<Self> {
        let directory = section.parsed(reading, "directory");
        let contact = section.parsed(reading, "contact");
        let ca_file = section.text(reading, "ca_file");
        let profile = section.text(reading, "profile");
        let state_directory = section.text(reading, "state_directory");
        if section.flag(reading, "terms_agreed") != Some(true) {
            let message = "must be true: no authority gives a certificate to who does not agree to its terms of service";
            reading.fault(None, "acme.terms_agreed", message.to_owned());
        }
        let in_directory = |found: Found<String>| around.directory.join(found.value);
        let state_directory = match (state_directory, around.database.and_then(beside)) {
            (Some(found), _) => Some(in_directory(found)),
            (None, Some(path)) => Some(path),
            (None, None) => {
                section.demand(reading, "state_directory", None::<()>, "\"/var/lib/authx/acme\"");
                None
            }
        };
        section.finish(reading);
        let names = names(reading, [around.public_url, around.phone_url]);
        Some(Self {
            names: names?,
            directory: directory.unwrap_or_default(),
            contact,
            ca_file: ca_file.map(in_directory),
            profile: profile.map(|found| found.value),
            state_directory: state_directory?,
        })
    }

    /// Says of every key that it has no effect.
    pub(super) fn unused(reading: &mut Reading<'_>, mut section: Section<'_>, mode: &str) {
        let message = format!("is not used with listen.tls = \"{mode}\"");
        for key in ["directory", "contact", "ca_file", "profile", "state_directory"] {
            if let Some(Found { at, .. }) = section.text(reading, key) {
                section.fault(reading, key, at, &message);
            }
        }
        if section.flag(reading, "terms_agreed").is_some() {
            reading.fault(None, "acme.terms_agreed", message);
        }
        section.finish(reading);
    }
}

/// Beside the file of the database, the one place where the server can surely write.
fn beside(database: &Database) -> Option<PathBuf> {
    let Database::Url(url) = database else { return None };
    Some(Path::new(url.strip_prefix("sqlite:")?).with_file_name("acme"))
}

fn names(reading: &mut Reading<'_>, urls: [Option<&Origin>; 2]) -> Option<Vec<String>> {
    let mut names = vec![];
    let mut wrong = false;
    for (key, url) in ["public_url", "phone_url"].into_iter().zip(urls) {
        let Some(url) = url else { continue };
        let why = if !url.is_https() {
            "says http, but listen.tls = \"acme\" serves https only"
        } else if url.is_loopback() || url.host().parse::<std::net::Ipv4Addr>().is_ok() {
            "must have a name that others can reach: no authority vouches for this one"
        } else if url.host().starts_with('[') {
            "must have a name, not an address, with listen.tls = \"acme\""
        } else {
            names.push(url.host().to_owned());
            continue;
        };
        reading.fault(None, key, why.to_owned());
        wrong = true;
    }
    (!wrong).then_some(names)
}

impl DirectoryUrl {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for DirectoryUrl {
    fn default() -> Self {
        Self(LETS_ENCRYPT.to_owned())
    }
}

impl FromStr for DirectoryUrl {
    type Err = InvalidDirectoryUrl;

    /// RFC 8555 §6.1 knows nothing but https.
    fn from_str(text: &str) -> Result<Self, InvalidDirectoryUrl> {
        let url = reqwest::Url::parse(text).map_err(|_| InvalidDirectoryUrl)?;
        let plain = url.username().is_empty() && url.password().is_none();
        let whole = url.scheme() == "https" && url.host_str().is_some() && plain;
        if whole { Ok(Self(text.to_owned())) } else { Err(InvalidDirectoryUrl) }
    }
}

impl fmt::Display for DirectoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AccountContact {
    /// With `mailto:`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountContact {
    type Err = InvalidAccountContact;

    /// One address and nothing else (RFC 8555 §7.3).
    fn from_str(text: &str) -> Result<Self, InvalidAccountContact> {
        let address = text.strip_prefix("mailto:").ok_or(InvalidAccountContact)?;
        let (name, host) = address.rsplit_once('@').ok_or(InvalidAccountContact)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "!#$&'*+-/=^_`{|}~.".contains(c);
        let label = |label: &str| {
            !label.is_empty()
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let whole = !name.is_empty()
            && name.chars().all(plain)
            && host.contains('.')
            && host.split('.').all(label);
        if whole { Ok(Self(text.to_owned())) } else { Err(InvalidAccountContact) }
    }
}

impl fmt::Display for AccountContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
