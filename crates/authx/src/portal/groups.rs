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
    groups::{self, Decides, Group, GroupError},
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
        post("/groups/{group}/members", writes, members::add).weighing(),
        post("/groups/{group}/members/{user}/remove", writes, members::remove).weighing(),
        post("/groups/{group}/members/{user}/add", writes, members::put_back).weighing(),
        post("/groups/{group}/name", writes, one::rename),
        // The order decides whose policy counts.
        post("/groups/{group}/place", Access::StepUp(Permission::PoliciesWrite), one::place),
        post("/groups/{group}/remove", writes, one::remove).weighing(),
        post("/groups/{group}/put-back", writes, one::put_back).weighing(),
    ]
}

/// The group that a path names; another company's is not there.
async fn named(portal: &Portal, who: &Who, text: &str) -> Result<Group, PortalError> {
    let id: GroupId = text.parse().map_err(|_| PortalError::NotFound)?;
    groups::get(portal.app(), who.tenant(), id).await.map_err(trouble)
}

/// Who is put into a group that decides about the second factor is let off as by a bypass, and a
/// group that goes or comes takes its policy with it: like those, that takes a fresh second factor.
/// Whoever may not decide on policies is refused later, without having confirmed anything.
pub(super) async fn weigh(
    portal: &Portal,
    who: &Who,
    group: GroupId,
    deed: Decides,
) -> Result<(), PortalError> {
    let decides = who.may(Permission::PoliciesWrite)
        && groups::decides(portal.app(), who.tenant(), group, deed).await?;
    if decides { who.check_fresh(portal) } else { Ok(()) }
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
