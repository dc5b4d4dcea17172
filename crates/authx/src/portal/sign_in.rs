//! Signing in: a passkey alone, or a password and a second factor.

use super::{
    Access, Portal,
    companies::several,
    confirm::{self, Confirm, Judged},
    cookies,
    error::PortalError,
    fields::Fields,
    first_factor::{self, Refused},
    form::Form,
    guard,
    page::{Chrome, render, render_as},
    routes::{Route, get, post},
    second_factor,
    who::Visitor,
};
use crate::{
    admin::{
        passkeys::{self, Asked, Opened, PasskeyError},
        sessions::{self, From, Pending, Visit},
    },
    config::SignUp,
    logins::Versioned,
};
use askama::Template;
use authx_core::wire::login::LoginState;
use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/", Access::Public, front),
        get("/sign-in", Access::Public, page),
        post("/sign-in", Access::Public, password),
        post("/sign-in/passkey", Access::Public, passkey),
        get("/sign-in/confirm", Access::Half, second),
        post("/sign-in/confirm", Access::Half, answer),
        post("/sign-in/confirm/passkey", Access::Half, second_by_passkey),
        post("/sign-in/cancel", Access::Half, cancel),
        post("/sign-out", Access::Public, sign_out),
    ]
}

#[derive(Template)]
#[template(path = "portal/sign_in.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    passkey: Option<Asked>,
    next: String,
    several: bool,
    sign_up: SignUp,
}

/// Where somebody begins who comes without knowing where.
async fn front(visitor: Visitor, headers: HeaderMap) -> Response {
    let to = match visitor.visit.as_deref() {
        None => "/sign-in",
        Some(visit) if visit.proved.is_none() => guard::half_way(visit),
        Some(visit) if visit.role.is_some() => HOME,
        Some(_) => "/me",
    };
    guard::redirect(&headers, to)
}

async fn page(
    State(portal): State<Portal>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let next = next_of(query.as_deref());
    if visitor.visit.as_deref().is_some_and(|visit| visit.proved.is_some()) {
        return Ok(guard::redirect(&headers, &next));
    }
    let page = Page::of(&portal, &visitor, Form::new(), next).await?;
    Ok(render(&page).into_response())
}

impl Page {
    async fn of(
        portal: &Portal,
        visitor: &Visitor,
        form: Form,
        next: String,
    ) -> Result<Self, PortalError> {
        let app = portal.app();
        let passkey = match passkeys::ask(app, None).await {
            Ok(asked) => Some(asked),
            Err(PasskeyError::Unavailable) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            chrome: visitor.chrome(portal, "Sign in"),
            form,
            passkey,
            next,
            several: several(portal).await?,
            sign_up: app.portal.sign_up,
        })
    }
}

async fn password(
    State(portal): State<Portal>,
    visitor: Visitor,
    from: From,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let next = guard::next(fields.text("next")).to_owned();
    let mut form = Form::sent(&fields);
    match first_factor::given(&portal, &from, &fields, &next).await {
        Ok(cookie) => Ok(with_cookie(&headers, &cookie.0, &cookie.1)),
        Err(Refused::Error(error)) => Err(error),
        Err(Refused::Said(text) | Refused::Wrong(text)) => {
            form.fault = Some(text);
            let page = Page::of(&portal, &visitor, form, next).await?;
            Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
        }
    }
}

async fn passkey(
    State(portal): State<Portal>,
    visitor: Visitor,
    from: From,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let app = portal.app();
    let next = guard::next(fields.text("next")).to_owned();
    let opened = match passkeys::opened(app, fields.raw("state"), fields.raw("credential")).await {
        Ok(opened) => opened,
        Err(error @ (PasskeyError::Declined | PasskeyError::Over)) => {
            return refused_passkey(&portal, &visitor, sentence(&error), next).await;
        }
        Err(error) => return Err(error.into()),
    };
    let (tenant, account) = (opened.tenant, opened.account);
    let (cookie, batch) = sessions::proved(app, tenant, account, &from, BY_PASSKEY)?;
    let opened = Opened { batch: opened.batch.and(batch), ..opened };
    let view = match second_factor::by_passkey(&portal, opened, &from).await {
        Ok(login) => login.view(),
        Err(PortalError::Passkey(error @ PasskeyError::Over)) => {
            return refused_passkey(&portal, &visitor, sentence(&error), next).await;
        }
        Err(error) => return Err(error),
    };
    if view.state != LoginState::Allowed {
        let text = view.reason.map_or_else(|| sentence(&PasskeyError::Declined), |it| it.text);
        return refused_passkey(&portal, &visitor, text, next).await;
    }
    visitor.arrived(&portal, (tenant, account), &from).await;
    Ok(with_cookie(&headers, &cookie, &next))
}

