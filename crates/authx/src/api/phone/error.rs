//! Errors of the phone API: one place that maps meanings to HTTP.

use super::super::error::{ApiError, PROBLEM_JSON};
use crate::{
    admin::{AdminError, bypass::PhoneCheckError},
    enrol::phones::PhoneError,
    logins::{LoginError, phone::PhoneWordError},
    passwords::PasswordError,
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
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};

/// An answer that is none.
#[derive(Clone, Debug)]
pub(super) struct PhoneApiError {
    told: ApiError,
    now: Option<Rfc3339>,
    left: Option<u8>,
    outcome: Option<Outcome>,
}

impl PhoneApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        ApiError::new(status, code, detail).into()
    }

    /// A phone that is not there (any more).
    pub(super) fn gone() -> Self {
        let detail = "this phone was removed from the account, or never was part of one";
        Self::new(StatusCode::UNAUTHORIZED, "phone_gone", detail)
    }

    /// The signature's own key may not do this.
    pub(super) fn answer_key_needed() -> Self {
        let detail = "this has to be signed with the answer key";
        Self::new(StatusCode::UNAUTHORIZED, "answer_key_needed", detail)
    }

    /// Says what became of a request.
    pub(super) fn with_outcome(self, outcome: Option<Outcome>) -> Self {
        Self { outcome, ..self }
    }

    /// Too much from one network.
    pub(super) fn slow_down(wait_secs: u64) -> Self {
        let detail = format!("too much at once from this network; wait {wait_secs} s");
        ApiError::later(StatusCode::TOO_MANY_REQUESTS, "slow_down", detail, wait_secs).into()
    }
}

impl From<ApiError> for PhoneApiError {
    fn from(told: ApiError) -> Self {
        Self { told, now: None, left: None, outcome: None }
    }
}

impl IntoResponse for PhoneApiError {
    fn into_response(self) -> Response {
        let problem = self.told.problem(None);
        let body = PhoneProblem {
            kind: problem.kind,
            title: problem.title,
            status: problem.status,
            detail: problem.detail,
            code: problem.code,
            now: self.now,
            left: self.left,
            outcome: self.outcome,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let kind: [(HeaderName, &str); 2] =
            [(header::CONTENT_TYPE, PROBLEM_JSON), (header::CACHE_CONTROL, "no-store")];
        let mut response = (self.told.status, kind, body).into_response();
        if let Some(after) = self.told.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response
    }
}

impl From<SignatureError> for PhoneApiError {
    fn from(error: SignatureError) -> Self {
        let told = Self::from(ApiError::from(error));
        if let SignatureError::Clock { now_secs, .. } = error {
            let now = Rfc3339(Millis(now_secs.saturating_mul(1_000)));
            return Self { now: Some(now), ..told };
        }
        told
    }
}

impl From<serde_json::Error> for PhoneApiError {
    fn from(error: serde_json::Error) -> Self {
        ApiError::from(error).into()
    }
}

impl From<PhoneUnread> for PhoneApiError {
    fn from(error: PhoneUnread) -> Self {
        PhoneError::from(error).into()
    }
}

impl From<PhoneWordError> for PhoneApiError {
    fn from(error: PhoneWordError) -> Self {
        let detail = error.to_string();
        match error {
            PhoneWordError::Login(error) => error.into(),
            PhoneWordError::NotOpen { outcome } => {
                Self::new(StatusCode::CONFLICT, "not_open", detail).with_outcome(outcome)
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

impl From<PhoneCheckError> for PhoneApiError {
    fn from(error: PhoneCheckError) -> Self {
        let detail = error.to_string();
        match error {
            PhoneCheckError::NotOpen => Self::new(StatusCode::CONFLICT, "not_open", detail),
            PhoneCheckError::Phone(error) => error.into(),
            PhoneCheckError::VerificationNeeded => {
                Self::new(StatusCode::FORBIDDEN, "verification_needed", detail)
            }
        }
    }
}

impl From<LoginError> for PhoneApiError {
    fn from(error: LoginError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<StoreError> for PhoneApiError {
    fn from(error: StoreError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<WebauthnError> for PhoneApiError {
    fn from(error: WebauthnError) -> Self {
        Self::new(StatusCode::FORBIDDEN, "verification_failed", error.to_string())
    }
}

impl From<AdminError> for PhoneApiError {
    fn from(error: AdminError) -> Self {
        PhoneError::from(error).into()
    }
}

impl From<PhoneError> for PhoneApiError {
    fn from(error: PhoneError) -> Self {
        let detail = error.to_string();
        let told = |status, code| Self::new(status, code, detail.clone());
        match error {
            PhoneError::AccountDisabled => told(StatusCode::FORBIDDEN, "account_disabled"),
            PhoneError::Admin(error) => broken(error).into(),
            PhoneError::ClassNotAllowed(_) => told(StatusCode::FORBIDDEN, "class_not_allowed"),
            PhoneError::Credential(_) => told(StatusCode::UNPROCESSABLE_ENTITY, "credential"),
            PhoneError::Endpoint(_) => told(StatusCode::UNPROCESSABLE_ENTITY, "endpoint"),
            PhoneError::Gone => Self::gone(),
            PhoneError::InvalidKeys => told(StatusCode::UNPROCESSABLE_ENTITY, "invalid_keys"),
            PhoneError::NotOpen => told(StatusCode::NOT_FOUND, "not_open"),
            PhoneError::Pending => told(StatusCode::CONFLICT, "pending"),
            PhoneError::ProofDiffers => told(StatusCode::UNPROCESSABLE_ENTITY, "proof_differs"),
            PhoneError::SlowDown { wait_secs } => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                ApiError::later(status, "slow_down", detail, wait_secs).into()
            }
            PhoneError::Taken => told(StatusCode::CONFLICT, "phone_taken"),
            PhoneError::TooManyPhones(_) => told(StatusCode::CONFLICT, "too_many_phones"),
            // Only administrators name accounts and phones.
            PhoneError::Account(_)
            | PhoneError::KnownChannel
            | PhoneError::Mail(_)
            | PhoneError::Unknown(_) => ApiError::fault(&error).into(),
            PhoneError::WrongCode => told(StatusCode::FORBIDDEN, "wrong_code"),
            PhoneError::WrongProof { left } => {
                Self { left: Some(left), ..told(StatusCode::FORBIDDEN, "wrong_proof") }
            }
        }
    }
}

/// What is nobody's fault who calls.
fn broken(error: AdminError) -> ApiError {
    match error {
        AdminError::Busy => LoginError::Busy.into(),
        AdminError::Clock(error) => LoginError::Clock(error).into(),
        AdminError::Password(error @ PasswordError::Busy) => LoginError::Password(error).into(),
        AdminError::Store(error) => error.into(),
        AdminError::Damaged(_)
        | AdminError::Password(_)
        | AdminError::Seal(_)
        | AdminError::NoLonger
        | AdminError::Outranked
        | AdminError::UnknownTenant => ApiError::fault(&error),
    }
}
