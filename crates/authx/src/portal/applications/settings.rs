//! What is said of an application besides its policy; and its end.

use super::{Chrome, Portal, PortalError, Shown, Who, sentence, trouble};
use crate::{
    admin::{
        applications::{self, Application, ApplicationError, SettingsChange, State as Doing},
        groups,
    },
    portal::{
        fields::Fields,
        form::Form,
        guard::redirect,
        page::{render, render_as},
    },
};
use askama::Template;
use authx_core::{GroupId, application::DomainSuffix, name::Name};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/applications/settings.html")]
struct Page {
    chrome: Chrome,
    shown: Shown,
    form: Form,
    groups: Vec<Choice>,
    warn: String,
    delete_title: String,
    delete_path: String,
}

/// A group, and what it is for here.
struct Choice {
    id: GroupId,
    name: String,
    gate: bool,
    pilot: bool,
}

#[derive(Template)]
#[template(path = "portal/applications/delete.html")]
struct Asked {
    chrome: Chrome,
    shown: Shown,
    form: Form,
    warn: String,
    label: String,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/settings").await?;
    let form = stands(&shown.application);
    Ok(render(&read(&portal, &who, shown, form).await?).into_response())
}

pub(super) async fn set(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/settings").await?;
    let audience = stands(&shown.application);
    let mut form = Form::sent(&fields)
        .with("who", audience.value("who"))
        .with("asked", audience.value("asked"));
    let name = match Name::new(fields.text("name")) {
        Ok(name) => Some(name),
        Err(error) => {
            form.refuse("name", sentence(&error));
            None
        }
    };
    let suffix = fields.text("domain_suffix");
    let suffix = if suffix.is_empty() { Ok(None) } else { DomainSuffix::new(suffix).map(Some) };
    if let Err(error) = &suffix {
        let typed = fields.text("domain_suffix");
        form.refuse("domain_suffix", format!("“{typed}” is no domain: {error}."));
    }
    let (Some(name), Ok(suffix)) = (name, suffix) else {
        return again(&portal, &who, shown, form).await;
    };
    let wanted = SettingsChange {
        name: Some(name.clone()),
        domain_suffix: Some(suffix),
        switched_off: Some(fields.has("switched_off")),
        ..SettingsChange::default()
    };
    let (app, by, id) = (portal.app(), who.actor(), shown.application.id);
    match applications::set(app, &by, who.tenant(), id, &wanted).await {
        Ok(()) => {
            who.say(&portal, format!("“{name}” changed."), None).await?;
            Ok(redirect(&headers, &format!("{}/settings", shown.path())))
        }
        Err(error @ ApplicationError::NameTaken(_)) => {
            form.refuse("name", sentence(&error));
            again(&portal, &who, shown, form).await
        }
        Err(error) => Err(trouble(error)),
    }
}

pub(super) async fn set_audience(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/settings").await?;
    let chosen = |field| -> Result<Vec<GroupId>, PortalError> {
        let ids = fields.all(field).map(str::parse);
        ids.collect::<Result<_, _>>().map_err(|_| PortalError::NotFound)
    };
    let (gate, pilot) = (chosen("gate")?, chosen("pilot")?);
    let (only, try_out) = (fields.text("who") == "groups", fields.text("asked") == "pilot");
    let mut form = stands(&shown.application)
        .with("who", fields.text("who"))
        .with("asked", fields.text("asked"));
    if only && gate.is_empty() {
        form.refuse("gate", "No group is ticked. Tick the groups whose members may sign in.");
    }
    if try_out && pilot.is_empty() {
        form.refuse("pilot", "No group is ticked. Tick the group that tries it out.");
    }
    if !form.is_good() {
        return again(&portal, &who, shown, form).await;
    }
    let wanted = SettingsChange {
        groups: Some(only.then_some(gate)),
        pilot: Some(if try_out { pilot } else { vec![] }),
        ..SettingsChange::default()
    };
    let (app, by, id) = (portal.app(), who.actor(), shown.application.id);
    applications::set(app, &by, who.tenant(), id, &wanted).await.map_err(trouble)?;
    let said = format!("“{}” changed.", shown.application.name);
    who.say(&portal, said, None).await?;
    Ok(redirect(&headers, &format!("{}/settings", shown.path())))
}

/// The page that asks, for whoever has no script.
pub(super) async fn asked(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/settings").await?;
    Ok(render(&ask(&portal, &who, shown, Form::new())).into_response())
}

pub(super) async fn delete(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/settings").await?;
    let name = shown.application.name.clone();
    if fields.text("typed") != name {
        let mut form = Form::sent(&fields);
        form.refuse("typed", format!("This is not its name. Type “{name}”."));
        let page = ask(&portal, &who, shown, form);
        return Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
    }
    let (app, by, id) = (portal.app(), who.actor(), shown.application.id);
    applications::delete(app, &by, who.tenant(), id).await.map_err(trouble)?;
    who.say(&portal, format!("“{name}” deleted."), None).await?;
    Ok(redirect(&headers, "/applications"))
}

fn ask(portal: &Portal, who: &Who, shown: Shown, form: Form) -> Asked {
    let label = format!("Type “{}” to go on", shown.application.name);
    let (chrome, warn) = (shown.chrome(portal, who), warning(&shown.application));
    Asked { chrome, shown, form, warn, label }
}

async fn again(
    portal: &Portal,
    who: &Who,
    shown: Shown,
    form: Form,
) -> Result<Response, PortalError> {
    let page = read(portal, who, shown, form).await?;
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

async fn read(portal: &Portal, who: &Who, shown: Shown, form: Form) -> Result<Page, PortalError> {
    let application = &shown.application;
    let gate = application.groups.clone().unwrap_or_default();
    let has = |own: &[applications::Group], id| own.iter().any(|group| group.id == id);
    let known = groups::list(portal.app(), who.tenant()).await?;
    let choice = |group: groups::Group| Choice {
        gate: has(&gate, group.id),
        pilot: has(&application.pilot, group.id),
        id: group.id,
        name: group.name,
    };
    let groups = known.into_iter().map(choice).collect();
    let warn = warning(application);
    let delete_title = format!("Delete {}?", application.name);
    let delete_path = format!("{}/delete", shown.path());
    let chrome = shown.chrome(portal, who);
    Ok(Page { chrome, shown, form, groups, warn, delete_title, delete_path })
}

/// The form as the application stands.
fn stands(application: &Application) -> Form {
    let suffix = application.domain_suffix.as_ref().map(DomainSuffix::as_str).unwrap_or_default();
    let who = if application.groups.is_some() { "groups" } else { "everyone" };
    let asked = if application.pilot.is_empty() { "everyone" } else { "pilot" };
    let form = Form::new()
        .with("name", application.name.as_str())
        .with("domain_suffix", suffix)
        .with("who", who)
        .with("asked", asked);
    if application.state == Doing::SwitchedOff { form.with("switched_off", "on") } else { form }
}

/// Whom a deletion shuts out.
fn warning(application: &Application) -> String {
    let keys = match application.active_keys {
        1 => "Its key stops counting".to_owned(),
        keys => format!("Its {keys} keys stop counting"),
    };
    let servers = match (application.state, application.servers) {
        (Doing::InUse, 0 | 1) => " One server still asks AuthX for it: nobody gets in there.",
        (Doing::InUse, _) => " Its servers still ask AuthX for it: nobody gets in there.",
        (Doing::Silent | Doing::SwitchedOff | Doing::Waiting, _) => "",
    };
    format!("{keys} at once.{servers} The record stays.")
}
