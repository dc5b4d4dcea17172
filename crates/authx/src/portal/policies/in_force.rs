//! What is in force somewhere for somebody, with the source of every value.

use super::{said::value_of, trouble};
use crate::{
    admin::{
        accounts::{self, AccountError},
        applications, groups,
        policies::{GLOBAL, InForce, Scope, in_force},
    },
    portal::{
        Portal,
        error::PortalError,
        form::Form,
        logins::words,
        nav::Place,
        page::{Chrome, render_as},
        who::Who,
    },
};
use askama::Template;
use authx_core::{
    ApplicationId, GroupId,
    policy::{Origin, SETTINGS, Setting, Source},
    role::Permission,
};
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/policies/in_force.html")]
struct Page {
    chrome: Chrome,
    title: String,
    form: Form,
    applications: Vec<(String, String)>,
    not_offered: String,
    groups: Vec<(String, String)>,
    user: Option<String>,
    user_groups: Vec<(GroupId, String)>,
    rows: Vec<Row>,
    layers: Vec<Layer>,
    writes: bool,
}

/// One setting, what it is here, and which layer says so.
pub(in super::super) struct Row {
    pub(in super::super) path: &'static str,
    pub(in super::super) title: &'static str,
    pub(in super::super) about: &'static str,
    pub(in super::super) value: String,
    pub(in super::super) icon: &'static str,
    pub(in super::super) from: String,
    pub(in super::super) overrides: String,
    /// Where it is changed.
    pub(in super::super) edit: String,
}

/// A document that has a say here.
struct Layer {
    icon: &'static str,
    name: String,
    target: String,
}

/// What is looked at.
#[derive(Default)]
struct Wanted {
    application: Option<ApplicationId>,
    group: Option<GroupId>,
    user: String,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let wanted = Wanted::of(query.as_deref().unwrap_or_default())?;
    let (app, tenant) = (portal.app(), who.tenant());
    let mut form = Form::new().with("user", wanted.user.as_str());
    let mut user = None;
    if !wanted.user.is_empty() {
        match accounts::find(app, tenant, &wanted.user).await {
            Ok(account) => user = Some(account),
            Err(AccountError::Admin(error)) => return Err(error.into()),
            Err(_) => form.refuse(
                "user",
                format!("Nobody is called “{}”. Type a name or an alias.", wanted.user),
            ),
        }
    }
    let scope = Scope {
        application: wanted.application,
        group: wanted.group,
        user: user.as_ref().map(|user| user.id),
    };
    let found = in_force(app, tenant, scope).await.map_err(trouble)?;
    let status = if form.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    form = form
        .with("application", wanted.application.map_or_else(String::new, |id| id.to_string()))
        .with("group", wanted.group.map_or_else(String::new, |id| id.to_string()));
    let known = applications::list(app, tenant).await?;
    let all = groups::list(app, tenant).await?.into_iter();
    let user = user.map(|user| user.name);
    let title = title(&found, user.as_deref());
    let page = Page {
        chrome: who.chrome(&portal, &title, Place::Policies),
        title,
        applications: words::applications(&known, form.value("application")),
        not_offered: words::not_offered(&known),
        form,
        groups: std::iter::once((String::new(), "No group".to_owned()))
            .chain(all.map(|one| (one.id.to_string(), one.name)))
            .collect(),
        user,
        user_groups: found.groups.clone(),
        rows: SETTINGS
            .iter()
            .filter_map(|setting| row(&found, wanted.application, setting))
            .collect(),
        layers: layers(&found, wanted.application),
        writes: who.may(Permission::PoliciesWrite),
    };
    Ok(render_as(status, &page).into_response())
}

impl Wanted {
    fn of(query: &str) -> Result<Self, PortalError> {
        let mut wanted = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            let unknown = |_| PortalError::NotFound;
            match &*name {
                _ if value.is_empty() => {}
                "application" => wanted.application = Some(value.parse().map_err(unknown)?),
                "group" => wanted.group = Some(value.parse().map_err(unknown)?),
                "user" => wanted.user = value.chars().take(200).collect(),
                _ => {}
            }
        }
        Ok(wanted)
    }
}

/// “What Contractors meet at Berlin VPN”.
fn title(found: &InForce, user: Option<&str>) -> String {
    let group = found.groups.first().map(|(_, name)| name.as_str());
    let who = user.or(group).unwrap_or("everybody");
    match &found.application {
        Some(application) => format!("What {who} meets at {application}"),
        None => format!("What {who} meets"),
    }
}

/// A setting as it counts here; none where nothing says what it is.
pub(in super::super) fn row(
    found: &InForce,
    application: Option<ApplicationId>,
    setting: &'static Setting,
) -> Option<Row> {
    let (first, rest) = found.sources.get(setting.path)?.split_first()?;
    let said = |source: &Source| {
        format!("{}: {}", called(found, source.origin), value_of(setting, &source.value))
    };
    let overrides: Vec<String> = rest.iter().map(said).collect();
    Some(Row {
        path: setting.path,
        title: setting.title,
        about: setting.about,
        value: value_of(setting, &first.value),
        icon: icon(first.origin),
        from: called(found, first.origin),
        overrides: overrides.join(" · "),
        edit: most_exact(found, application, setting),
    })
}

/// What a layer is called.
pub(in super::super) fn called(found: &InForce, origin: Origin) -> String {
    match origin {
        Origin::Application | Origin::Group(_) => found.name(origin).to_owned(),
        Origin::Default => "Built in".to_owned(),
        Origin::Tenant => "Global".to_owned(),
    }
}

fn icon(origin: Origin) -> &'static str {
    match origin {
        Origin::Application => "#i-shield",
        Origin::Default => "#i-settings",
        Origin::Group(_) => "#i-users",
        Origin::Tenant => "#i-sliders-horizontal",
    }
}

/// The document whose change counts for exactly what is looked at.
fn most_exact(found: &InForce, application: Option<ApplicationId>, setting: &Setting) -> String {
    let group = found.groups.first().filter(|_| setting.not_for_groups.is_none());
    match (group, application) {
        (Some((id, _)), _) => id.to_string(),
        (None, Some(id)) => id.to_string(),
        (None, None) => GLOBAL.to_owned(),
    }
}

fn layers(found: &InForce, application: Option<ApplicationId>) -> Vec<Layer> {
    let groups = found.groups.iter().map(|(id, name)| Layer {
        icon: icon(Origin::Group(*id)),
        name: name.clone(),
        target: id.to_string(),
    });
    let application = application.map(|id| Layer {
        icon: icon(Origin::Application),
        name: called(found, Origin::Application),
        target: id.to_string(),
    });
    let tenant = Layer {
        icon: icon(Origin::Tenant),
        name: called(found, Origin::Tenant),
        target: GLOBAL.to_owned(),
    };
    groups.chain(application).chain([tenant]).collect()
}
