//! The page on which a second factor is given, and what came of an answer.

use super::{
    Portal,
    error::PortalError,
    fields::Fields,
    guard::{self},
    page::Chrome,
    second_factor,
    sign_in::BY_PASSKEY,
};
use crate::{
    admin::{
        AdminError,
        passkeys::{self, Asked, Opened, PasskeyError},
        reset as admin_reset,
        sessions::{self, Cookie, From, Pending, Visit},
    },
    logins::{LoginError, Versioned},
};
use askama::Template;
use authx_core::{
    Millis,
    factor::FactorKind,
    wire::{
        login::{LoginState, LoginView},
        text::Typed,
    },
};
use axum::http::StatusCode;

/// Where the forms of such a page lead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) page: &'static str,
    pub(super) passkey: &'static str,
    pub(super) cancel: &'static str,
    /// The button of that.
    pub(super) keep: &'static str,
}

/// What is asked, and how it stands.
#[derive(Template)]
#[template(path = "portal/confirm.html")]
pub(super) struct Confirm {
    chrome: Chrome,
    places: Places,
    passkey: Option<Asked>,
    fault: Option<String>,
    login: Option<Login>,
    step_up: bool,
    /// What waits to be done, once it is confirmed.
    ready: bool,
    /// Where somebody wanted to go.
    next: String,
}

struct Login {
    prompt: String,
    push: bool,
    code: bool,
    number: Option<String>,
    waiting: bool,
    delivery: String,
    expires: Millis,
    ended: Option<String>,
}

impl Confirm {
    pub(super) async fn of(
        portal: &Portal,
        visit: &Visit,
        chrome: Chrome,
        view: &LoginView,
        fault: Option<String>,
        places: Places,
    ) -> Result<Self, PortalError> {
        let passkey = own_passkey(portal, visit).await?;
        // The button for it says all that a login could.
        let login = (!waits_for_passkey_alone(view)).then(|| Login::of(view));
        let step_up = visit.proved.is_some();
        let next = next_of(visit);
        Ok(Self { chrome, places, passkey, fault, login, step_up, ready: false, next })
    }

    /// Before anything is asked, of somebody who is signed in.
    pub(super) async fn unasked(
        portal: &Portal,
        visit: &Visit,
        chrome: Chrome,
        fault: Option<String>,
        next: &str,
        places: Places,
    ) -> Result<Self, PortalError> {
        let passkey = own_passkey(portal, visit).await?;
        let (login, next) = (None, next.to_owned());
        Ok(Self { chrome, places, passkey, fault, login, step_up: true, ready: false, next })
    }

    /// When it is given: what was held back can be done.
    pub(super) fn ready(chrome: Chrome, places: Places) -> Self {
        let (passkey, fault, login, next) = (None, None, None, String::new());
        Self { chrome, places, passkey, fault, login, step_up: true, ready: true, next }
    }

