//! Which authenticators are too old.

use super::error::PhoneApiError;
use authx_core::wire::signature::AUTHX_CLIENT;
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

/// Older authenticators than this are told to update. Rises only when the protocol can no longer be
/// kept open for them.
pub(super) const OLDEST_CLIENT: &str = "0.1.0";

/// Lets a request through whose `AuthX-Client` says `NAME/VERSION` of a version that is served.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let named = request.headers().get(AUTHX_CLIENT).map(HeaderValue::to_str);
    let version = match named {
        Some(Ok(named)) => named.rsplit_once('/').and_then(|(_, version)| numbers(version)),
        Some(Err(_)) | None => None,
    };
    let Some(version) = version else {
        let detail = "the header AuthX-Client has to say NAME/VERSION, as in authx-phone/0.1.0";
        return PhoneApiError::new(StatusCode::BAD_REQUEST, "client_unknown", detail)
            .into_response();
    };
    if numbers(OLDEST_CLIENT).is_some_and(|oldest| version < oldest) {
        let detail = format!("this authenticator is older than {OLDEST_CLIENT}: update it");
        return PhoneApiError::new(StatusCode::UPGRADE_REQUIRED, "client_too_old", detail)
            .into_response();
    }
    next.run(request).await
}

/// `1.2.3`, with whatever stands behind a `-` or `+`.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let plain = version.split(['-', '+']).next()?;
    let mut parts = plain.split('.').map(|part| part.parse().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("0.10.0") > numbers("0.9.12"));
        assert_eq!(numbers("1.2.3-beta+5"), Some([1, 2, 3]));
        for wrong in ["", "1", "1.2", "1.2.x", "1.2.3.4", "v1.2.3"] {
            assert_eq!(numbers(wrong), None, "{wrong}");
        }
    }
}
