//! Errors of the phone API: one place that maps meanings to HTTP.

use super::super::error::{ApiError, PROBLEM_JSON};
use crate::{
    clock::ClockProblem,
    logins::{LoginError, phone::PhoneWordError},
    phones::PhoneUnread,
    store::StoreError,
};
use authx_core::{
    Millis,
    webauthn::WebauthnError,
    wire::{
        login::Rfc3339,
        phone::{Outcome, PhoneProblem},
        signature::SignatureError,
    },
};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// An answer to a phone that is not what it asked for.
#[derive(Clone, Debug)]
pub(super) struct PhoneError {
    told: ApiError,
    now: Option<Millis>,
    left: Option<u8>,
    outcome: Option<Outcome>,
}

impl PhoneError {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        ApiError::new(status, code, detail).into()
    }

    /// After a wrong proof: tries that are left.
    pub(super) fn left(self, left: u8) -> Self {
        Self { left: Some(left), ..self }
    }

    /// The phone was removed, or never was: its keys are of no more use.
    pub(super) fn gone() -> Self {
        let detail = "this phone is not enrolled any more; ask for a new invitation";
        Self::new(StatusCode::UNAUTHORIZED, "phone_gone", detail)
    }
}

impl IntoResponse for PhoneError {
    fn into_response(self) -> Response {
        let problem = self.told.problem(None);
        let body = PhoneProblem {
            kind: problem.kind,
            title: problem.title,
            status: problem.status,
            detail: problem.detail,
            code: problem.code,
            now: self.now.map(Rfc3339),
            left: self.left,
            outcome: self.outcome,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, PROBLEM_JSON), (header::CACHE_CONTROL, "no-store")];
        let mut response = (self.told.status, kind, body).into_response();
        if let Some(after) = self.told.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response
    }
}

impl From<ApiError> for PhoneError {
    fn from(told: ApiError) -> Self {
        Self { told, now: None, left: None, outcome: None }
    }
}

impl From<SignatureError> for PhoneError {
    fn from(error: SignatureError) -> Self {
        let now = match &error {
            SignatureError::Clock { now_secs, .. } => Some(Millis(now_secs.saturating_mul(1_000))),
            _ => None,
        };
        Self { now, ..ApiError::from(error).into() }
    }
}

impl From<PhoneUnread> for PhoneError {
    fn from(error: PhoneUnread) -> Self {
        match error {
            PhoneUnread::Store(error) => error.into(),
            PhoneUnread::Damaged(_) | PhoneUnread::Seal(_) => ApiError::fault(&error).into(),
        }
    }
}

impl From<PhoneWordError> for PhoneError {
    fn from(error: PhoneWordError) -> Self {
        let detail = error.to_string();
        match error {
            PhoneWordError::Login(error) => error.into(),
            PhoneWordError::NotOpen { outcome } => {
                Self { outcome, ..Self::new(StatusCode::CONFLICT, "not_open", detail) }
            }
            PhoneWordError::StatementDiffers => {
                Self::new(StatusCode::FORBIDDEN, "statement_differs", detail)
            }
            PhoneWordError::VerificationNeeded => {
                Self::new(StatusCode::FORBIDDEN, "verification_needed", detail)
            }
        }
    }
}

impl From<WebauthnError> for PhoneError {
    fn from(error: WebauthnError) -> Self {
        Self::new(StatusCode::FORBIDDEN, "verification_failed", error.to_string())
    }
}

macro_rules! as_elsewhere {
    ($($error:ty)*) => {$(
        impl From<$error> for PhoneError {
            fn from(error: $error) -> Self {
                ApiError::from(error).into()
            }
        }
    )*};
}

as_elsewhere! { LoginError StoreError serde_json::Error }

impl From<ClockProblem> for PhoneError {
    fn from(error: ClockProblem) -> Self {
        LoginError::from(error).into()
    }
}
