//! What operators install on the hosts that an application protects, filled in for it. The files
//! are in this program, so a package is always of the same version as the server.

mod access_server;
mod archive;
mod python;

use authx_core::ApplicationId;
use authx_program::config::Origin;
use serde::Serialize;
use zeroize::Zeroizing;
use zip::result::ZipError;

/// Which server a package is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Server {
    /// OpenVPN Access Server.
    AccessServer,
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
    pub name: &'static str,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Server {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::AccessServer];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::AccessServer => "access-server",
        }
    }

    /// What its makers call it.
    pub fn product(self) -> &'static str {
        match self {
            Self::AccessServer => "OpenVPN Access Server",
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
    }
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Package").field("sha256", &self.sha256).finish_non_exhaustive()
    }
}
