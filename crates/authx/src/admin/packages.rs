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
use authx_core::{ApplicationId, KeyId, TenantId, name::Name};

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
    #[error(
        "there is no package for an application of type {0}; is one of type \
         openvpn-access-server meant, or that of another --server?"
    )]
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
    let kind = applications::row(app, tenant, application).await?.kind;
    let of_kind =
        (kind == ApplicationKind::OpenvpnAccessServer.word()).then_some(Server::AccessServer);
    let server = server.or(of_kind).ok_or(HandOutError::None(kind))?;
    let key = match key {
        Some(name) => Some(keys::add(app, by, tenant, application, name).await?),
        None => None,
    };
    let text = key.as_ref().map(|key| key.text.as_str());
    let settings = Settings { application, url: &app.public_url, key: text };
    let package = packages::make(server, settings)?;
    Ok(HandedOut { server, package, key: key.map(|key| key.id) })
}
