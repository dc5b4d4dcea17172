//! How the company is set up.

use super::{
    Access, Portal,
    error::PortalError,
    fields::Fields,
    form::Form,
    guard,
    nav::Place,
    page::{Chrome, render, render_as},
    routes::{Route, get, post},
    sign_in::sentence,
    undo::{Seen, Undo},
    who::Who,
    words::Zone,
};
use crate::admin::company::{self, Company, CompanyError};
use askama::Template;
use authx_core::role::Permission;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    use Permission::{SettingsRead, SettingsWrite};
    vec![
        get("/settings", Access::May(SettingsRead), page),
        post("/settings", Access::May(SettingsWrite), set),
    ]
}

#[derive(Template)]
#[template(path = "portal/settings.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    zones: Vec<String>,
    may_write: bool,
    tabs: Vec<Tab>,
}

/// A page of the settings: its path, its words, whether it is this one.
pub(super) type Tab = (String, &'static str, bool);

/// The pages of the settings that somebody may see.
pub(super) fn tabs(who: &Who, here: &str) -> Vec<Tab> {
    let all = [
        ("/settings", "Company", Permission::SettingsRead),
        ("/settings/administrators", "Administrators", Permission::RolesRead),
        ("/settings/tokens", "API tokens", Permission::TokensWrite),
        ("/settings/record", "Record", Permission::SettingsRead),
    ];
    let seen = all.into_iter().filter(|(_, _, needed)| who.may(*needed));
    seen.map(|(path, words, _)| (path.to_owned(), words, path == here)).collect()
}

async fn page(State(portal): State<Portal>, who: Who) -> Response {
    let settings = &who.visit.settings;
    let form = Form::new()
        .with("company", who.visit.tenant_name.clone())
        .with("time_zone", settings.time_zone.clone())
        .with("hue", settings.hue.to_string());
    render(&Page::of(&portal, &who, form)).into_response()
}

impl Page {
    fn of(portal: &Portal, who: &Who, form: Form) -> Self {
        Self {
            chrome: who.chrome(portal, "Settings", Place::Settings),
            form,
            zones: Zone::names(),
            may_write: who.may(Permission::SettingsWrite),
            tabs: tabs(who, "/settings"),
        }
    }
}

async fn set(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let seen = Seen::of(&portal, &who, &fields).await?;
    let before = company::get(portal.app(), who.tenant()).await?;
    seen.check(&before.name, &before)?;
    let mut form = Form::sent(&fields);
    // What is no number at all is none of the eight either.
    let hue = fields.text("hue").parse().unwrap_or(0);
    let wish =
        company::Wish { name: fields.text("company"), time_zone: fields.text("time_zone"), hue };
    match company::set(portal.app(), &seen.by, who.tenant(), wish).await {
        Ok(()) => {
            let after = company::get(portal.app(), who.tenant()).await?;
            let undo = Undo::at("/settings")
                .with("company", before.name.as_str())
                .with("time_zone", before.time_zone.as_str())
                .with("hue", before.hue.to_string());
            let undo = (before != after).then(|| undo.while_it_is(&after));
            return done(&portal, &who, &headers, &told(&before, &after), undo, "/settings").await;
        }
        Err(CompanyError::Admin(error)) => return Err(error.into()),
        Err(error @ CompanyError::TimeZone(_)) => form.refuse("time_zone", sentence(&error)),
        Err(CompanyError::Hue(_)) => form.refuse("hue", "One of the eight colours: 1 to 8."),
        Err(error) => form.refuse("company", sentence(&error)),
    }
    let page = Page::of(&portal, &who, form);
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

/// What was done, one sentence for each.
fn told(before: &Company, after: &Company) -> String {
    let mut told = vec![];
    if before.name != after.name {
        told.push(format!("The company is called “{}” now.", after.name));
    }
    if before.time_zone != after.time_zone {
        told.push(format!("Times are those of {} now.", after.time_zone));
    }
    if before.hue != after.hue {
        told.push("The company has another colour.".to_owned());
    }
    if told.is_empty() { "Everything is as it was.".to_owned() } else { told.join(" ") }
}

/// On to a page of the settings, with a sentence about what was done.
pub(super) async fn done(
    portal: &Portal,
    who: &Who,
    headers: &HeaderMap,
    text: &str,
    undo: Option<Undo>,
    to: &str,
) -> Result<Response, PortalError> {
    who.say(portal, text, undo).await?;
    Ok(guard::redirect(headers, to))
}
