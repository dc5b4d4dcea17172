//! The help desk checks who calls it: what the phone of the one who is said to call shows.

use super::{
    PhoneApi,
    error::PhoneApiError,
    signed::{ByAnswer, SignedPhone},
};
use crate::{admin::bypass, serve::to_the_end};
use authx_core::{
    CallerCheckId,
    webauthn::caller_check_challenge,
    wire::{
        login::Rfc3339,
        phone::{CallerDigits, DenyCaller, PhoneProblem, ShowCallerDigits},
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// Show the digits of a check: first those that the help desk has to read, then those to read back.
/// Signed with the answer key: whoever reads them may be let in without a phone.
#[utoipa::path(
    post, path = "/phone/v1/caller-checks/{id}/digits", tag = "callers",
    request_body = ShowCallerDigits,
    params(("id" = String, Path, description = "The check's id")),
    responses(
        (status = 200, body = CallerDigits),
        (status = 401, body = PhoneProblem, description = "Signature, key, clock; `phone_gone`"),
        (status = 403, body = PhoneProblem, description =
         "`verification_needed`, `verification_failed`; not confirmed, or the user is disabled"),
        (status = 409, body = PhoneProblem, description = "`not_open`: it was used, ended or is over"),
    ),
)]
pub(super) async fn digits(
    State(api): State<PhoneApi>,
    Path(id): Path<CallerCheckId>,
    ByAnswer(signed): ByAnswer,
) -> Result<Response, PhoneApiError> {
    signed.speaker()?;
    let ShowCallerDigits { assertion } = signed.json()?;
    let verified = signed.verified(&api, &caller_check_challenge(id), assertion.as_ref())?;
    let shown = bypass::digits(api.app(), &signed.phone, id, verified.is_some()).await?;
    let view = CallerDigits {
        agent_reads: shown.agent_reads,
        caller_reads: shown.caller_reads,
        expires_at: Rfc3339(shown.expires),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(view)).into_response())
}

/// End a check: the user is not on the telephone with the help desk. Signed with either key.
#[utoipa::path(
    post, path = "/phone/v1/caller-checks/{id}/endings", tag = "callers",
    request_body = DenyCaller,
    params(("id" = String, Path, description = "The check's id")),
    responses(
        (status = 204, description = "It is over, and the help desk sees why"),
        (status = 401, body = PhoneProblem, description = "Signature, key, clock; `phone_gone`"),
        (status = 409, body = PhoneProblem, description = "`not_open`: it was used, ended or is over"),
    ),
)]
pub(super) async fn deny(
    State(api): State<PhoneApi>,
    Path(id): Path<CallerCheckId>,
    signed: SignedPhone,
) -> Result<StatusCode, PhoneApiError> {
    signed.speaker()?;
    let DenyCaller {} = signed.json()?;
    to_the_end(async move { bypass::deny(api.app(), &signed.phone, id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
