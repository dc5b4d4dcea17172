//! Who calls: what the guard found out, for handlers.

use super::AdminApi;
use crate::{
    admin::{Actor, tokens::Bearer},
    api::error::ApiError,
};
use authx_core::TenantId;
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use std::sync::Arc;

/// A script whose token and role let it call the route: a handler need not ask again.
#[derive(Clone, Debug)]
pub(super) struct Caller(pub(super) Arc<Bearer>);

impl Caller {
    /// Who acts, for use cases.
    pub(super) fn actor(&self) -> Actor {
        self.0.actor()
    }

    /// Whose company.
    pub(super) fn tenant(&self) -> TenantId {
        self.0.tenant
    }
}

impl FromRequestParts<AdminApi> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AdminApi) -> Result<Self, ApiError> {
        // Without one it is a handler that no guard stands before.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            let detail = "the server has a fault; its log says which";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", detail)
        })
    }
}
