//! Packages for the hosts that an application protects.

use super::{
    Actor,
    applications::{self, ApplicationError, ApplicationKind},
    keys::{self, KeyError},
};
use crate::{
    app::App,
    packages::{self, Package, PackageError, Server, Settings},
};
use authx_core::{ApplicationId, KeyId, TenantId, application::DomainSuffix, name::Name};

/// Why no package is handed out.
#[derive(Debug, thiserror::Error)]
pub enum HandOutError {
    /// The application is not there.
    #[error(transparent)]
    Application(#[from] ApplicationError),
    /// The key that was to be in it could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is none for the application's type.
    #[error("there is no package for an application of type {0}; is that of a --server meant?")]
    None(String),
    /// It could not be put together.
    #[error(transparent)]
    Package(#[from] PackageError),
}

/// A package for one application.
#[derive(Debug)]
pub struct HandedOut {
    /// What it is for.
    pub server: Server,
    /// What the operator unpacks on the host.
    pub package: Package,
    /// The new key that is in it.
    pub key: Option<KeyId>,
}

/// Makes the package of an application, for what its type says or for another server: with a new
/// key of the name `key` in it, or with none. Only the key is recorded; a package without one says
/// nothing that a list would not say.
///
/// # Errors
///
/// [`HandOutError::Application`], [`HandOutError::None`]; [`HandOutError::Key`] as [`keys::add`] has
/// them; [`HandOutError::Package`], after which the key counts nevertheless.
pub async fn hand_out(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    application: ApplicationId,
    server: Option<Server>,
    key: Option<&Name>,
) -> Result<HandedOut, HandOutError> {
    let row = applications::row(app, tenant, application).await?;
    let domain = applications::settings(&row).map_err(ApplicationError::from)?.domain_suffix;
    let of_kind = ApplicationKind::from_word(&row.kind).and_then(ApplicationKind::server);
    let server = server.or(of_kind).ok_or(HandOutError::None(row.kind))?;
    let made = |key| {
        let (url, shipped) = (&app.public_url, app.packages_directory.as_path());
        let domain_suffix = domain.as_ref().map(DomainSuffix::as_str);
        packages::make(server, Settings { application, url, key, domain_suffix, shipped })
    };
    let Some(name) = key else {
        return Ok(HandedOut { server, package: made(None)?, key: None });
    };
    // Before there is a key that nobody would see.
    if server == Server::Community {
        packages::check_shipped(&app.packages_directory)?;
    }
    let key = keys::add(app, by, tenant, application, name).await?;
    Ok(HandedOut { server, package: made(Some(&key.text))?, key: Some(key.id) })
}
