//! One's own passkeys: made, named, removed.

use super::done;
use crate::{
    admin::passkeys::{self, Asked, PasskeyError},
    portal::{
        Access, Portal,
        error::PortalError,
        fields::Fields,
        form::Form,
        page::{Chrome, render_as},
        routes::{Route, get, post},
        second_factor,
        sign_in::sentence,
        who::Who,
    },
};
use askama::Template;
use authx_core::{PasskeyId, name::Name};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/me/passkey", Access::OwnStepUp, new),
        post("/me/passkey", Access::OwnStepUp, add),
        post("/me/passkeys/{passkey}/remove", Access::OwnStepUp, remove),
    ]
}

#[derive(Template)]
#[template(path = "portal/me_passkey.html")]
struct PasskeyPage {
    chrome: Chrome,
    form: Form,
    asked: Asked,
}

async fn new(State(portal): State<Portal>, who: Who) -> Result<Response, PortalError> {
    let form = Form::new().with("name", second_factor::browser(&who.visit.from.browser));
    show(&portal, &who, form).await
}

async fn show(portal: &Portal, who: &Who, form: Form) -> Result<Response, PortalError> {
    let asked = passkeys::ask_new(portal.app(), who.visit.tenant, who.visit.account).await?;
    let good = form.is_good();
    let status = if good { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let chrome = who.alone(portal, "Add a passkey");
    Ok(render_as(status, &PasskeyPage { chrome, form, asked }).into_response())
}

async fn add(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let visit = &who.visit;
    let (name, state, answer) =
        (fields.text("name"), fields.raw("state"), fields.raw("credential"));
    let (tenant, account) = (visit.tenant, visit.account);
    if fields.text("only") == "name" {
        return judge_name(&portal, &who, &fields).await;
    }
    let added =
        passkeys::add(portal.app(), &visit.actor(), tenant, account, name, state, answer).await;
    let mut form = Form::sent(&fields);
    match added {
        Ok(_) => return done(&portal, &who, &headers, "Passkey added.").await,
        Err(PasskeyError::Name(error)) => {
            form.refuse("name", sentence(&error));
        }
        Err(error @ (PasskeyError::Declined | PasskeyError::Over)) => {
            form.fault = Some(sentence(&error));
        }
        Err(error) => return Err(error.into()),
    }
    show(&portal, &who, form).await
}

/// Whether a name can be one, before a device makes a passkey: it would keep one that nobody knows
/// of.
async fn judge_name(portal: &Portal, who: &Who, fields: &Fields) -> Result<Response, PortalError> {
    let Err(error) = Name::new(fields.text("name")) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let mut form = Form::sent(fields);
    form.refuse("name", sentence(&error));
    show(portal, who, form).await
}

async fn remove(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(passkey): Path<String>,
) -> Result<Response, PortalError> {
    let id: PasskeyId = passkey.parse().map_err(|_| PortalError::NotFound)?;
    let visit = &who.visit;
    let removed =
        passkeys::remove(portal.app(), &visit.actor(), visit.tenant, visit.account, id).await?;
    done(&portal, &who, &headers, &format!("Passkey “{removed}” removed.")).await
}
