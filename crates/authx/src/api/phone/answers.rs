//! What a phone says to a request.

use super::{
    PhoneApi,
    error::PhoneApiError,
    signed::{ByAnswer, PhoneKeyName, SignedPhone},
};
use crate::logins::{self, phone::Said};
use crate::serve::to_the_end;
use authx_core::{
    LoginId,
    login::PhoneAnswer,
    webauthn::statement_challenge,
    wire::phone::{
        AnswerRequest, AnswerWord, Answered, EndRequest, PhoneCode, PhoneProblem, Statement,
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

/// Approve, deny, or say that it was somebody else.
///
/// An approval is signed with the answer key. Of several answers one counts; the others are told
/// how it ended.
#[utoipa::path(
    post, path = "/phone/v1/requests/{id}/answers", tag = "requests",
    request_body = AnswerRequest,
    params(("id" = String, Path, description = "The request's id")),
    responses(
        (status = 200, body = Answered, description = "Taken; a wrong number too"),
        (status = 401, body = PhoneProblem, description = "Signature, key, clock; `phone_gone`"),
        (status = 403, body = PhoneProblem, description =
         "`answer_key_needed`, `statement_differs`, `verification_needed`, `verification_failed`"),
        (status = 409, body = PhoneProblem, description = "`not_open`, with the outcome"),
    ),
)]
pub(super) async fn answer(
    State(api): State<PhoneApi>,
    Path(id): Path<LoginId>,
    signed: SignedPhone,
) -> Result<Response, PhoneApiError> {
    let by = signed.speaker()?;
    let (said, answer) = said(&api, &signed)?;
    let answer = match answer {
        AnswerWord::Approve => {
            if signed.by == PhoneKeyName::Device {
                return Err(PhoneApiError::answer_key_needed());
            }
            PhoneAnswer::Approve { number: said.statement.match_number.clone() }
        }
        AnswerWord::Deny => PhoneAnswer::Deny,
        AnswerWord::Fraud => PhoneAnswer::Fraud,
        AnswerWord::Code => return Err(differs()),
    };
    let answered =
        to_the_end(async move { logins::phone::answer(api.app(), by, id, &answer, &said).await });
    Ok(answered_with(answered.await?))
}

/// Show a code for a client that shows nothing: it counts for a minute, once, at this application
/// and from that client's network.
#[utoipa::path(
    post, path = "/phone/v1/requests/{id}/codes", tag = "requests", request_body = AnswerRequest,
    params(("id" = String, Path, description = "The request's id")),
    responses(
        (status = 200, body = PhoneCode),
        (status = 403, body = PhoneProblem, description = "As for an answer"),
        (status = 409, body = PhoneProblem, description = "`not_open`, with the outcome"),
    ),
)]
pub(super) async fn code(
    State(api): State<PhoneApi>,
    Path(id): Path<LoginId>,
    ByAnswer(signed): ByAnswer,
) -> Result<Response, PhoneApiError> {
    let by = signed.speaker()?;
    let (said, answer) = said(&api, &signed)?;
    if answer != AnswerWord::Code {
        return Err(differs());
    }
    let shown = to_the_end(async move { logins::show_code(api.app(), by, id, &said).await });
    Ok(answered_with(shown.await?))
}

/// End what an approval left remembered: it was not meant.
#[utoipa::path(
    post, path = "/phone/v1/requests/{id}/endings", tag = "requests", request_body = EndRequest,
    params(("id" = String, Path, description = "The request's id")),
    responses(
        (status = 204, description = "It is over: the VPN asks again at its next renewal"),
        (status = 409, body = PhoneProblem, description = "`not_open`: nothing was left"),
    ),
)]
pub(super) async fn end(
    State(api): State<PhoneApi>,
    Path(id): Path<LoginId>,
    signed: SignedPhone,
) -> Result<StatusCode, PhoneApiError> {
    let by = signed.speaker()?;
    let EndRequest {} = signed.json()?;
    to_the_end(async move { logins::phone::end_session(api.app(), by, id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads what was signed, and whether the phone verified its user for it.
fn said(api: &PhoneApi, signed: &SignedPhone) -> Result<(Said, AnswerWord), PhoneApiError> {
    let AnswerRequest { statement: text, assertion } = signed.json()?;
    let statement: Statement = serde_json::from_str(&text)?;
    let signed_request = signed.evidence(api).into();
    let mut evidence = Map::from_iter([("approval".to_owned(), signed_request)]);
    let verified = signed.verified(api, &statement_challenge(&text), assertion.as_ref())?;
    if let Some(credential) = &verified {
        let key = serde_json::to_value(&credential.public_key).unwrap_or(Value::Null);
        evidence.insert("credential".to_owned(), key);
    }
    let verified = verified.is_some();
    let answer = statement.answer;
    Ok((Said { statement, verified, evidence }, answer))
}

fn differs() -> PhoneApiError {
    let detail = "this answer does not belong to this call";
    PhoneApiError::new(StatusCode::FORBIDDEN, "statement_differs", detail)
}

fn answered_with(body: impl serde::Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
