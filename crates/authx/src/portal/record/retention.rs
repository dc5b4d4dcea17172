//! How long the record is kept.

use super::super::{
    Access, Portal,
    error::PortalError,
    fields::Fields,
    form::Form,
    guard::redirect,
    nav::Place,
    page::{Chrome, render, render_as},
    routes::{Route, get, post},
    settings::{Tab, tabs},
    undo::{Seen, Undo},
    who::Who,
    words::count,
};
use crate::admin::retention::{self, RetentionError, Standing};
use askama::Template;
use authx_core::{Millis, audit::Retention, role::Permission};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(PATH, Access::May(Permission::SettingsRead), page),
        post(PATH, Access::StepUp(Permission::SettingsWrite), set),
    ]
}

#[derive(Template)]
#[template(path = "portal/record/retention.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    may_write: bool,
    tabs: Vec<Tab>,
    removed: String,
    last_removed: Option<Millis>,
}

async fn page(State(portal): State<Portal>, who: Who) -> Result<Response, PortalError> {
    let standing = retention::standing(portal.app(), who.tenant()).await?;
    let days = |days: Option<u32>| days.map(|days| days.to_string()).unwrap_or_default();
    let mut form = Form::new()
        .with("logins_days", days(standing.retention.logins_days))
        .with("actions_days", days(standing.retention.actions_days));
    if standing.retention.hold {
        form = form.with("hold", "on");
    }
    Ok(render(&view(&portal, &who, form, standing)).into_response())
}

async fn set(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let app = portal.app();
    let seen = Seen::of(&portal, &who, &fields).await?;
    let mut form = Form::sent(&fields);
    let new = Retention {
        logins_days: days(&mut form, &fields, "logins_days"),
        actions_days: days(&mut form, &fields, "actions_days"),
        hold: fields.has("hold"),
    };
    let standing = retention::standing(app, who.tenant()).await?;
    let before = standing.retention;
    seen.check("The time for the record", &before)?;
    if !form.is_good() {
        let page = view(&portal, &who, form, standing);
        return Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
    }
    if new != standing.retention {
        match retention::set(app, &seen.by, who.tenant(), new).await {
            Ok(()) => {}
            Err(RetentionError::Admin(error)) => return Err(error.into()),
            Err(error) => {
                form.fault = Some(error.to_string());
                let page = view(&portal, &who, form, standing);
                return Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
            }
        }
        who.say(&portal, told(new), Some(back(before).while_it_is(&new))).await?;
    }
    Ok(redirect(&headers, PATH))
}

/// What goes from now on.
fn told(retention: Retention) -> String {
    let kept = |days: Option<u32>| match days {
        Some(days) => format!("{days} days"),
        None => "for ever".to_owned(),
    };
    let Retention { logins_days, actions_days, hold } = retention;
    let held = if hold { " Nothing is removed while the record is held." } else { "" };
    format!(
        "Logins are kept {}, administrators' actions {}.{held}",
        kept(logins_days),
        kept(actions_days)
    )
}

/// The form that says it again. What was removed meanwhile stays away.
fn back(before: Retention) -> Undo {
    let days = |days: Option<u32>| days.map(|days| days.to_string()).unwrap_or_default();
    Undo::at(PATH)
        .with("logins_days", days(before.logins_days))
        .with("actions_days", days(before.actions_days))
        .with_all("hold", before.hold.then_some("on"))
}

/// Empty is for ever.
fn days(form: &mut Form, fields: &Fields, name: &'static str) -> Option<u32> {
    let text = fields.text(name);
    if text.is_empty() {
        return None;
    }
    let (least, most) = (Retention::LEAST_DAYS, Retention::MOST_DAYS);
    let read = text.parse().ok().filter(|days| (least..=most).contains(days));
    if read.is_none() {
        form.refuse(name, format!("“{text}” is not {least} to {most} days. Try 365."));
    }
    read
}

fn view(portal: &Portal, who: &Who, form: Form, standing: Standing) -> Page {
    Page {
        chrome: who.chrome(portal, "How long the record is kept", Place::Settings),
        form,
        may_write: who.may(Permission::SettingsWrite),
        tabs: tabs(who, PATH),
        removed: count(standing.removed),
        last_removed: standing.last_removed,
    }
}

const PATH: &str = "/settings/record";
