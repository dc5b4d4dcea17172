//! What is said of an application besides its policy; and its end.

use super::{Chrome, Portal, PortalError, Shown, Who, names, sentence, trouble};
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
        undo::{Seen, Undo},
    },
};
use askama::Template;
use authx_core::{GroupId, application::DomainSuffix, name::Name};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde::Serialize;

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
    let seen = Seen::of(&portal, &who, &fields).await?;
    let shown = Shown::of(&portal, &who, &id, "/settings").await?;
    seen.check(&shown.application.name, &Said::of(&shown.application))?;
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
        domain_suffix: Some(suffix.clone()),
        switched_off: Some(fields.has("switched_off")),
        ..SettingsChange::default()
    };
    let (app, id) = (portal.app(), shown.application.id);
    match applications::set(app, &seen.by, who.tenant(), id, &wanted).await {
        Ok(()) => {
            let to = format!("{}/settings", shown.path());
            let (before, after) = (
                Said::of(&shown.application),
                Said {
                    name: name.to_string(),
                    suffix: suffix.map(|suffix| suffix.as_str().to_owned()),
                    off: fields.has("switched_off"),
                },
            );
            let undo = (before != after).then(|| before.back(&to).while_it_is(&after));
            who.say(&portal, before.told(&after), undo).await?;
            Ok(redirect(&headers, &to))
        }
        Err(error @ ApplicationError::SamePerson { .. }) => {
            form.refuse("domain_suffix", sentence(&error));
            again(&portal, &who, shown, form).await
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
    let seen = Seen::of(&portal, &who, &fields).await?;
    let shown = Shown::of(&portal, &who, &id, "/settings").await?;
    let before = Audience::of(&shown.application);
    seen.check(&shown.application.name, &before.ids())?;
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
    let (app, id) = (portal.app(), shown.application.id);
    applications::set(app, &seen.by, who.tenant(), id, &wanted).await.map_err(trouble)?;
    let now = applications::get(app, who.tenant(), id).await.map_err(trouble)?;
    let after = Audience::of(&now);
    let undo = before.back(&format!("{}/audience", shown.path()));
    let undo = undo.filter(|_| before.ids() != after.ids());
    let undo = undo.map(|undo| undo.while_it_is(&after.ids()));
    who.say(&portal, after.told(&now.name), undo).await?;
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

/// What the first form says of an application.
#[derive(Eq, PartialEq, Serialize)]
struct Said {
    name: String,
    suffix: Option<String>,
    off: bool,
}

impl Said {
    fn of(application: &Application) -> Self {
        Self {
            name: application.name.clone(),
            suffix: application.domain_suffix.as_ref().map(|suffix| suffix.as_str().to_owned()),
            off: application.state == Doing::SwitchedOff,
        }
    }

    /// What was done, one sentence for each.
    fn told(&self, after: &Self) -> String {
        let mut told = vec![];
        if self.name != after.name {
            told.push(format!("“{}” is called “{}” now.", self.name, after.name));
        }
        match (self.off, after.off) {
            (false, true) => {
                told.push(format!("“{}” is switched off: nobody signs in there.", after.name));
            }
            (true, false) => {
                told.push(format!("“{}” is switched on: people sign in there again.", after.name));
            }
            (true, true) | (false, false) => {}
        }
        match &after.suffix {
            same if *same == self.suffix => {}
            Some(suffix) => {
                told.push(format!("Names with and without {suffix} are one person's there."));
            }
            None => told.push("Names count there as they are typed.".to_owned()),
        }
        if told.is_empty() {
            return format!("“{}” is as it was.", after.name);
        }
        told.join(" ")
    }

    /// The form that says it again.
    fn back(&self, to: &str) -> Undo {
        Undo::at(to)
            .with("name", self.name.as_str())
            .with("domain_suffix", self.suffix.as_deref().unwrap_or_default())
            .with_all("switched_off", self.off.then_some("on"))
    }
}

/// What the second form says of it.
struct Audience {
    gate: Option<Vec<applications::Group>>,
    pilot: Vec<applications::Group>,
}

impl Audience {
    fn of(application: &Application) -> Self {
        Self { gate: application.groups.clone(), pilot: application.pilot.clone() }
    }

    fn ids(&self) -> (Option<Vec<GroupId>>, Vec<GroupId>) {
        let ids = |groups: &[applications::Group]| {
            let mut ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
            ids.sort_unstable();
            ids
        };
        (self.gate.as_deref().map(ids), ids(&self.pilot))
    }

    fn told(&self, name: &str) -> String {
        let whom = match &self.gate {
            None => format!("“{name}” is for everyone"),
            Some(groups) => format!("“{name}” is for {} alone", names(groups)),
        };
        match self.pilot.as_slice() {
            [] => format!("{whom}; everyone is asked for a second factor."),
            pilot => format!("{whom}; only {} is asked for a second factor.", names(pilot)),
        }
    }

    /// The form that says it again; there is none for a gate whose groups are all gone, through
    /// which nobody comes.
    fn back(&self, to: &str) -> Option<Undo> {
        let (gate, pilot) = self.ids();
        let who = if gate.is_some() { "groups" } else { "everyone" };
        let asked = if pilot.is_empty() { "everyone" } else { "pilot" };
        let is_known = gate.as_ref().is_none_or(|gate| !gate.is_empty());
        let undo = Undo::at(to).with("who", who).with("asked", asked);
        let undo = undo.with_all("gate", gate.unwrap_or_default()).with_all("pilot", pilot);
        is_known.then_some(undo)
    }
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
        0 => return "No key of it counts any more. The record stays.".to_owned(),
        1 => "Its key stops counting".to_owned(),
        keys => format!("Its {keys} keys stop counting"),
    };
    let servers = match (application.state, application.servers) {
        (Doing::InUse, 0 | 1) => " One server still asks AuthX for it: nobody gets in there.",
        (Doing::InUse, _) => " Its servers still ask AuthX for it: nobody gets in there.",
        (Doing::NoKey | Doing::Silent | Doing::SwitchedOff | Doing::Waiting, _) => "",
    };
    format!("{keys} at once.{servers} The record stays.")
}
