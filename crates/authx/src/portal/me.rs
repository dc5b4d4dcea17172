//! One's own account: phones, passkeys, recovery codes, sessions, logins, password.

mod app;
mod logins;
mod passkey;
mod password;
mod rows;

use super::{
    Access, Portal,
    enrol::{self, Offered, PhoneOffer},
    error::PortalError,
    fields::Fields,
    form::Form,
    guard,
    page::{Chrome, render, render_as},
    routes::{Route, get, post},
    sign_in::sentence,
    undo::Undo,
    who::Who,
};
use crate::{
    admin::{
        bypass::{self, Shown as CallerCheck},
        own::{self, OwnError, Reported},
        passkeys::{self, Shown},
        record::{self, Filter},
        sessions::{self, Pending},
    },
    enrol::{
        code,
        overview::{Kept, overview},
        phones, recovery,
    },
};
use askama::Template;
use authx_core::{LoginId, Millis, PhoneId, SessionId, wire::phone::PhoneClass};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use rows::{LoginRow, PhoneRow, SessionRow, login_rows, phone_row, session_rows};
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/me", Access::Own, page),
        get("/me/phone", Access::OwnStepUp, new_phone),
        post("/me/phone", Access::OwnStepUp, offer_phone),
        get("/me/phones/{phone}/move", Access::Own, move_phone),
        post("/me/phones/{phone}/remove", Access::OwnStepUp, remove_phone),
        post("/me/phones/{phone}/rename", Access::Own, rename_phone),
        post("/me/recovery", Access::OwnStepUp, new_codes),
        post("/me/sessions/{session}/end", Access::Own, end_session),
        get("/me/logins", Access::Own, logins::page),
        post("/me/logins/{login}/not-me", Access::Own, not_me),
    ];
    routes.extend(app::routes());
    routes.extend(passkey::routes());
    routes.extend(password::routes());
    routes
}

#[derive(Template)]
#[template(path = "portal/me.html")]
struct Page {
    chrome: Chrome,
    /// The new name of a phone, and what is wrong with it.
    form: Form,
    name: String,
    has_password: bool,
    phones: Vec<PhoneRow>,
    passkeys: Vec<Shown>,
    authenticator: Option<Kept>,
    /// Codes let people in here.
    codes_count: bool,
    recovery: Option<usize>,
    recovery_used: Option<Millis>,
    sessions: Vec<SessionRow>,
    logins: Vec<LoginRow>,
    /// Somebody at the help desk checks who calls.
    caller: Option<CallerCheck>,
}

async fn page(State(portal): State<Portal>, who: Who) -> Result<Response, PortalError> {
    shown(&portal, &who, Form::new(), StatusCode::OK).await
}

async fn shown(
    portal: &Portal,
    who: &Who,
    form: Form,
    status: StatusCode,
) -> Result<Response, PortalError> {
    let (app, visit) = (portal.app(), &who.visit);
    let (tenant, account) = (visit.tenant, visit.account);
    let row = crate::admin::accounts::find(app, tenant, &account.to_string()).await?;
    let chrome = who.alone(portal, &format!("Your sign-in, {}", visit.called()));
    let phones = phones::list(app, tenant, account).await?;
    let filter = Filter { user: Some(account), ..Filter::default() };
    let entries = record::newest(app, tenant, &filter, MOST_ENTRIES).await?;
    let overview = overview(app, tenant, account).await?;
    let page = Page {
        authenticator: overview.app,
        codes_count: code::is_allowed(app, tenant, account).await?,
        recovery: overview.recovery_left,
        recovery_used: overview.recovery_used,
        phones: phones.into_iter().map(|phone| phone_row(&chrome, &form, phone)).collect(),
        name: names(visit.called(), &visit.name),
        has_password: row.has_password,
        passkeys: passkeys::list(app, tenant, account).await?,
        sessions: session_rows(sessions::list(app, tenant, account).await?, visit),
        caller: bypass::shown_to(app, tenant, account).await?,
        logins: login_rows(&entries, MOST_LOGINS),
        chrome,
        form,
    };
    Ok(render_as(status, &page).into_response())
}

/// What people call somebody, with the name to sign in with where that is another one.
fn names(called: &str, name: &str) -> String {
    if called == name { name.to_owned() } else { format!("{called}, {name}") }
}

/// A link for another phone, kept in the session so that a reload shows the same one.
#[derive(Template)]
#[template(path = "portal/me_phone.html")]
struct PhonePage {
    chrome: Chrome,
    phone: Option<PhoneOffer>,
}

