//! `/phone/v1/account`, `device`, `subscription`.

use super::{
    PhoneApi,
    error::PhoneApiError,
    signed::{ByAnswer, SignedPhone},
};
use crate::enrol::phones;
use authx_core::wire::phone::{Account, ChangeDevice, PhoneProblem, Subscribe};
use axum::{Json, extract::State, http::StatusCode};

/// The account as it stands. Signed with either key.
#[utoipa::path(
    get, path = "/phone/v1/account", tag = "device",
    responses(
        (status = 200, body = Account, description = "The phone is there"),
        (status = 401, body = PhoneProblem, description = "`phone_gone`, `signature`, `clock`"),
    ),
)]
pub(super) async fn account(
    State(api): State<PhoneApi>,
    signed: SignedPhone,
) -> Result<Json<Account>, PhoneApiError> {
    Ok(Json(phones::account(api.app(), &signed.phone).await?))
}

/// Gives the phone another name or platform. Signed with the answer key.
#[utoipa::path(
    put, path = "/phone/v1/device", tag = "device", request_body = ChangeDevice,
    responses((status = 200, body = Account, description = "It goes by that name")),
)]
pub(super) async fn describe(
    State(api): State<PhoneApi>,
    ByAnswer(signed): ByAnswer,
) -> Result<Json<Account>, PhoneApiError> {
    Ok(Json(phones::describe(api.app(), &signed.phone, &signed.json::<ChangeDevice>()?).await?))
}

/// Removes the account from the phone: its keys are dead. Signed with the answer key.
#[utoipa::path(
    delete, path = "/phone/v1/device", tag = "device",
    responses((status = 204, description = "It is gone")),
)]
pub(super) async fn leave(
    State(api): State<PhoneApi>,
    ByAnswer(signed): ByAnswer,
) -> Result<StatusCode, PhoneApiError> {
    phones::leave(api.app(), &signed.phone).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Notes where notices go. Signed with either key.
#[utoipa::path(
    put, path = "/phone/v1/subscription", tag = "device", request_body = Subscribe,
    responses(
        (status = 200, body = Account, description = "Notices go there"),
        (status = 422, body = PhoneProblem, description = "`endpoint`: notices cannot go there"),
    ),
)]
pub(super) async fn subscribe(
    State(api): State<PhoneApi>,
    signed: SignedPhone,
) -> Result<Json<Account>, PhoneApiError> {
    Ok(Json(phones::subscribe(api.app(), &signed.phone, &signed.json::<Subscribe>()?).await?))
}

/// Sends no more notices. Signed with either key.
#[utoipa::path(
    delete, path = "/phone/v1/subscription", tag = "device",
    responses((status = 204, description = "No more notices")),
)]
pub(super) async fn unsubscribe(
    State(api): State<PhoneApi>,
    signed: SignedPhone,
) -> Result<StatusCode, PhoneApiError> {
    phones::cancel_subscription(api.app(), &signed.phone).await?;
    Ok(StatusCode::NO_CONTENT)
}
