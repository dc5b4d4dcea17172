//! Groups: who belongs together.

mod list;
mod members;
mod one;

use super::{
    Access, Portal,
    error::PortalError,
    guard,
    routes::{Route, get, post},
    undo::Undo,
    who::Who,
};
use crate::admin::{
    accounts::AccountError,
    groups::{self, Group, GroupError},
};
use authx_core::{GroupId, role::Permission};
use axum::{http::HeaderMap, response::Response};

pub(super) fn routes() -> Vec<Route> {
    let reads = Access::May(Permission::GroupsRead);
    let writes = Access::May(Permission::GroupsWrite);
    vec![
        get("/groups", reads, list::page),
        post("/groups", writes, list::create),
        get("/groups/new", writes, list::new),
        get("/groups/{group}", reads, one::page),
        post("/groups/{group}/members", writes, members::add),
        post("/groups/{group}/members/{user}/remove", writes, members::remove),
        post("/groups/{group}/members/{user}/add", writes, members::put_back),
        post("/groups/{group}/name", writes, one::rename),
        // The order decides whose policy counts.
        post("/groups/{group}/place", Access::StepUp(Permission::PoliciesWrite), one::place),
        post("/groups/{group}/remove", writes, one::remove),
        post("/groups/{group}/put-back", writes, one::put_back),
    ]
}

/// The group that a path names; another company's is not there.
async fn named(portal: &Portal, who: &Who, text: &str) -> Result<Group, PortalError> {
    let id: GroupId = text.parse().map_err(|_| PortalError::NotFound)?;
    groups::get(portal.app(), who.tenant(), id).await.map_err(trouble)
}

/// What no field of a form is to blame for.
fn trouble(error: GroupError) -> PortalError {
    match error {
        GroupError::Admin(error) | GroupError::Account(AccountError::Admin(error)) => error.into(),
        GroupError::Unknown(_) | GroupError::Account(AccountError::Unknown(_)) => {
            PortalError::NotFound
        }
        GroupError::Account(_)
        | GroupError::Name(_)
        | GroupError::NameTaken(_)
        | GroupError::DecidesFactor(_)
        | GroupError::NotRemoved(_)
        | GroupError::PolicyInForce(_)
        | GroupError::TooMany
        | GroupError::TooManyAtOnce(_)
        | GroupError::TooManyOfUser(_) => PortalError::Refused(error.to_string()),
    }
}

/// Sends a browser on to a page that says what has been done, and how it is undone.
pub(super) async fn done(
    portal: &Portal,
    who: &Who,
    headers: &HeaderMap,
    to: &str,
    text: String,
    undo: Option<Undo>,
) -> Result<Response, PortalError> {
    who.say(portal, text, undo).await?;
    Ok(guard::redirect(headers, to))
}