async fn refused_passkey(
    portal: &Portal,
    visitor: &Visitor,
    fault: String,
    next: String,
) -> Result<Response, PortalError> {
    let mut form = Form::new();
    form.fault = Some(fault);
    let page = Page::of(portal, visitor, form, next).await?;
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

/// The second factor of a sign-in: what is asked, how it stands, and where it leads when it is given.
async fn second(
    State(portal): State<Portal>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let visit = visitor.visit.as_deref().ok_or(PortalError::Unguarded)?;
    let Some(Pending::Login { id, .. }) = &visit.pending else {
        return Ok(guard::redirect(&headers, guard::half_way(visit)));
    };
    let login = second_factor::read(&portal, visit.tenant, *id).await?;
    settle(&portal, &visitor, visit, &headers, login, None).await
}

async fn answer(
    State(portal): State<Portal>,
    visitor: Visitor,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let visit = visitor.visit.as_deref().ok_or(PortalError::Unguarded)?;
    let Judged { login, visit, fault } = confirm::answered(&portal, visit, &fields).await?;
    settle(&portal, &visitor, &visit, &headers, login, fault).await
}

async fn settle(
    portal: &Portal,
    visitor: &Visitor,
    visit: &Visit,
    headers: &HeaderMap,
    login: Versioned,
    fault: Option<String>,
) -> Result<Response, PortalError> {
    let mut view = login.view();
    if view.state == LoginState::Allowed && confirm::is_late(&login, portal.app().now()?) {
        view.state = LoginState::Expired;
    }
    // A login without a factor would be one that a policy lets off: the portal lets nobody off.
    if let (LoginState::Allowed, Some(factor)) = (view.state, view.factor) {
        let next = confirm::next_of(visit);
        confirm::reset(portal, visit).await?;
        let cookie = sessions::prove(portal.app(), visit, factor.word()).await?;
        visitor.arrived(portal, (visit.tenant, visit.account), &visit.from).await;
        return Ok(with_cookie(headers, &cookie, &next));
    }
    let chrome = visitor.chrome(portal, "Confirm your sign-in");
    let page = Confirm::of(portal, visit, chrome, &view, fault, SIGN_IN).await?;
    let status = page.status();
    Ok(render_as(status, &page).into_response())
}

async fn second_by_passkey(
    State(portal): State<Portal>,
    visitor: Visitor,
    from: From,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let visit = visitor.visit.as_deref().ok_or(PortalError::Unguarded)?;
    match confirm::by_passkey(&portal, visit, &from, &fields).await {
        Ok(cookie) => {
            confirm::reset(&portal, visit).await?;
            visitor.arrived(&portal, (visit.tenant, visit.account), &visit.from).await;
            Ok(with_cookie(&headers, &cookie, &confirm::next_of(visit)))
        }
        Err(PortalError::Passkey(error @ (PasskeyError::Declined | PasskeyError::Over))) => {
            let Some(Pending::Login { id, .. }) = &visit.pending else {
                return Ok(guard::redirect(&headers, "/sign-in"));
            };
            let login = second_factor::read(&portal, visit.tenant, *id).await?;
            let fault = Some(sentence(&error));
            settle(&portal, &visitor, visit, &headers, login, fault).await
        }
        Err(error) => Err(error),
    }
}

/// Gives a sign-in up: nothing of it stays on a phone or in the browser.
async fn cancel(
    State(portal): State<Portal>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let visit = visitor.visit.as_deref().ok_or(PortalError::Unguarded)?;
    confirm::give_up(&portal, visit).await?;
    sessions::end(portal.app(), visit, visit.id).await?;
    Ok(without_cookie(&headers, "/sign-in"))
}

async fn sign_out(
    State(portal): State<Portal>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    if let Some(visit) = visitor.visit.as_deref() {
        sessions::end(portal.app(), visit, visit.id).await?;
    }
    Ok(without_cookie(&headers, "/sign-in"))
}

/// Sends a browser on with its new cookie.
pub(super) fn with_cookie(headers: &HeaderMap, cookie: &sessions::Cookie, to: &str) -> Response {
    let mut response = guard::redirect(headers, to);
    response.headers_mut().append(header::SET_COOKIE, cookies::set_session(cookie));
    response
}

fn without_cookie(headers: &HeaderMap, to: &str) -> Response {
    let mut response = guard::redirect(headers, to);
    response.headers_mut().append(header::SET_COOKIE, cookies::clear_session());
    response
}

/// Where somebody wants to go, from a page's query.
pub(super) fn next_of(query: Option<&str>) -> String {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let next = pairs.find(|(name, _)| name == "next").map(|(_, next)| next.into_owned());
    guard::next(next.as_deref().unwrap_or_default()).to_owned()
}

/// What a use case says is wrong, as a sentence of a page.
pub(super) fn sentence(error: &dyn std::error::Error) -> String {
    format!("{}.", capitalised(error.to_string().trim_end_matches('.')))
}

/// The same for a text that is a sentence already.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

const SIGN_IN: confirm::Places = confirm::Places {
    page: "/sign-in/confirm",
    passkey: "/sign-in/confirm/passkey",
    cancel: "/sign-in/cancel",
    keep: "Sign in as somebody else",
};
/// The word for a passkey where factors are named.
pub(super) const BY_PASSKEY: &str = "passkey";
/// Where an administrator begins.
const HOME: &str = "/dashboard";
