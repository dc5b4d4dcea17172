//! What happens to a login, with what has to be read for it.

use super::{Has, LoginError, admission, begin, factors, passkey};
use crate::{
    admin::passkeys::Opened,
    app::App,
    directory::Protected,
    store::logins::{self as stored, Known},
};
use authx_core::{
    PhoneId,
    factor::Answer,
    login::{Cause, Event, FirstFactor, Login, PhoneAnswer, Reach},
    policy::{FirstFactorKind, Policy},
};
use serde_json::{Map, Value};

/// What a caller, a browser or a phone says, or the time.
#[derive(Clone, Copy)]
pub(super) enum Happened<'a> {
    Cancelled,
    PasskeyDeclined,
    Reached(PhoneId, Reach, &'a str),
    Told(Told<'a>),
    Superseded,
    Timer,
}

/// What the user says, which counts only while all else stands.
#[derive(Clone, Copy)]
pub(super) enum Told<'a> {
    Answered(&'a str),
    Passkey(&'a Opened),
    Phone(PhoneId, &'a PhoneAnswer, &'a Map<String, Value>),
}

impl<'a> Happened<'a> {
    /// The passkey that was given.
    pub(super) fn passkey(self) -> Option<&'a Opened> {
        if let Self::Told(Told::Passkey(opened)) = self { Some(opened) } else { None }
    }
}

/// The event as the rules take it, and what the user has.
pub(super) async fn event<'a>(
    app: &App,
    caller: &Protected,
    policy: &Policy,
    login: &Login,
    happened: Happened<'a>,
) -> Result<(Event<'a>, Has), LoginError> {
    let event = match happened {
        Happened::Cancelled => Event::Cancelled,
        Happened::PasskeyDeclined => Event::PasskeyDeclined,
        Happened::Reached(phone, reach, by) => Event::Reached { phone, reach, by: by.to_owned() },
        Happened::Superseded => Event::Superseded,
        Happened::Timer => Event::Timer,
        Happened::Told(what) => return said(app, caller, policy, login, what).await,
    };
    Ok((event, Has::default()))
}

async fn said<'a>(
    app: &App,
    caller: &Protected,
    policy: &Policy,
    login: &Login,
    what: Told<'a>,
) -> Result<(Event<'a>, Has), LoginError> {
    let known = known(app, caller, login).await?;
    let mut has = Has::of(app, caller, policy, login.user, &known.factors).await?;
    let first_factor = first_factor(caller, login, known.account.as_ref());
    let certificate = known.certificate;
    let event = match what {
        Told::Answered(text) => {
            let answer = Answer { text, digest: None };
            let answer = factors::hashed(app, &login.offers, &has.enrolled, answer).await?;
            Event::Answered { answer, first_factor, certificate }
        }
        Told::Passkey(opened) => {
            has.passkeys &= passkey::is_of(opened, caller, login);
            Event::Passkey { first_factor, certificate }
        }
        Told::Phone(phone, answer, evidence) => Event::Phone {
            phone,
            answer: answer.clone(),
            first_factor,
            certificate,
            evidence: evidence.clone(),
        },
    };
    Ok((event, has))
}

/// What is stored of a login's user.
pub(super) async fn known(
    app: &App,
    caller: &Protected,
    login: &Login,
) -> Result<Known, LoginError> {
    let Some(user) = login.user else { return Ok(Known::default()) };
    let certificate = admission::certificate_names(caller, login.certificate.as_ref());
    Ok(stored::user(&app.store, caller.tenant, user, certificate).await?)
}

/// What has become of the first factor since the login began.
pub(super) fn first_factor(
    caller: &Protected,
    login: &Login,
    account: Option<&stored::VisitorAccount>,
) -> FirstFactor {
    let with_password = login.first_factor == FirstFactorKind::Password;
    let stands = match account {
        None => FirstFactor::Failed(Cause::UnknownUser),
        Some(account) if !account.active => FirstFactor::Failed(Cause::AccountDisabled),
        Some(_)
            if with_password
                && begin::password_digest(caller, account) != login.password_digest =>
        {
            FirstFactor::Failed(Cause::WrongPassword)
        }
        Some(_) => FirstFactor::Proved,
    };
    admission::admit(caller, &login.groups, stands).0
}
