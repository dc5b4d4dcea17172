//! Applications: what is protected, how it is installed, and how it is doing.

mod keys;
mod list;
mod package;
mod protect;
mod settings;
mod show;

use super::{
    Access, Portal,
    badge::Badge,
    error::PortalError,
    nav::Place,
    once,
    page::Chrome,
    routes::{Route, get, post},
    sign_in::sentence,
    who::Who,
    words::Times,
};
use crate::admin::{
    applications::{self, Application, ApplicationError, ApplicationKind, Group, State},
    keys::KeyError,
};
use authx_core::{ApplicationId, role::Permission};

pub(super) fn routes() -> Vec<Route> {
    let read = Access::May(Permission::ApplicationsRead);
    let write = Access::May(Permission::ApplicationsWrite);
    let with_keys = Access::StepUp(Permission::KeysWrite);
    let with_step_up = Access::StepUp(Permission::ApplicationsWrite);
    let as_policy = Access::StepUp(Permission::PoliciesWrite);
    vec![
        get("/applications", read, list::page),
        get("/applications/protect", write, protect::page),
        post("/applications/protect", with_keys, protect::protect),
        get("/applications/{id}", read, show::overview),
        get("/applications/{id}/install", read, show::install),
        get("/applications/{id}/policy", read, show::policy),
        get("/applications/{id}/keys", read, keys::page),
        post("/applications/{id}/keys", with_keys, keys::add),
        post("/applications/{id}/keys/{key}/rename", with_keys, keys::rename),
        post("/applications/{id}/keys/{key}/restore", with_keys, keys::restore),
        post("/applications/{id}/keys/{key}/revoke", with_keys, keys::revoke),
        get("/applications/{id}/package", read, package::without_key),
        post("/applications/{id}/package", with_keys, package::with_new_key),
        get("/applications/{id}/settings", write, settings::page),
        post("/applications/{id}/settings", with_step_up, settings::set),
        post("/applications/{id}/audience", as_policy, settings::set_audience),
        get("/applications/{id}/delete", write, settings::asked),
        post("/applications/{id}/delete", with_keys, settings::delete),
    ]
}

/// The application that a path names, and what stands around its pages.
struct Shown {
    application: Application,
    kind: Option<ApplicationKind>,
    state: Badge,
    facts: String,
    tabs: Vec<(String, &'static str, bool)>,
}

impl Shown {
    async fn of(portal: &Portal, who: &Who, id: &str, tab: &str) -> Result<Self, PortalError> {
        let id: ApplicationId = id.parse().map_err(|_| PortalError::NotFound)?;
        let application = applications::get(portal.app(), who.tenant(), id).await;
        let application = application.map_err(trouble)?;
        let times = who.alone(portal, "").times;
        Ok(Self {
            kind: ApplicationKind::from_word(&application.kind),
            state: badge(&application, &times),
            facts: format!("{} · {}", title(&application), audience(&application)),
            tabs: tabs(who, &application, tab),
            application,
        })
    }

    fn path(&self) -> String {
        format!("/applications/{}", self.application.id)
    }

    fn chrome(&self, portal: &Portal, who: &Who) -> Chrome {
        who.chrome(portal, &self.application.name, Place::Applications)
    }
}

fn tabs(who: &Who, application: &Application, tab: &str) -> Vec<(String, &'static str, bool)> {
    let all = [
        ("", "Overview", Permission::ApplicationsRead),
        ("/install", "Install", Permission::ApplicationsRead),
        ("/keys", "Keys", Permission::ApplicationsRead),
        ("/policy", "Policy", Permission::ApplicationsRead),
        ("/settings", "Settings", Permission::ApplicationsWrite),
    ];
    let path = |part| format!("/applications/{}{part}", application.id);
    let seen = all.into_iter().filter(|(_, _, needed)| who.may(*needed));
    seen.map(|(part, words, _)| (path(part), words, part == tab)).collect()
}

/// How an application is doing, in a word.
fn badge(application: &Application, times: &Times) -> Badge {
    match (application.state, application.last_contact) {
        (State::InUse, _) => Badge::in_use(),
        (State::NoKey, _) => Badge::no_key(),
        (State::Silent, Some(last)) => Badge::silent_since(times.when(last.0).words()),
        (State::SwitchedOff, _) => Badge::switched_off(),
        (State::Silent | State::Waiting, _) => Badge::unused(),
    }
}

fn title(application: &Application) -> &str {
    match ApplicationKind::from_word(&application.kind) {
        Some(kind) => kind.title(),
        None => &application.kind,
    }
}

/// Who may use it, in a few words.
fn audience(application: &Application) -> String {
    match &application.groups {
        _ if application.state == State::SwitchedOff => "for nobody".to_owned(),
        None => "for everyone".to_owned(),
        Some(groups) if groups.is_empty() => "for nobody".to_owned(),
        Some(groups) => format!("for {}", names(groups)),
    }
}

fn names(groups: &[Group]) -> String {
    groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What no form of these pages can lead to: the thing itself is gone.
fn trouble(error: ApplicationError) -> PortalError {
    match error {
        ApplicationError::Admin(error) => error.into(),
        ApplicationError::Name(_)
        | ApplicationError::NameTaken(_)
        | ApplicationError::NotForHand
        | ApplicationError::SamePerson { .. }
        | ApplicationError::Unknown(_)
        | ApplicationError::UnknownGroup(_) => PortalError::NotFound,
    }
}

fn key_trouble(error: KeyError) -> PortalError {
    match error {
        KeyError::Admin(error) => error.into(),
        KeyError::Application(error) => trouble(error),
        KeyError::NameTaken(_)
        | KeyError::NotRestorable
        | KeyError::TooMany
        | KeyError::Unknown(_) => PortalError::NotFound,
    }
}
