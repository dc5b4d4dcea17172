//! Policies: what is demanded of whom, where that comes from, and what another one would change.

mod edit;
mod fields;
mod history;
pub(super) mod in_force;
mod review;
mod said;
mod what_if;

pub(super) use said::{Line, set_values};

use super::{
    Access, Portal,
    error::PortalError,
    routes::{Route, get, post},
    who::Who,
};
use crate::admin::{
    accounts::AccountError,
    applications::ApplicationError,
    groups::GroupError,
    policies::{PolicyError, Shown, Target, show},
};
use authx_core::role::Permission;

pub(super) fn routes() -> Vec<Route> {
    let reads = Access::May(Permission::PoliciesRead);
    let writes = Access::May(Permission::PoliciesWrite);
    vec![
        get("/policies", reads, in_force::page),
        get("/policies/what-if", reads, what_if::page),
        get("/policies/edit/{target}", reads, edit::page),
        post("/policies/edit/{target}/review", writes, review::review),
        post("/policies/edit/{target}", Access::StepUp(Permission::PoliciesWrite), review::save),
        get("/policies/history/{target}", reads, history::page),
    ]
}

/// The document that a path names: `global`, an application's id or a group's.
fn target(text: &str) -> Result<Target, PortalError> {
    text.parse().map_err(|_| PortalError::NotFound)
}

/// A target as a path names it.
fn word(target: Target) -> String {
    target.to_string()
}

async fn shown(portal: &Portal, who: &Who, target: Target) -> Result<Shown, PortalError> {
    show(portal.app(), who.tenant(), target).await.map_err(trouble)
}

/// What people call a document.
fn called(target: Target, shown: &Shown) -> String {
    match target {
        Target::Application(_) | Target::Group(_) => shown.whose.clone(),
        Target::Tenant => "Global".to_owned(),
    }
}

/// What no field of a form is to blame for.
fn trouble(error: PolicyError) -> PortalError {
    match error {
        PolicyError::Admin(error)
        | PolicyError::Application(ApplicationError::Admin(error))
        | PolicyError::Group(
            GroupError::Admin(error) | GroupError::Account(AccountError::Admin(error)),
        ) => error.into(),
        PolicyError::Application(_) | PolicyError::Group(_) | PolicyError::UnknownVersion(_) => {
            PortalError::NotFound
        }
        PolicyError::Changed(_) | PolicyError::Invalid(_) => {
            PortalError::Refused(error.to_string())
        }
    }
}
