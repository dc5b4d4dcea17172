//! What somebody would be asked somewhere, and which layer says so.

use super::{
    in_force::{Row, row},
    trouble,
};
use crate::{
    admin::{
        applications,
        what_if::{self, Answer, WhatIfError, Wish},
    },
    portal::{
        Portal,
        error::PortalError,
        form::Form,
        logins::words,
        nav::Place,
        page::{Chrome, render_as},
        sign_in::sentence,
        who::Who,
        words::Zone,
    },
};
use askama::Template;
use authx_core::{
    ApplicationId,
    policy::{FirstFactorKind, Setting},
    role::Permission,
    wire::login::LoginState,
};
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/policies/what_if.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    applications: Vec<(String, String)>,
    not_offered: String,
    answer: Option<Shown>,
    writes: bool,
}

/// An answer in words.
struct Shown {
    /// `good`, `warn` or `bad`.
    tone: &'static str,
    icon: &'static str,
    verdict: &'static str,
    text: String,
    first: &'static str,
    /// What the user may answer: word, and what it means.
    offers: Vec<(String, String)>,
    network: &'static str,
    /// What decided, where that is no policy.
    because: &'static str,
    rows: Vec<Row>,
    at: authx_core::Millis,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let (app, tenant) = (portal.app(), who.tenant());
    let query = query.unwrap_or_default();
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), crate::portal::fields::readable(value.trim())))
        .collect();
    let mut form = Form::typed(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut answer = None;
    // A link that leads here may leave it empty.
    let is_blank = |text: &str| !text.is_empty() && text.trim().is_empty();
    if form_urlencoded::parse(query.as_bytes())
        .any(|(name, text)| name == "user" && is_blank(&text))
    {
        form.refuse("user", "A name is missing: type it as at the VPN.");
    }
    let asked = !form.value("user").is_empty() && !form.value("application").is_empty();
    let zone = Zone::named(&who.visit.settings.time_zone).unwrap_or_else(Zone::utc);
    if asked && let Some((id, wish)) = read(&mut form, &zone) {
        match what_if::ask(app, tenant, &wish).await {
            Ok(found) => answer = Some(Shown::of(&found, id)),
            Err(WhatIfError::Admin(error)) => return Err(error.into()),
            Err(WhatIfError::Login(error)) => return Err(error.into()),
            Err(WhatIfError::Policy(error)) => return Err(trouble(error)),
            Err(WhatIfError::Application(_)) => return Err(PortalError::NotFound),
            Err(error @ (WhatIfError::Name(_) | WhatIfError::Nobody(_))) => {
                form.refuse("user", sentence(&error));
            }
        }
    }
    let status = if form.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let known = applications::list(app, tenant).await?;
    let page = Page {
        chrome: who.chrome(&portal, "What if …", Place::Policies),
        applications: words::offered(&known, form.value("application")),
        not_offered: words::not_offered(&known),
        form,
        answer,
        writes: who.may(Permission::PoliciesWrite),
    };
    Ok(render_as(status, &page).into_response())
}

/// Reads what was asked, and says at its field what cannot be.
fn read(form: &mut Form, zone: &Zone) -> Option<(ApplicationId, Wish)> {
    let application = form.value("application").parse();
    if application.is_err() {
        form.refuse("application", "Choose an application.");
    }
    let (address, at) = (form.value("address").to_owned(), form.value("at").to_owned());
    let address = match address.as_str() {
        "" => None,
        text => {
            let read = text.parse().ok();
            if read.is_none() {
                let fault = format!("“{text}” is no address. One is 192.0.2.7 or 2001:db8::7.");
                form.refuse("address", fault);
            }
            read
        }
    };
    let at = match at.as_str() {
        "" => None,
        text => {
            let read = zone.moment(text);
            if read.is_none() {
                let fault = format!("“{text}” is no moment. One looks like 2026-11-30T08:15.");
                form.refuse("at", fault);
            }
            read
        }
    };
    let (user, autologin) = (form.value("user").to_owned(), form.ticked("autologin"));
    let application = application.ok().filter(|_| form.is_good())?;
    Some((application, Wish { application, user, address, at, autologin }))
}

impl Shown {
    fn of(answer: &Answer, application: ApplicationId) -> Self {
        let Answer { foreseen, at, in_force, decided_by } = answer;
        let view = &foreseen.view;
        let (tone, icon, verdict) = match view.state {
            LoginState::Allowed => ("warn", "#i-shield", "Let in without a second factor"),
            LoginState::Refused => ("bad", "#i-ban", "Refused"),
            LoginState::AwaitingPhone => ("good", "#i-smartphone", "A phone rings at once"),
            LoginState::AwaitingInput
            | LoginState::AwaitingCode
            | LoginState::Cancelled
            | LoginState::Delivering
            | LoginState::Expired => ("good", "#i-key-round", "Asked for a second factor"),
        };
        let reason = view.reason.as_ref().map(|reason| {
            // No login has this support code.
            reason.text.rsplit_once(" [").map_or(reason.text.as_str(), |(text, _)| text)
        });
        let prompt = view.prompt.as_ref();
        let text = reason.or(prompt.map(|prompt| prompt.text.as_str())).unwrap_or_default();
        let offers = prompt.into_iter().flat_map(|prompt| &prompt.offers);
        let setting = |path: &&'static str| row(in_force, Some(application), Setting::at(path)?);
        Self {
            tone,
            icon,
            verdict,
            text: text.to_owned(),
            first: first_factor(foreseen.first_factor),
            offers: offers.map(|offer| (offer.word.clone(), offer.hint.clone())).collect(),
            network: match foreseen.known_network {
                Some(true) => "The phone shows this network as one that was used before.",
                Some(false) => "The phone shows this network as a new one.",
                None => "",
            },
            because: match foreseen.by.as_deref() {
                _ if foreseen.refused.is_some() => {
                    foreseen.refused.map_or("", |reason| reason.entry().operator)
                }
                Some("bypass") => "A bypass is open for this user: an administrator gave it.",
                Some("pilot") => {
                    "The application is on trial with a group in which the user is not."
                }
                _ => "",
            },
            rows: decided_by.iter().filter_map(setting).collect(),
            at: *at,
        }
    }
}

fn first_factor(kind: FirstFactorKind) -> &'static str {
    match kind {
        FirstFactorKind::AccessServer => "proved to Access Server",
        FirstFactorKind::Certificate => "a certificate with the user’s name",
        FirstFactorKind::Pam => "proved to the VPN host (PAM)",
        FirstFactorKind::Password => "the right password",
        FirstFactorKind::Portal => "proved to the portal",
    }
}
