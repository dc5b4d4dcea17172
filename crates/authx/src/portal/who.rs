//! Who asks: what the guard found out, for handlers.

use super::{Portal, error::PortalError};
use crate::admin::{Actor, sessions::Visit};
use authx_core::{
    TenantId,
    role::{Permission, Role},
};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::sync::Arc;

/// Somebody who is signed in. The guard lets only those through whom the route is for, so a
/// handler of a route with a permission need not ask again; it asks [`may`](Self::may) for what it
/// shows besides.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// The session with its account and tenant.
    pub(crate) visit: Arc<Visit>,
    /// What forms carry.
    pub(crate) csrf: Arc<str>,
}

/// Somebody who may be signed in.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The session, half or whole.
    pub(crate) visit: Option<Arc<Visit>>,
    /// What forms carry.
    pub(crate) csrf: Arc<str>,
}

impl Who {
    /// Who acts, for use cases.
    pub(crate) fn actor(&self) -> Actor {
        self.visit.actor()
    }

    /// Whose company.
    pub(crate) fn tenant(&self) -> TenantId {
        self.visit.tenant
    }

    /// What it is.
    pub(crate) fn role(&self) -> Option<Role> {
        self.visit.role
    }

    /// Whether the matrix lets it do something.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.visit.role.is_some_and(|role| role.may(permission))
    }
}

impl FromRequestParts<Portal> for Visitor {
    type Rejection = PortalError;

    async fn from_request_parts(parts: &mut Parts, _: &Portal) -> Result<Self, PortalError> {
        parts.extensions.get::<Self>().cloned().ok_or(PortalError::Unguarded)
    }
}

impl FromRequestParts<Portal> for Who {
    type Rejection = PortalError;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, PortalError> {
        let Visitor { visit, csrf } = Visitor::from_request_parts(parts, portal).await?;
        Ok(Self { visit: visit.ok_or(PortalError::Unguarded)?, csrf })
    }
}
