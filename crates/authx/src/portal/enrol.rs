//! The first second factor of somebody who has just come in: before anything else.

use super::{
    Access, Portal,
    error::PortalError,
    fields::Fields,
    guard,
    page::{Chrome, render_as},
    routes::{Route, get, post},
    second_factor,
    sign_in::{BY_PASSKEY, sentence, with_cookie},
    who::Visitor,
};
use crate::{
    admin::{
        passkeys::{self, Asked, PasskeyError},
        sessions::{self, Pending, Sealed, Visit},
        sign_up,
    },
    enrol::phones,
};
use askama::Template;
use authx_core::wire::phone::{AccountState, Token};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use std::fmt::Write as _;
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/enrol", Access::Half, page),
        post("/enrol/passkey", Access::Half, passkey),
        post("/enrol/phone", Access::Half, phone),
    ]
}

#[derive(Template)]
#[template(path = "portal/enrol.html")]
struct Page {
    chrome: Chrome,
    company: String,
    /// Who has no role comes in for a VPN, which asks phones and apps alone.
    phone_first: bool,
    passkey: Option<Asked>,
    passkey_help: &'static str,
    fault: Option<String>,
    phone: Option<PhoneOffer>,
}

/// What a phone scans, and what has become of it.
pub(super) struct PhoneOffer {
    /// A drawing of the link: SVG.
    pub(super) qr: String,
    /// The link itself.
    pub(super) link: Zeroizing<String>,
    /// The words of the phone that used it.
    pub(super) words: Vec<String>,
    /// Until when it counts.
    pub(super) until: authx_core::Millis,
}

async fn page(
    State(portal): State<Portal>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let visit = enrolling(&visitor)?;
    show(&portal, &visitor, visit, &headers, None).await
}

