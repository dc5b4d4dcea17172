//! Errors on the wire: one place that maps meanings to HTTP.

use crate::{
    directory::DirectoryError, logins::LoginError, passwords::PasswordError, store::StoreError,
};
use authx_core::wire::{problem::Problem, signature::SignatureError};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// An answer that is no login.
#[derive(Clone, Debug)]
pub(in crate::api) struct ApiError {
    pub(in crate::api) status: StatusCode,
    code: &'static str,
    detail: Box<str>,
    field: Option<Box<str>>,
    retry_after_secs: Option<u64>,
    server_time: Option<u64>,
}

impl ApiError {
    pub(in crate::api) fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into().into_boxed_str();
        Self { status, code, detail, field: None, retry_after_secs: None, server_time: None }
    }

    /// Where in the request it is.
    pub(in crate::api) fn at(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into().into_boxed_str()), ..self }
    }

    /// A fault that the operator has to mend; the caller learns only that there is one.
    pub(in crate::api) fn fault(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a request could not be answered");
        let detail = "the server has a fault; its log says which";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", detail)
    }

    pub(in crate::api) fn later(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<String>,
        secs: u64,
    ) -> Self {
        Self { retry_after_secs: Some(secs), ..Self::new(status, code, detail) }
    }

    fn unavailable(
        error: &(dyn std::error::Error + 'static),
        code: &'static str,
        detail: &str,
    ) -> Self {
        tracing::error!(error, "a request could not be answered");
        Self::later(StatusCode::SERVICE_UNAVAILABLE, code, detail, 2)
    }

    /// The body; in a signed answer it names the newest seal.
    pub(in crate::api) fn problem(&self, seal: Option<String>) -> Problem {
        Problem {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.to_string(),
            code: self.code.to_owned(),
            field: self.field.as_deref().map(str::to_owned),
            server_time: self.server_time,
            seal,
        }
    }

    /// Seconds after which a repetition may help, for the `Retry-After` header.
    pub(in crate::api) fn retry_after(&self) -> Option<HeaderValue> {
        self.retry_after_secs.map(HeaderValue::from)
    }
}

/// Unsigned: nobody is known to sign for.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.problem(None)).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, PROBLEM_JSON)];
        let mut response = (self.status, kind, body).into_response();
        if let Some(after) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response
    }
}

impl From<SignatureError> for ApiError {
    fn from(error: SignatureError) -> Self {
        let detail = error.to_string();
        if let SignatureError::Clock { now_secs, .. } = error {
            let told = Self::new(StatusCode::UNAUTHORIZED, "clock", detail);
            return Self { server_time: Some(now_secs), ..told };
        }
        Self::new(StatusCode::UNAUTHORIZED, "signature", detail)
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        let detail = error.to_string();
        match error {
            LoginError::Busy | LoginError::Stale => {
                let detail = LoginError::Busy.to_string();
                Self::later(StatusCode::SERVICE_UNAVAILABLE, "busy", detail, 1)
            }
            LoginError::ChallengeNotOpen => {
                Self::new(StatusCode::CONFLICT, "challenge_not_open", detail)
            }
            LoginError::Clock(_) => Self::unavailable(
                &error,
                "server_clock",
                "the server's clock cannot be trusted; its operator has to set it right",
            ),
            LoginError::Damaged(_) | LoginError::Seal(_) => Self::fault(&error),
            LoginError::Different(_) => {
                Self::new(StatusCode::CONFLICT, "different_request", detail)
            }
            LoginError::Directory(error) => error.into(),
            LoginError::OutOfSequence { .. } => {
                Self::new(StatusCode::CONFLICT, "out_of_sequence", detail)
            }
            LoginError::Password(PasswordError::Busy) => {
                Self::later(StatusCode::SERVICE_UNAVAILABLE, "busy", detail, 2)
            }
            LoginError::Password(PasswordError::Damaged(_) | PasswordError::Failed(_)) => {
                Self::fault(&error)
            }
            LoginError::SlowDown { wait_secs } => {
                Self::later(StatusCode::TOO_MANY_REQUESTS, "slow_down", detail, wait_secs)
            }
            LoginError::Store(error) => error.into(),
            LoginError::Unknown => Self::new(StatusCode::NOT_FOUND, "not_found", detail),
        }
    }
}

impl From<DirectoryError> for ApiError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Store(error) => error.into(),
            DirectoryError::Damaged(_) | DirectoryError::Seal(_) => Self::fault(&error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => LoginError::Busy.into(),
            StoreError::Full => Self::unavailable(
                &error,
                "storage_full",
                "the server's disk is full; nothing was stored; its operator has to make room",
            ),
            StoreError::Unavailable { .. } => Self::unavailable(
                &error,
                "unavailable",
                "the server's database gives no answer; try again with the same id",
            ),
            StoreError::Address { .. }
            | StoreError::Corrupt { .. }
            | StoreError::InUse
            | StoreError::Invalid { .. }
            | StoreError::NewerSchema { .. } => Self::fault(&error),
        }
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_data() {
            // What begins so goes on with the value itself, and that may be a password.
            let mut detail = error.to_string();
            if ["invalid type", "invalid value"].iter().any(|start| detail.starts_with(start)) {
                let (line, column) = (error.line(), error.column());
                detail = format!(
                    "a value is not of the kind that belongs there (line {line}, column {column})"
                );
            }
            return Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail);
        }
        let detail = format!("the body is not JSON: {error}");
        Self::new(StatusCode::BAD_REQUEST, "not_json", detail)
    }
}

/// RFC 9457 §3.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";