async fn new_phone(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let kept = match &who.visit.pending {
        Some(Pending::Shown(kept)) => enrol::offered(&portal, &who.visit, kept).await?,
        Some(Pending::Enrol { .. } | Pending::Login { .. }) | None => None,
    };
    let phone = match kept {
        Some(Offered::Counts) => {
            sessions::set_pending(portal.app(), &who.visit, None).await?;
            return done(&portal, &who, &headers, "Your phone counts from now on.").await;
        }
        Some(Offered::Open(offer)) => Some(offer),
        None => None,
    };
    let chrome = who.alone(&portal, "Add a phone");
    Ok(render(&PhonePage { chrome, phone }).into_response())
}

async fn offer_phone(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let kept = enrol::offer(&portal, &who.visit).await?;
    sessions::set_pending(portal.app(), &who.visit, Some(Pending::Shown(kept))).await?;
    Ok(guard::redirect(&headers, "/me/phone"))
}

/// How a phone's account goes to another one: only the phone itself can show the way.
#[derive(Template)]
#[template(path = "portal/me_move.html")]
struct MovePage {
    chrome: Chrome,
    name: String,
    /// It is `authx-phone`.
    terminal: bool,
}

async fn move_phone(
    State(portal): State<Portal>,
    who: Who,
    Path(phone): Path<String>,
) -> Result<Response, PortalError> {
    let phone: PhoneId = phone.parse().map_err(|_| PortalError::NotFound)?;
    let visit = &who.visit;
    let found = phones::of_user(portal.app(), visit.tenant, visit.account, phone).await?;
    let page = MovePage {
        chrome: who.alone(&portal, &format!("Move {} to a new phone", found.name)),
        terminal: found.class == PhoneClass::Software,
        name: found.name,
    };
    Ok(render(&page).into_response())
}

async fn remove_phone(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(phone): Path<String>,
) -> Result<Response, PortalError> {
    let phone: PhoneId = phone.parse().map_err(|_| PortalError::NotFound)?;
    let name = own::remove_phone(portal.app(), &who.visit, phone).await?;
    done(&portal, &who, &headers, &format!("“{name}” removed. Its keys are dead.")).await
}

async fn rename_phone(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(phone): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let phone: PhoneId = phone.parse().map_err(|_| PortalError::NotFound)?;
    match own::rename_phone(portal.app(), &who.visit, phone, fields.text("name")).await {
        Ok(before) => {
            let text = format!("“{before}” is called “{}” now.", fields.text("name"));
            let undo = Undo::at(format!("/me/phones/{phone}/rename")).with("name", before.as_str());
            let undo = (before != fields.text("name")).then_some(undo);
            who.say(&portal, text, undo).await?;
            Ok(guard::redirect(&headers, "/me"))
        }
        Err(OwnError::Name(error)) => {
            let mut form = Form::new().with(&phone.to_string(), fields.raw("name"));
            form.refuse(phone, sentence(&error));
            shown(&portal, &who, form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Ten codes, in the very answer: they are kept nowhere, so going back or reloading shows none.
#[derive(Template)]
#[template(path = "portal/me_codes.html")]
struct CodesPage {
    chrome: Chrome,
    codes: Zeroizing<String>,
}

async fn new_codes(State(portal): State<Portal>, who: Who) -> Result<Response, PortalError> {
    let visit = &who.visit;
    let (tenant, account) = (visit.tenant, visit.account);
    let made = recovery::renew(portal.app(), &visit.actor(), tenant, account).await?;
    let codes = Zeroizing::new(made.codes.join("\n"));
    let chrome = who.alone(&portal, "Your recovery codes");
    Ok(render(&CodesPage { chrome, codes }).into_response())
}

async fn end_session(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(session): Path<String>,
) -> Result<Response, PortalError> {
    let id: SessionId = session.parse().map_err(|_| PortalError::NotFound)?;
    if !sessions::end(portal.app(), &who.visit, id).await? {
        return Err(PortalError::NotFound);
    }
    done(&portal, &who, &headers, "That browser is signed out.").await
}

async fn not_me(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(login): Path<String>,
) -> Result<Response, PortalError> {
    let id: LoginId = login.parse().map_err(|_| PortalError::NotFound)?;
    let text = match own::report(portal.app(), &who.visit, id).await? {
        Reported::Already => "That login is reported already.",
        Reported::LetIn => {
            "Reported, and your administrators see it. Your other sessions have ended; a VPN \
             connection that stands ends when it asks AuthX again, within two hours as a rule. \
             Change your password now."
        }
        Reported::NotLetIn => {
            "Reported. Nobody was let in by it, and your other sessions have ended. Somebody may \
             know your password: change it now."
        }
    };
    done(&portal, &who, &headers, text).await
}

async fn done(
    portal: &Portal,
    who: &Who,
    headers: &HeaderMap,
    text: &str,
) -> Result<Response, PortalError> {
    who.say(portal, text, None).await?;
    Ok(guard::redirect(headers, "/me"))
}

/// How far back one's own logins are looked for, and how many are shown.
const MOST_ENTRIES: u32 = 200;
const MOST_LOGINS: usize = 20;
