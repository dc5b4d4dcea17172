//! One's own password, and with it, if that is wished, one's API tokens.

use super::done;
use crate::{
    admin::{
        accounts::AccountError,
        own::{self, OwnError},
        passwords::PasswordRuleError,
        tokens,
    },
    portal::{
        Access, Portal,
        error::PortalError,
        fields::Fields,
        form::Form,
        page::{Chrome, render_as},
        routes::{Route, get, post},
        sign_in::sentence,
        who::Who,
        words::plural,
    },
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/me/password", Access::OwnStepUp, page), post("/me/password", Access::OwnStepUp, set)]
}

#[derive(Template)]
#[template(path = "portal/me_password.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    name: String,
    /// What one's tokens are called that count: they go on with the new password.
    go_on: Vec<String>,
}

async fn page(State(portal): State<Portal>, who: Who) -> Result<Response, PortalError> {
    show(&portal, &who, Form::new()).await
}

async fn show(portal: &Portal, who: &Who, form: Form) -> Result<Response, PortalError> {
    let status = if form.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        chrome: who.alone(portal, "Change your password"),
        form,
        name: who.visit.name.clone(),
        go_on: tokens::names_of(portal.app(), who.visit.tenant, who.visit.account).await?,
    };
    Ok(render_as(status, &page).into_response())
}

async fn set(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let (app, visit) = (portal.app(), &who.visit);
    let typed = Zeroizing::new(fields.raw("password").to_owned());
    let ends_tokens = fields.has(END_SCRIPTS);
    match own::set_password(app, visit, typed, ends_tokens).await {
        Ok(()) => {
            let left = tokens::names_of(app, visit.tenant, visit.account).await?.len();
            let besides = match (ends_tokens, u64::try_from(left).unwrap_or(u64::MAX)) {
                (true, _) => ", and so have your API tokens".to_owned(),
                (false, 0) => String::new(),
                (false, many) => {
                    let go_on = plural(many, "API token of yours goes", "API tokens of yours go");
                    format!("; {go_on} on")
                }
            };
            let text =
                format!("Password changed. Every other session of yours has ended{besides}.");
            done(&portal, &who, &headers, &text).await
        }
        Err(OwnError::Account(AccountError::Password(PasswordRuleError::Refused(refused)))) => {
            let mut form = Form::sent(&fields);
            form.refuse("password", sentence(&refused));
            show(&portal, &who, form).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The box that ends one's tokens too.
const END_SCRIPTS: &str = "end_scripts";