async fn show(
    portal: &Portal,
    visitor: &Visitor,
    visit: &Visit,
    headers: &HeaderMap,
    fault: Option<String>,
) -> Result<Response, PortalError> {
    let app = portal.app();
    let phone = match &visit.pending {
        Some(Pending::Enrol { phone: Some(kept) }) => match offered(portal, visit, kept).await? {
            Some(Offered::Counts) => {
                let cookie = sessions::prove_first(app, visit, BY_PHONE).await?;
                visitor.arrived(portal, (visit.tenant, visit.account), &visit.from).await;
                return Ok(with_cookie(headers, &cookie, "/"));
            }
            Some(Offered::Open(offer)) => Some(offer),
            None => None,
        },
        _ => None,
    };
    let passkey = match passkeys::ask_new(app, visit.tenant, visit.account).await {
        Ok(asked) => Some(asked),
        Err(PasskeyError::Unavailable | PasskeyError::Full) => None,
        Err(error) => return Err(error.into()),
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let chrome = visitor.chrome(portal, "Add your second factor");
    let phone_first = visit.role.is_none();
    let passkey_help = if phone_first { PORTAL_ALONE } else { ANYWHERE };
    let company = visit.tenant_name.clone();
    let page = Page { chrome, company, phone_first, passkey, passkey_help, fault, phone };
    Ok(render_as(status, &page).into_response())
}

/// What has become of a link that was shown.
pub(super) enum Offered {
    /// The phone that used it counts.
    Counts,
    /// It waits for a phone, or for that phone's confirmation.
    Open(PhoneOffer),
}

/// How it stands with a link for a phone that a session keeps. `None`: its time is over.
pub(super) async fn offered(
    portal: &Portal,
    visit: &Visit,
    kept: &Sealed,
) -> Result<Option<Offered>, PortalError> {
    let app = portal.app();
    let Some(text) = sessions::open(app, visit, kept).await? else { return Ok(None) };
    let Ok(token) = Token::parse(&text) else { return Ok(None) };
    let view = match phones::look(app, &token).await {
        Ok(view) => view,
        Err(phones::PhoneError::NotOpen) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if view.phones.iter().any(|made| made.state == AccountState::Active) {
        return Ok(Some(Offered::Counts));
    }
    let link = Zeroizing::new(format!("{}/#{}", app.phone_url, *text));
    let words = view.phones.first().map(|made| made.words.clone()).unwrap_or_default();
    let qr = qr(&link, "opens AuthX on your phone")?;
    Ok(Some(Offered::Open(PhoneOffer { qr, link, words, until: kept.until })))
}

/// A drawing of a text for a camera: SVG.
pub(super) fn qr(text: &str, opens: &str) -> Result<String, PortalError> {
    let code = qrcode::QrCode::new(text.as_bytes()).map_err(|_| PortalError::FormTooLong)?;
    let width = code.width();
    let mut path = String::new();
    for (at, colour) in code.to_colors().iter().enumerate() {
        if *colour == qrcode::Color::Dark {
            let (x, y) = (at % width, at / width);
            // Writing to a String cannot fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Ok(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {width} {width}\" role=\"img\" \
         aria-label=\"QR code that {opens}\" shape-rendering=\"crispEdges\">\
         <path d=\"{path}\"/></svg>"
    ))
}

/// Makes a link for a phone, kept in the session so that a reload shows the same one.
pub(super) async fn offer(portal: &Portal, visit: &Visit) -> Result<Sealed, PortalError> {
    let app = portal.app();
    let offered = phones::offer(app, &visit.actor(), visit.tenant, visit.account).await?;
    Ok(sessions::seal(app, visit, &offered.token.text(), offered.expires).await?)
}

async fn phone(
    State(portal): State<Portal>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let visit = enrolling(&visitor)?;
    if let Some(elsewhere) = enrolled(&portal, visit, &headers).await? {
        return Ok(elsewhere);
    }
    let kept = offer(&portal, visit).await?;
    let pending = Pending::Enrol { phone: Some(kept) };
    sessions::set_pending(portal.app(), visit, Some(pending)).await?;
    Ok(guard::redirect(&headers, "/enrol"))
}

async fn passkey(
    State(portal): State<Portal>,
    visitor: Visitor,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let visit = enrolling(&visitor)?;
    if let Some(elsewhere) = enrolled(&portal, visit, &headers).await? {
        return Ok(elsewhere);
    }
    let app = portal.app();
    let name = match fields.text("name") {
        "" => second_factor::browser(&visit.from.browser),
        name => name,
    };
    let (state, answer) = (fields.raw("state"), fields.raw("credential"));
    let (tenant, account) = (visit.tenant, visit.account);
    match passkeys::add(app, &visit.actor(), tenant, account, name, state, answer).await {
        Ok(_) => {
            let cookie = sessions::prove_first(app, visit, BY_PASSKEY).await?;
            visitor.arrived(&portal, (tenant, account), &visit.from).await;
            Ok(with_cookie(&headers, &cookie, "/"))
        }
        Err(error @ (PasskeyError::Declined | PasskeyError::Over | PasskeyError::Name(_))) => {
            let fault = Some(sentence(&error));
            show(&portal, &visitor, visit, &headers, fault).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Only a session that began by a link may enrol its first factor: whoever has one gives that.
fn enrolling(visitor: &Visitor) -> Result<&Visit, PortalError> {
    let visit = visitor.visit.as_deref().ok_or(PortalError::Unguarded)?;
    match visit.pending {
        Some(Pending::Enrol { .. }) => Ok(visit),
        Some(Pending::Login { .. } | Pending::Shown(_)) | None => Err(PortalError::NotFound),
    }
}

/// The way out for a session whose account has a second factor by now: that one is to be given,
/// and none added by somebody who has only a link.
async fn enrolled(
    portal: &Portal,
    visit: &Visit,
    headers: &HeaderMap,
) -> Result<Option<Response>, PortalError> {
    let app = portal.app();
    if sign_up::means(app, visit.tenant, visit.account).await?.is_none() {
        return Ok(None);
    }
    sessions::end(app, visit, visit.id).await?;
    Ok(Some(guard::redirect(headers, "/sign-in")))
}

const ANYWHERE: &str =
    "This computer’s fingerprint or PIN, or a security key. It signs you in alone.";
const PORTAL_ALONE: &str =
    "This computer’s fingerprint or PIN, or a security key. It signs you in to this portal only.";
const BY_PHONE: &str = "phone";
