//! A forgotten password.

use super::{
    Access, Portal,
    companies::{company, several},
    error::PortalError,
    fields::Fields,
    form::Form,
    page::{Chrome, render, render_as},
    routes::{Route, get, post},
    second_factor,
    sign_in::{sentence, with_cookie},
    who::Visitor,
};
use crate::{
    admin::{
        AdminError,
        passwords::PasswordRuleError,
        reset,
        sessions::{self, From, Pending},
        sign_up::{self, SignUpError},
    },
    serve::to_the_end,
};
use askama::Template;
use authx_core::name::Name;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/forgot", Access::Public, page),
        post("/forgot", Access::Public, ask),
        get("/reset", Access::Public, link),
        post("/reset", Access::Public, choose),
    ]
}

#[derive(Template)]
#[template(path = "portal/forgot.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    sent: bool,
    mails: bool,
    several: bool,
}

#[derive(Template)]
#[template(path = "portal/reset.html")]
struct Choose {
    chrome: Chrome,
    form: Form,
}

async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    form: Form,
    sent: bool,
) -> Result<Page, PortalError> {
    let chrome = visitor.chrome(portal, "Forgotten password");
    let several = several(portal).await?;
    Ok(Page { chrome, form, sent, mails: portal.app().mail.is_some(), several })
}

async fn page(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, PortalError> {
    Ok(render(&shown(&portal, &visitor, Form::new(), false).await?).into_response())
}

/// The same answer whoever it is, at once: who is written to is found out behind it.
async fn ask(
    State(portal): State<Portal>,
    visitor: Visitor,
    from: From,
    fields: Fields,
) -> Result<Response, PortalError> {
    let typed = fields.text("name");
    let Ok(name) = Name::new(typed) else {
        let mut form = Form::sent(&fields);
        form.refuse("name", "Type the name with which you sign in, as in anna@example.com.");
        let page = shown(&portal, &visitor, form, false).await?;
        return Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
    };
    let (now, source) = (portal.app().now()?, from.source());
    let wait = portal.forgotten().wait_millis(now, &source);
    if wait > 0 {
        let mut form = Form::sent(&fields);
        let secs = wait.div_ceil(1_000);
        form.fault = Some(format!("Many asked from this network. Wait {secs} s, then ask again."));
        let page = shown(&portal, &visitor, form, false).await?;
        return Ok(render_as(StatusCode::TOO_MANY_REQUESTS, &page).into_response());
    }
    portal.forgotten().count(now, &source);
    let asked = (portal.clone(), fields.text("company").to_owned());
    tokio::spawn(async move {
        let (portal, named) = asked;
        let found = company(&portal, &named, &name).await;
        let asked = match found {
            Ok(Some(tenant)) => reset::ask(portal.app(), &from, tenant, &name).await,
            Ok(None) => Ok(()),
            Err(error) => Err(AdminError::Damaged(error.to_string())),
        };
        if let Err(error) = asked {
            tracing::warn!(%error, "nobody was mailed a link for a new password");
        }
    });
    Ok(render(&shown(&portal, &visitor, Form::new(), true).await?).into_response())
}

async fn link(State(portal): State<Portal>, visitor: Visitor) -> Response {
    let chrome = visitor.chrome(&portal, "Choose a new password");
    render(&Choose { chrome, form: Form::new() }).into_response()
}

/// A new password behind a right link: it counts when the second factor was given.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else went wrong is the page's own trouble"
)]
async fn choose(
    State(portal): State<Portal>,
    visitor: Visitor,
    from: From,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let begun = {
        let (portal, fields, from) = (portal.clone(), fields.clone(), from.clone());
        to_the_end(async move { begin(&portal, &from, &fields).await }).await
    };
    let mut form = Form::sent(&fields);
    match begun {
        Ok(cookie) => return Ok(with_cookie(&headers, &cookie, "/sign-in/confirm")),
        Err(Stopped::Error(error)) => return Err(error),
        Err(Stopped::NoFactor) => {
            form.fault = Some(
                "This account has no second factor, which is needed for a new password too. Ask \
                 an administrator for a new link."
                    .to_owned(),
            );
        }
        Err(Stopped::SignUp(error)) => {
            let text = sentence(&error);
            match error {
                SignUpError::Password(PasswordRuleError::Refused(_)) => {
                    form.refuse("password", text);
                }
                SignUpError::Link | SignUpError::Slip(_) => form.refuse("link", text),
                error => return Err(error.into()),
            }
        }
    }
    let chrome = visitor.chrome(&portal, "Choose a new password");
    let page = Choose { chrome, form };
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

enum Stopped {
    Error(PortalError),
    NoFactor,
    SignUp(SignUpError),
}

impl<E: Into<PortalError>> std::convert::From<E> for Stopped {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else went wrong is the page's own trouble"
    )]
    fn from(error: E) -> Self {
        match error.into() {
            PortalError::SignUp(error) => Self::SignUp(error),
            error => Self::Error(error),
        }
    }
}

async fn begin(portal: &Portal, from: &From, fields: &Fields) -> Result<sessions::Cookie, Stopped> {
    let app = portal.app();
    let token = fields.text("link");
    let found = reset::look(app, token).await?;
    let (tenant, account) = (found.tenant, found.account);
    let means = sign_up::means(app, tenant, account).await?;
    if means.is_none() && !means.recovery {
        return Err(Stopped::NoFactor);
    }
    let cookie = sessions::begin(app, tenant, account, from, &Pending::Enrol { phone: None });
    let cookie = cookie.await?;
    let visit = sessions::find(app, &cookie, true).await?.ok_or(PortalError::SessionOver)?;
    let typed = Zeroizing::new(fields.raw("password").to_owned());
    let kept = match reset::choose(app, token, &visit, typed).await {
        Ok(kept) => kept,
        Err(error) => {
            sessions::end(app, &visit, visit.id).await?;
            return Err(error.into());
        }
    };
    let name = Name::new(&found.name).map_err(|error| AdminError::Damaged(error.to_string()))?;
    let login = second_factor::vouched(portal, tenant, name, from).await?;
    let (id, next) = (login.login.id, "/".to_owned());
    let pending = Pending::Login { id, seq: 0, next, reset: Some(kept) };
    sessions::set_pending(app, &visit, Some(pending)).await?;
    Ok(cookie)
}