    pub(super) fn status(&self) -> StatusCode {
        if self.fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

impl Login {
    fn of(view: &LoginView) -> Self {
        let offers = view.prompt.as_ref().map_or(&[][..], |prompt| &prompt.offers);
        let offered = |factor| offers.iter().any(|offer| offer.factor == factor);
        let waiting = view.state == LoginState::AwaitingPhone;
        let ended = match view.state {
            LoginState::Refused => {
                Some(view.reason.as_ref().map_or_else(String::new, |reason| reason.text.clone()))
            }
            LoginState::Expired => Some("Nobody answered in time.".to_owned()),
            LoginState::Cancelled => Some("This sign-in was given up.".to_owned()),
            LoginState::Allowed => Some("A second factor is needed here.".to_owned()),
            LoginState::AwaitingInput
            | LoginState::AwaitingCode
            | LoginState::AwaitingPhone
            | LoginState::Delivering => None,
        };
        Self {
            // What a VPN's prompt offers stands here as buttons; a company's own question stays.
            prompt: view
                .prompt
                .as_ref()
                .map(|prompt| prompt.text.clone())
                .filter(|text| !text.starts_with(OFFERING))
                .unwrap_or_default(),
            push: offered(FactorKind::Push) && !waiting,
            code: offered(FactorKind::Code) || offered(FactorKind::Recovery),
            number: view.match_number.as_ref().map(|number| number.as_str().to_owned()),
            waiting,
            delivery: view.delivery.as_ref().map_or_else(String::new, |way| way.text.clone()),
            expires: view.expires_at.0,
            ended,
        }
    }
}

fn waits_for_passkey_alone(view: &LoginView) -> bool {
    let offers = view.prompt.as_ref().map_or(&[][..], |prompt| &prompt.offers);
    view.state == LoginState::AwaitingInput
        && offers.iter().all(|offer| offer.factor == FactorKind::Passkey)
}

async fn own_passkey(portal: &Portal, visit: &Visit) -> Result<Option<Asked>, PortalError> {
    let app = portal.app();
    if passkeys::list(app, visit.tenant, visit.account).await?.is_empty() {
        return Ok(None);
    }
    match passkeys::ask(app, Some((visit.tenant, visit.account))).await {
        Ok(asked) => Ok(Some(asked)),
        Err(PasskeyError::Unavailable) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What came of an answer: the login, the session as it is then, and a text for whoever typed what
/// was wrong.
pub(super) struct Judged {
    pub(super) login: Versioned,
    pub(super) visit: Visit,
    pub(super) fault: Option<String>,
}

/// Answers the login that is under way in a session, with what its form sent.
pub(super) async fn answered(
    portal: &Portal,
    visit: &Visit,
    fields: &Fields,
) -> Result<Judged, PortalError> {
    let Some(Pending::Login { id, seq, next, reset }) = &visit.pending else {
        return Err(PortalError::SessionOver);
    };
    let current = second_factor::read(portal, visit.tenant, *id).await?;
    let unchanged = |login, fault: Option<&str>| Judged {
        login,
        visit: visit.clone(),
        fault: fault.map(str::to_owned),
    };
    let typed = if fields.has("push") { "push" } else { fields.text("code") };
    if typed.is_empty() {
        return Ok(unchanged(current, Some("Type the code that AuthX shows on your phone.")));
    }
    let Ok(text) = Typed::try_from(typed.to_owned()) else {
        return Ok(unchanged(current, Some("This is no code: it has six digits.")));
    };
    let seq = seq.saturating_add(1);
    let (next, reset) = (next.clone(), reset.clone());
    let pending = Pending::Login { id: *id, seq, next, reset };
    let visit = match sessions::set_pending(portal.app(), visit, Some(pending)).await {
        Ok(visit) => visit,
        // The same form twice at once: the other one is judged.
        Err(AdminError::Busy) => return Ok(unchanged(current, None)),
        Err(error) => return Err(error.into()),
    };
    let login = match second_factor::answer(portal, visit.tenant, *id, seq, text).await {
        Err(PortalError::Login(LoginError::OutOfSequence { .. })) => current,
        other => other?,
    };
    let view = login.view();
    let wrong = view.state == LoginState::AwaitingInput && typed != "push";
    let fault = view.prompt.filter(|_| wrong).map(|prompt| prompt.text);
    Ok(Judged { login, visit, fault })
}

/// Takes a passkey of whoever the session is: for the login that is under way, or with one of its own
/// where that has ended or none is.
pub(super) async fn by_passkey(
    portal: &Portal,
    visit: &Visit,
    from: &From,
    fields: &Fields,
) -> Result<Cookie, PortalError> {
    let app = portal.app();
    let waiting = match &visit.pending {
        Some(Pending::Login { id, .. }) => {
            let login = second_factor::read(portal, visit.tenant, *id).await?.login;
            (!login.is_final()).then_some(*id)
        }
        Some(Pending::Enrol { .. } | Pending::Shown(_)) | None => None,
    };
    let opened = passkeys::opened(app, fields.raw("state"), fields.raw("credential")).await;
    let is_own = |opened: &Opened| (opened.tenant, opened.account) == (visit.tenant, visit.account);
    let opened = opened.and_then(|it| Some(it).filter(is_own).ok_or(PasskeyError::Declined));
    if let (Err(PasskeyError::Declined), Some(id)) = (&opened, waiting) {
        second_factor::decline_passkey(portal, visit.tenant, id).await?;
    }
    let opened = opened?;
    let (cookie, batch) = sessions::proving(app, visit, BY_PASSKEY)?;
    let opened = Opened { batch: opened.batch.and(batch), ..opened };
    let is_in = if let Some(id) = waiting {
        second_factor::pass(portal, id, opened).await?
    } else {
        let login = second_factor::by_passkey(portal, opened, from).await?;
        login.view().state == LoginState::Allowed
    };
    if is_in { Ok(cookie) } else { Err(PasskeyError::Over.into()) }
}

/// Sets the new password that a session holds, if it holds one: its second factor was given.
pub(super) async fn reset(portal: &Portal, visit: &Visit) -> Result<(), PortalError> {
    if let Some(Pending::Login { reset: Some(kept), .. }) = &visit.pending {
        admin_reset::finish(portal.app(), visit, kept).await?;
    }
    Ok(())
}

/// Gives up the login that is under way in a session, if one is.
pub(super) async fn give_up(portal: &Portal, visit: &Visit) -> Result<(), PortalError> {
    if let Some(Pending::Login { id, .. }) = &visit.pending {
        second_factor::cancel(portal, visit.tenant, *id).await?;
    }
    Ok(())
}

/// Whether a login was answered long ago and looked at by nobody: then it proves nothing now.
pub(super) fn is_late(login: &Versioned, now: Millis) -> bool {
    now >= login.login.expires.plus_secs(LATE_SECS)
}

/// Where somebody goes afterwards.
pub(super) fn next_of(visit: &Visit) -> String {
    match &visit.pending {
        Some(Pending::Login { next, .. }) => guard::next(next).to_owned(),
        Some(Pending::Enrol { .. } | Pending::Shown(_)) | None => "/".to_owned(),
    }
}

/// How long after its time a login may be looked at: a page asks every two seconds.
const LATE_SECS: u64 = 30;
/// How a prompt begins that says which factors there are.
const OFFERING: &str = "AuthX code";
