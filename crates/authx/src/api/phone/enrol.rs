//! `/phone/v1/server`, `invitations`, `proofs`, `activations`, `confirmations`, `moves`.

use super::{
    PhoneApi,
    error::PhoneApiError,
    signed::{ByAnswer, Head, read_body},
    unsigned::{From, Unsigned},
    version::OLDEST_CLIENT,
};
use crate::{
    app::App,
    enrol::phones::{self, Keyholder, PhoneError},
};
use authx_core::wire::{
    login::Rfc3339,
    phone::{
        Account, Activate, Activated, ActivationView, Base64Url, Confirm, InvitationView,
        LookInvitation, PhoneProblem, Prove, ServerView, StartMove,
    },
};
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};

/// The server, before anything is known of the caller; unsigned.
#[utoipa::path(
    get, path = "/phone/v1/server", tag = "enrolment",
    responses((status = 200, body = ServerView, description = "The server is there")),
)]
pub(super) async fn server(State(api): State<PhoneApi>) -> Json<ServerView> {
    Json(ServerView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: Rfc3339(api.app().clock.clock().now()),
        vapid_public_key: vapid(api.app()),
        oldest_client: OLDEST_CLIENT.to_owned(),
        name: api.app().phone_url.host().to_owned(),
    })
}

/// The key that notices are signed with; `None` where push is off.
fn vapid(app: &App) -> Option<Base64Url> {
    let key = app.push.as_ref()?.public_key().to_owned();
    Base64Url::try_from(key).ok()
}

/// What an invitation, a move, or a code from the VPN prompt opens, and which phones were made from
/// it; unsigned, spends nothing.
#[utoipa::path(
    post, path = "/phone/v1/invitations", tag = "enrolment", request_body = LookInvitation,
    responses(
        (status = 200, body = InvitationView, description = "It is open, or phones were made from it"),
        (status = 404, body = PhoneProblem, description = "`not_open`: unknown, over or spent alike"),
        (status = 429, body = PhoneProblem, description = "`slow_down`: too much from this network"),
    ),
)]
pub(super) async fn look(
    State(api): State<PhoneApi>,
    From(source): From,
    body: Unsigned,
) -> Result<Json<InvitationView>, PhoneApiError> {
    let LookInvitation { invitation } = body.json()?;
    let looked = phones::look(api.app(), &invitation).await;
    if matches!(looked, Err(PhoneError::NotOpen)) {
        api.0.throttle.miss(api.app().clock.clock().now(), &source);
    }
    Ok(Json(looked?))
}

/// Proves what an invitation demands; unsigned. Five wrong proofs end it.
#[utoipa::path(
    post, path = "/phone/v1/proofs", tag = "enrolment", request_body = Prove,
    responses(
        (status = 200, body = ActivationView, description = "The proof was right"),
        (status = 403, body = PhoneProblem, description = "`wrong_proof`, with the tries that are `left`"),
        (status = 404, body = PhoneProblem, description = "`not_open`"),
        (status = 422, body = PhoneProblem, description = "`proof_differs`: another kind is demanded"),
        (status = 429, body = PhoneProblem, description = "`slow_down`"),
    ),
)]
pub(super) async fn prove(
    State(api): State<PhoneApi>,
    From(source): From,
    body: Unsigned,
) -> Result<Json<ActivationView>, PhoneApiError> {
    let Prove { invitation, proof } = body.json()?;
    let proved = phones::prove(api.app(), &source, &invitation, &proof).await;
    if matches!(proved, Err(PhoneError::NotOpen)) {
        api.0.throttle.miss(api.app().clock.clock().now(), &source);
    }
    Ok(Json(proved?))
}

/// Proves a phone's keys, which makes it, pending: signed with the answer key that the body brings.
#[utoipa::path(
    post, path = "/phone/v1/activations", tag = "enrolment", request_body = Activate,
    responses(
        (status = 200, body = Activated, description = "The phone is there; a repetition gets the same"),
        (status = 401, body = PhoneProblem, description = "`signature`, `clock`"),
        (status = 403, body = PhoneProblem, description = "`class_not_allowed`, `account_disabled`"),
        (status = 404, body = PhoneProblem, description = "`not_open`"),
        (status = 409, body = PhoneProblem, description = "`too_many_phones`, `phone_taken`"),
        (status = 422, body = PhoneProblem, description = "`invalid_keys`"),
    ),
)]
pub(super) async fn activate(
    State(api): State<PhoneApi>,
    From(source): From,
    request: Request,
) -> Result<Json<Activated>, PhoneApiError> {
    let now = api.app().clock.clock().now();
    // Nobody is known yet: the network pays, as for what is not signed at all.
    api.0.throttle.take(now, &source, 1).map_err(PhoneApiError::slow_down)?;
    let (head, body) = Head::of(request)?;
    head.check_age(&api)?;
    let body = read_body(&api, body).await?;
    head.check_body(&body)?;
    let asked: Activate = serde_json::from_slice(&body)?;
    let holder = Keyholder::proven(asked, |phone, key| {
        if head.phone()? != phone {
            let detail = "keyid has to be the id of the phone that the body names";
            return Err(PhoneApiError::new(StatusCode::UNAUTHORIZED, "signature", detail));
        }
        Ok(head.verify(&api, [((), key)])?)
    })?;
    head.note(&api);
    let activated = phones::activate(api.app(), &holder).await;
    if matches!(activated, Err(PhoneError::NotOpen)) {
        api.0.throttle.miss(now, &source);
    }
    Ok(Json(activated?))
}

/// A phone's first good use: it counts from now on, and the phone whose place it takes is gone.
/// Signed with the answer key.
#[utoipa::path(
    post, path = "/phone/v1/confirmations", tag = "enrolment", request_body = Confirm,
    responses(
        (status = 200, body = Account, description = "The phone counts"),
        (status = 403, body = PhoneProblem, description = "`wrong_code`, `account_disabled`"),
    ),
)]
pub(super) async fn confirm(
    State(api): State<PhoneApi>,
    ByAnswer(signed): ByAnswer,
) -> Result<Json<Account>, PhoneApiError> {
    let Confirm { code } = signed.json()?;
    Ok(Json(phones::confirm(api.app(), &signed.phone, code.expose()).await?))
}

/// Begins to move an account to another phone. Signed with the answer key.
#[utoipa::path(
    post, path = "/phone/v1/moves", tag = "enrolment", request_body = StartMove,
    responses(
        (status = 200, body = ActivationView, description = "To be shown to the new phone"),
        (status = 403, body = PhoneProblem, description = "`account_disabled`"),
        (status = 404, body = PhoneProblem, description = "`not_open`: the move that it joins is over"),
        (status = 409, body = PhoneProblem, description = "`pending`"),
    ),
)]
pub(super) async fn begin_move(
    State(api): State<PhoneApi>,
    ByAnswer(signed): ByAnswer,
) -> Result<Json<ActivationView>, PhoneApiError> {
    let StartMove { activation } = signed.json()?;
    Ok(Json(phones::begin_move(api.app(), &signed.phone, activation.as_ref()).await?))
}

/// Ends a move. Signed with the answer key.
#[utoipa::path(
    delete, path = "/phone/v1/moves", tag = "enrolment",
    responses((status = 204, description = "The account stays")),
)]
pub(super) async fn cancel_move(
    State(api): State<PhoneApi>,
    ByAnswer(signed): ByAnswer,
) -> Result<StatusCode, PhoneApiError> {
    phones::cancel_move(api.app(), &signed.phone).await?;
    Ok(StatusCode::NO_CONTENT)
}
