//! What stands before every handler: whose token it is, and whether that may.

use super::{AdminApi, caller::Caller};
use crate::{admin::tokens, api::error::ApiError, serve::ClientAddress};
use authx_core::role::Permission;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::sync::Arc;

/// Lets a request through to its handler, or answers in its place. A cookie counts for nothing
/// here, so no page elsewhere can make a browser do anything.
pub(super) async fn guard(
    State((api, needs)): State<(AdminApi, &'static [Permission])>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = request.extensions().get::<ClientAddress>().and_then(|address| address.0);
    let address = address.map(|address| address.to_string());
    let mut response = match admit(&api, needs, request.headers(), address).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    let unknown = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    if unknown {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    // Answers hold new keys, and what else is nobody's business.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn admit(
    api: &AdminApi,
    needs: &[Permission],
    headers: &HeaderMap,
    address: Option<String>,
) -> Result<Caller, ApiError> {
    let token = bearer(headers).ok_or_else(unknown)?;
    let found = tokens::find(api.app(), token, address).await?;
    let found = found.ok_or_else(unknown)?;
    let scope_missing = needs.iter().find(|scope| !found.scopes.contains(scope));
    if let Some(scope) = scope_missing {
        let detail = format!("this needs a token with the scope {}", scope.word());
        return Err(ApiError::new(StatusCode::FORBIDDEN, "scope_missing", detail));
    }
    if !needs.iter().all(|&deed| found.role.may(deed)) {
        let detail =
            format!("the token's owner is {} now, who may not do this", found.role.title());
        return Err(ApiError::new(StatusCode::FORBIDDEN, "role_may_not", detail));
    }
    Ok(Caller(Arc::new(found)))
}

/// The one token that a request shows (RFC 6750 §2.1); never one in its address, which others log.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    let (one, none) = (shown.next()?, shown.next());
    let (scheme, token) = one.to_str().ok().filter(|_| none.is_none())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Unknown, mistyped, over, revoked, or of somebody who may no more: nobody is told which.
fn unknown() -> ApiError {
    let detail = "this needs a token that counts, as in “Authorization: Bearer axt_…”; make one in \
                  the portal under Settings, API tokens";
    ApiError::new(StatusCode::UNAUTHORIZED, "token", detail)
}
