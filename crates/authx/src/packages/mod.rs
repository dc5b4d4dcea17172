//! What operators install on the hosts that an application protects, filled in for it. The files
//! are in this program or were shipped with it, so a package is of the same version as the server.

mod access_server;
mod archive;
mod community;
mod python;
mod shipped;

use authx_core::ApplicationId;
use authx_program::config::Origin;
use serde::Serialize;
use std::{io, path::Path};
use zeroize::Zeroizing;
use zip::result::ZipError;

/// Which server a package is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Server {
    /// OpenVPN Access Server.
    AccessServer,
    /// OpenVPN Community, with the agent beside it.
    Community,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// No archive can be made of the files.
    #[error("the files cannot be packed")]
    Archive(#[from] ZipError),
    /// The settings of the package have no place for one, or several.
    #[error("this program is damaged: {0} does not stand exactly once in the package's settings")]
    Damaged(&'static str),
    /// The server was not shipped with what goes into the package.
    #[error(
        "this server was not shipped with a package of authx-openvpn: there is none in {0}. AuthX's \
         own Debian package brings it; without that, copy authx-openvpn_*.deb there, or name another \
         place with `packages_directory` in the server's configuration"
    )]
    NotShipped(String),
    /// What it was shipped with cannot be read.
    #[error("what this server was shipped with cannot be read: {0}")]
    Unreadable(String, #[source] io::Error),
}

/// What a package is filled in with.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Which application.
    pub application: ApplicationId,
    /// Where its host finds AuthX.
    pub url: &'a Origin,
    /// The text of an Application Key, if the package is to hold one.
    pub key: Option<&'a str>,
    /// What is put behind user names on the host, if anything is.
    pub domain_suffix: Option<&'a str>,
    /// Where the packages are that the server was shipped with.
    pub shipped: &'a Path,
}

/// A ZIP to hand out.
pub struct Package {
    /// The ZIP; a secret where a key is in it.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// The folder that holds all its files.
    pub folder: &'static str,
    /// The files in that folder.
    pub files: Vec<Packed>,
}

/// A file of a package.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Packed {
    /// What it is called in its folder.
    pub name: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Server {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::AccessServer, Self::Community];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::AccessServer => "access-server",
            Self::Community => "community",
        }
    }

    /// What its makers call it.
    pub fn product(self) -> &'static str {
        match self {
            Self::AccessServer => "OpenVPN Access Server",
            Self::Community => "OpenVPN Community",
        }
    }

    /// What is to be run on the host, in the package's folder.
    pub fn install_command(self) -> &'static str {
        match self {
            Self::AccessServer => "sudo python3 install.py",
            Self::Community => "sudo sh install.sh --server-conf /etc/openvpn/server/server.conf",
        }
    }
}

/// Makes a package. The same settings give the same bytes.
///
/// # Errors
///
/// [`PackageError`]; none is the operator's fault.
pub fn make(server: Server, settings: Settings<'_>) -> Result<Package, PackageError> {
    match server {
        Server::AccessServer => access_server::make(settings),
        Server::Community => community::make(settings),
    }
}

/// Fails where a package for OpenVPN Community cannot be made, before anything else is done.
///
/// # Errors
///
/// [`PackageError::NotShipped`], [`PackageError::Unreadable`].
pub fn check_shipped(directory: &Path) -> Result<(), PackageError> {
    shipped::names(directory).map(|_| ())
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Package").field("sha256", &self.sha256).finish_non_exhaustive()
    }
}

/// Small letters, digits and hyphens, as shells like them.
pub(crate) fn file_name(application: &str) -> String {
    let plain = application.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let plain = plain.collect::<String>().to_ascii_lowercase();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(60).collect();
    if name.is_empty() { "authx".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn files_have_names_that_shells_like() {
        for (name, file) in [
            ("Berlin VPN", "berlin-vpn"),
            ("  <b>x</b> $(id) ", "b-x-b-id"),
            ("Straße", "stra-e"),
            ("مكتب", "authx"),
            ("../../etc/passwd", "etc-passwd"),
        ] {
            assert_eq!(file_name(name), file);
        }
        assert!(file_name(&"x".repeat(200)).len() <= 60);
    }
}
