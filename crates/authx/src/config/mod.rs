//! The configuration file: TOML, read once, every value of a type that can only be right.

mod acme;
mod listen;
mod mail;
mod network;
mod portal;
mod push;
mod template;

pub use crate::senders::web_push::{Contact, InvalidContact};
pub use acme::{AccountContact, Acme, DirectoryUrl, InvalidAccountContact, InvalidDirectoryUrl};
pub use authx_program::config::{
    ConfigError, Fault, InvalidOrigin, Log, LogFormat, Origin, SecretFile, SecretFileError,
};
pub use listen::{Listen, Tls, TrustedProxy};
pub use mail::{Help, Login, Mail, Place};
pub use network::{InvalidNetwork, Network};
pub use portal::{InvalidSignUp, Portal, SignUp};
pub use push::{ProxyAddress, ProxyError, Push};
pub use template::{Template, TlsTemplate};

use authx_program::config::{self, Found, Reading, Section};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Everything that is configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where portal and API are found; signatures cover its authority.
    pub public_url: Origin,
    /// Where the authenticator is found: another host, so that a hole in one cannot use the other.
    pub phone_url: Origin,
    /// Where everything is stored.
    pub database: Database,
    /// Where the packages lie that this server was shipped with.
    pub packages_directory: PathBuf,
    /// Seals the data keys.
    pub master_key_file: SecretFile,
    /// Vouches for the record.
    pub audit_key_file: SecretFile,
    /// How callers reach the server.
    pub listen: Listen,
    /// How people are written to; without it, nobody is.
    pub mail: Option<Mail>,
    /// How messages reach phones whose app is closed.
    pub push: Push,
    /// Who may come into the portal, and for how long.
    pub portal: Portal,
    /// What is logged, and how.
    pub log: Log,
    /// What is demanded of the clock.
    pub clock: ClockRules,
    /// How much one caller may take.
    pub limits: Limits,
}

/// Where everything is stored.
#[derive(Clone, Eq, PartialEq)]
pub enum Database {
    /// A file or credential that holds the address, for one with a password.
    File(SecretFile),
    /// `sqlite:PATH` or `postgres://…`.
    Url(String),
}

/// What is demanded of the clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockRules {
    /// Whether `/health/ready` fails while no time server keeps the clock.
    pub require_synchronised: bool,
}

