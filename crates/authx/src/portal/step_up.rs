//! Giving a second factor once more, for a deed that demands a fresh one; then the deed itself.

use super::{
    Access, Portal,
    confirm::{self, Confirm, Judged, Places},
    cookies,
    deeds::Deed,
    error::PortalError,
    fields::Fields,
    guard::{self, Replayed},
    page::render_as,
    routes::{Route, get, post},
    second_factor,
    sign_in::{next_of as wanted, sentence, with_cookie},
    who::Who,
};
use crate::{
    admin::{
        AdminError,
        passkeys::PasskeyError,
        sessions::{self, From, Pending},
    },
    logins::Versioned,
    serve::ClientAddress,
};
use authx_core::{name::Name, wire::login::LoginState};
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use std::sync::Arc;
use tower::ServiceExt as _;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/confirm", Access::Own, page),
        post("/confirm", Access::Own, answer),
        post("/confirm/begin", Access::Own, begin),
        post("/confirm/passkey", Access::Own, passkey),
        post("/confirm/cancel", Access::Own, cancel),
        post("/confirm/done", Access::Own, done),
    ]
}

async fn page(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let visit = &who.visit;
    let next = wanted(query.as_deref());
    if visit.is_fresh(portal.app().now()?) {
        return carry_on(&portal, &who, &headers, &next).await;
    }
    let login = match &visit.pending {
        Some(Pending::Login { id, .. }) => {
            Some(second_factor::read(&portal, visit.tenant, *id).await?)
        }
        Some(Pending::Enrol { .. } | Pending::Shown(_)) | None => None,
    };
    settle(&portal, &who, &headers, (login, &next), None).await
}

async fn settle(
    portal: &Portal,
    who: &Who,
    headers: &HeaderMap,
    (login, next): (Option<Versioned>, &str),
    fault: Option<String>,
) -> Result<Response, PortalError> {
    let visit = &who.visit;
    let now = portal.app().now()?;
    let login = login.filter(|login| !confirm::is_late(login, now));
    let view = login.map(|login| login.view());
    if let Some(view) = &view
        && let (LoginState::Allowed, Some(factor)) = (view.state, view.factor)
    {
        let cookie = sessions::prove(portal.app(), visit, factor.word()).await?;
        let next = if visit.has_stash { "/confirm".to_owned() } else { confirm::next_of(visit) };
        return Ok(with_cookie(headers, &cookie, &next));
    }
    let deed = Deed::of(portal, who, next).await?;
    let chrome = who.alone(portal, &deed.title);
    let places = Places { keep: deed.keep, ..STEP_UP };
    let page = match &view {
        Some(view) => Confirm::of(portal, visit, chrome, view, fault, places).await?,
        None => Confirm::unasked(portal, visit, chrome, fault, next, places).await?,
    };
    Ok(render_as(page.status(), &page).into_response())
}

/// A fresh factor is there: the page with the one button that does what was held back, or where
/// somebody wanted to go.
async fn carry_on(
    portal: &Portal,
    who: &Who,
    headers: &HeaderMap,
    next: &str,
) -> Result<Response, PortalError> {
    if !who.visit.has_stash {
        return Ok(guard::redirect(headers, next));
    }
    let deed = Deed::of(portal, who, next).await?;
    let places = Places { keep: deed.keep, ..STEP_UP };
    let page = Confirm::ready(who.alone(portal, &deed.title), places);
    Ok(render_as(StatusCode::OK, &page).into_response())
}

/// Begins a login for whom no passkey is at hand.
async fn begin(
    State(portal): State<Portal>,
    who: Who,
    from: From,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let visit = &who.visit;
    confirm::give_up(&portal, visit).await?;
    let damaged = |error: authx_core::name::InvalidName| {
        PortalError::from(AdminError::Damaged(error.to_string()))
    };
    let name = Name::new(&visit.name).map_err(damaged)?;
    let login = second_factor::vouched(&portal, visit.tenant, name, &from).await?;
    let next = guard::next(fields.text("next")).to_owned();
    let pending = Pending::Login { id: login.login.id, seq: 0, next, reset: None };
    sessions::set_pending(portal.app(), visit, Some(pending)).await?;
    Ok(guard::redirect(&headers, "/confirm"))
}

async fn answer(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let Judged { login, visit, fault } = confirm::answered(&portal, &who.visit, &fields).await?;
    let who = Who { visit: Arc::new(visit), ..who };
    settle(&portal, &who, &headers, (Some(login), "/"), fault).await
}

async fn passkey(
    State(portal): State<Portal>,
    who: Who,
    from: From,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let (visit, next) = (&who.visit, guard::next(fields.text("next")));
    match confirm::by_passkey(&portal, visit, &from, &fields).await {
        Ok(cookie) => {
            let next = if visit.has_stash { "/confirm" } else { next };
            Ok(with_cookie(&headers, &cookie, next))
        }
        Err(PortalError::Passkey(error @ (PasskeyError::Declined | PasskeyError::Over))) => {
            let fault = Some(sentence(&error));
            settle(&portal, &who, &headers, (None, next), fault).await
        }
        Err(error) => Err(error),
    }
}

async fn cancel(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    confirm::give_up(&portal, &who.visit).await?;
    sessions::forget_deed(portal.app(), &who.visit).await?;
    Ok(guard::redirect(&headers, "/"))
}

/// Does what was held back, with the form that was sent then.
async fn done(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    address: Option<Extension<ClientAddress>>,
) -> Result<Response, PortalError> {
    // Asked for here, not by the guard: that would keep this form in the place of the one that waits.
    if !who.visit.is_fresh(portal.app().now()?) {
        return Ok(guard::redirect(&headers, "/confirm"));
    }
    let Some(stash) = sessions::take_stash(portal.app(), &who.visit).await? else {
        return Ok(guard::redirect(&headers, "/"));
    };
    // Somebody else with this session may have put a deed of theirs in the place of the one that
    // was read and confirmed.
    if !cookies::sent_deed(&headers, &stash.word) {
        who.say(&portal, FROM_ELSEWHERE, None).await?;
        return Ok(guard::redirect(&headers, "/me"));
    }
    let mut request = Request::post(&stash.target)
        .body(Body::from(stash.body))
        .map_err(|_| PortalError::NotFound)?;
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(header::CONTENT_TYPE, form);
    for name in [header::COOKIE, header::USER_AGENT] {
        for value in headers.get_all(&name) {
            request.headers_mut().append(name.clone(), value.clone());
        }
    }
    request.extensions_mut().insert(Replayed);
    if let Some(Extension(address)) = address {
        request.extensions_mut().insert(address);
    }
    let answered = portal.whole().oneshot(request).await;
    let mut answered = answered.unwrap_or_else(|never| match never {});
    answered.headers_mut().append(header::SET_COOKIE, cookies::clear_deed());
    Ok(answered)
}

const FROM_ELSEWHERE: &str = "Nothing was done: another browser that is signed in as you sent \
    something else meanwhile. If that was not you, end the other sessions here and change your \
    password.";

const STEP_UP: Places = Places {
    page: "/confirm",
    passkey: "/confirm/passkey",
    cancel: "/confirm/cancel",
    keep: "Keep it as it is",
};
