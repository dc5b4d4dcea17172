//! One's own authenticator app: a secret is shown, and counts once a first right code has come.

use super::done;
use crate::{
    admin::sessions::{self, Pending, Visit},
    enrol::code::{self, CodeError},
    portal::{
        Access, Portal,
        enrol::qr,
        error::PortalError,
        fields::Fields,
        form::Form,
        guard,
        page::{Chrome, render_as},
        routes::{Route, get, post},
        who::Who,
    },
};
use askama::Template;
use authx_core::{Millis, otp::Totp};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/me/app", Access::OwnStepUp, page),
        post("/me/app", Access::OwnStepUp, offer),
        post("/me/app/confirm", Access::OwnStepUp, confirm),
        post("/me/app/remove", Access::OwnStepUp, remove),
    ]
}

/// What an app scans or types, kept in the session so that a reload and a wrong code show the same.
struct Offer {
    qr: String,
    secret: Zeroizing<String>,
    until: Millis,
}

#[derive(Template)]
#[template(path = "portal/me_app.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    offer: Option<Offer>,
}

async fn page(State(portal): State<Portal>, who: Who) -> Result<Response, PortalError> {
    show(&portal, &who, Form::new()).await
}

async fn show(portal: &Portal, who: &Who, form: Form) -> Result<Response, PortalError> {
    let offer = offered(portal, &who.visit).await?;
    let good = form.is_good() && form.fault.is_none();
    let status = if good { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let chrome = who.alone(portal, "Add an authenticator app");
    Ok(render_as(status, &Page { chrome, form, offer }).into_response())
}

async fn offered(portal: &Portal, visit: &Visit) -> Result<Option<Offer>, PortalError> {
    let Some(Pending::Shown(kept)) = &visit.pending else { return Ok(None) };
    let Some(uri) = sessions::open(portal.app(), visit, kept).await? else { return Ok(None) };
    // It may be what another page shows.
    let Ok(totp) = Totp::from_uri(&uri) else { return Ok(None) };
    let secret = totp.secret_text();
    let qr = qr(&uri, "adds this account to an authenticator app")?;
    Ok(Some(Offer { qr, secret: Zeroizing::new(grouped(&secret)), until: kept.until }))
}

/// In groups of four, as people copy.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

async fn offer(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let (app, visit) = (portal.app(), &who.visit);
    let offered = code::offer(app, &visit.actor(), visit.tenant, visit.account, None).await?;
    let until = app.now()?.plus_secs(SHOWN_SECS);
    let kept = sessions::seal(app, visit, &offered.uri, until).await?;
    sessions::set_pending(app, visit, Some(Pending::Shown(kept))).await?;
    Ok(guard::redirect(&headers, "/me/app"))
}

async fn confirm(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let (app, visit) = (portal.app(), &who.visit);
    let typed: String = fields.text("code").split_whitespace().collect();
    match code::confirm(app, &visit.actor(), visit.tenant, visit.account, &typed).await {
        Ok(_) => {
            sessions::set_pending(app, visit, None).await?;
            done(&portal, &who, &headers, "Your authenticator app counts from now on.").await
        }
        Err(CodeError::Wrong) => {
            let mut form = Form::new();
            form.refuse(
                "code",
                "Wrong code. Type the one that the app shows now; if it stays wrong, set the \
                 phone’s clock to automatic.",
            );
            show(&portal, &who, form).await
        }
        Err(CodeError::NothingPending) => {
            let mut form = Form::new();
            form.fault = Some("No secret waits for its first code. Show a new one.".to_owned());
            show(&portal, &who, form).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn remove(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let visit = &who.visit;
    code::remove(portal.app(), &visit.actor(), visit.tenant, visit.account).await?;
    let text = "Authenticator app removed. Its codes count no longer.";
    done(&portal, &who, &headers, text).await
}

/// How long a secret is shown: ten minutes.
const SHOWN_SECS: u64 = 600;
