//! `/phone/v1/credential`: the phone's own authenticator.

use super::{PhoneApi, error::PhoneApiError, signed::ByAnswer};
use crate::enrol::phones;
use authx_core::wire::phone::{Account, PhoneProblem, RegisterCredential};
use axum::{Json, extract::State, http::StatusCode};

/// Registers a WebAuthn credential of the phone's own authenticator. Signed with the answer key.
#[utoipa::path(
    put, path = "/phone/v1/credential", tag = "device", request_body = RegisterCredential,
    responses(
        (status = 200, body = Account, description = "Approvals can be verified"),
        (status = 422, body = PhoneProblem, description = "`credential`: it is not what was asked for"),
    ),
)]
pub(super) async fn register(
    State(api): State<PhoneApi>,
    ByAnswer(signed): ByAnswer,
) -> Result<Json<Account>, PhoneApiError> {
    let made: RegisterCredential = signed.json()?;
    Ok(Json(phones::register_credential(api.app(), &signed.phone, &made).await?))
}

/// Forgets it. Signed with the answer key.
#[utoipa::path(
    delete, path = "/phone/v1/credential", tag = "device",
    responses((status = 204, description = "There is none")),
)]
pub(super) async fn forget(
    State(api): State<PhoneApi>,
    ByAnswer(signed): ByAnswer,
) -> Result<StatusCode, PhoneApiError> {
    phones::drop_credential(api.app(), &signed.phone).await?;
    Ok(StatusCode::NO_CONTENT)
}