/// How much one caller may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The longest request body.
    pub body_bytes: usize,
    /// Open connections at a time, over all listeners; more wait to be accepted.
    pub connections: usize,
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Faults`] with everything that is wrong in it, or [`ConfigError::Unreadable`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        config::load(path, "`authx init` writes one", Self::read)
    }

    /// Reads a text whose relative paths are relative to `directory`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in the order of the lines.
    pub fn parse(text: &str, directory: &Path) -> Result<Self, Vec<Fault>> {
        config::parse(text, |reading, root| Self::read(reading, root, directory))
    }

    fn read(reading: &mut Reading<'_>, mut root: Section<'_>, directory: &Path) -> Option<Self> {
        let public_url = root.parsed(reading, "public_url");
        let public_url: Option<Origin> =
            root.demand(reading, "public_url", public_url, "\"https://mfa.example.com\"");
        let phone_url = read_phone_url(reading, &mut root, public_url.as_ref());
        let database = read_database(reading, &mut root, directory);
        let master_key_file =
            SecretFile::demanded(reading, &mut root, "master_key_file", directory);
        let audit_key_file = SecretFile::demanded(reading, &mut root, "audit_key_file", directory);
        let packages = root.text(reading, "packages_directory");
        let packages = packages.map_or_else(|| PACKAGES.to_owned(), |found| found.value);
        let around = acme::Around {
            directory,
            public_url: public_url.as_ref(),
            phone_url: phone_url.as_ref(),
            database: database.as_ref(),
        };
        let listen = Listen::read(reading, &mut root, &around);
        let mail = Mail::read(reading, &mut root, directory);
        let push = Push::read(reading, &mut root, directory);
        let portal = Portal::read(reading, &mut root);
        let log = Log::read(reading, &mut root);
        let mut section = root.section(reading, "clock");
        let require_synchronised = section.flag(reading, "require_synchronised").unwrap_or(true);
        section.finish(reading);
        let limits = Limits::read(reading, &mut root);
        root.finish(reading);
        Some(Self {
            public_url: public_url?,
            phone_url: phone_url?,
            database: database?,
            packages_directory: directory.join(packages),
            master_key_file: master_key_file?,
            audit_key_file: audit_key_file?,
            listen: listen?,
            mail,
            push,
            portal,
            log,
            clock: ClockRules { require_synchronised },
            limits,
        })
    }
}

impl Database {
    /// The address to open, with whatever password it holds.
    ///
    /// # Errors
    ///
    /// As [`SecretFile::read`].
    pub fn url(&self) -> Result<Zeroizing<String>, SecretFileError> {
        match self {
            Self::File(file) => file.read(),
            Self::Url(url) => Ok(Zeroizing::new(url.clone())),
        }
    }

    /// The address without anything that could be a password: of PostgreSQL, what follows the last
    /// `@`, without parameters.
    pub fn shown(&self) -> String {
        match self {
            Self::File(file) => format!("what {file} says"),
            Self::Url(url) if url.starts_with("sqlite:") => url.clone(),
            Self::Url(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", ""));
                let place = rest.rsplit('@').next().and_then(|place| place.split('?').next());
                format!("{scheme}://{}", place.unwrap_or_default())
            }
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.shown())
    }
}

impl Limits {
    fn read(reading: &mut Reading<'_>, root: &mut Section<'_>) -> Self {
        let mut section = root.section(reading, "limits");
        let body = section.number(reading, "body_bytes", 4_096..16_777_217);
        let connections = section.number(reading, "connections", 16..1_000_001);
        section.finish(reading);
        let or = |number: Option<u32>, default| {
            number.and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
        };
        Self { body_bytes: or(body, 65_536), connections: or(connections, 50_000) }
    }
}

fn read_phone_url(
    reading: &mut Reading<'_>,
    root: &mut Section<'_>,
    public_url: Option<&Origin>,
) -> Option<Origin> {
    let found = root.text(reading, "phone_url");
    let found = root.demand(reading, "phone_url", found, "\"https://phone.mfa.example.com\"")?;
    match found.value.parse::<Origin>() {
        Ok(url) if public_url.is_some_and(|public| public.host() == url.host()) => {
            let message = "must have another host than public_url, so that a hole in the portal cannot use the keys of phones";
            root.fault(reading, "phone_url", found.at, &message);
            None
        }
        Ok(url) => Some(url),
        Err(error) => {
            root.fault(reading, "phone_url", found.at, &error);
            None
        }
    }
}

fn read_database(
    reading: &mut Reading<'_>,
    root: &mut Section<'_>,
    directory: &Path,
) -> Option<Database> {
    let found = root.text(reading, "database");
    let Found { value, at } = root.demand(reading, "database", found, "\"sqlite:authx.db\"")?;
    if let Some(path) = value.strip_prefix("file:") {
        return Some(Database::File(SecretFile::new(path, directory)));
    }
    if value.starts_with("credential:") {
        return Some(Database::File(SecretFile::new(&value, directory)));
    }
    if value.starts_with("postgres://") || value.starts_with("postgresql://") {
        return Some(Database::Url(value));
    }
    let Some(path) = value.strip_prefix("sqlite:").filter(|path| !path.is_empty()) else {
        let message = "must be sqlite:PATH or postgres://…, or file:PATH or credential:NAME of what holds such an address";
        root.fault(reading, "database", at, &message);
        return None;
    };
    Some(Database::Url(format!("sqlite:{}", directory.join(path).display())))
}

#[cfg(test)]
mod tests;

/// Where the server's own package puts them.
const PACKAGES: &str = "/usr/share/authx/packages";
