//! Errors of use cases on the wire.

use crate::{
    admin::{Meaning, Told},
    api::error::ApiError,
};
use axum::http::StatusCode;

impl<E: Told + 'static> From<E> for ApiError {
    fn from(error: E) -> Self {
        let detail = error.to_string();
        match error.told() {
            Meaning::Fault => Self::fault(&error),
            Meaning::Forbidden(code) => Self::new(StatusCode::FORBIDDEN, code, detail),
            Meaning::Later(code) => {
                tracing::warn!(%error, code, "a script has to try again");
                Self::later(StatusCode::SERVICE_UNAVAILABLE, code, detail, RETRY_SECS)
            }
            Meaning::Missing => missing(),
            Meaning::Refused(code) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail),
            Meaning::Slower(code, secs) => {
                Self::later(StatusCode::TOO_MANY_REQUESTS, code, detail, secs)
            }
            Meaning::Taken(code) => Self::new(StatusCode::CONFLICT, code, detail),
        }
    }
}

/// Not there, another company's, or no id at all: the same bytes.
pub(super) fn missing() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
}

/// A value that cannot be meant.
pub(super) fn invalid(field: impl Into<String>, detail: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail).at(field)
}

const RETRY_SECS: u64 = 2;
