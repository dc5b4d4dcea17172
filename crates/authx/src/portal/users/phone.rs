//! A user's phone, and taking it away: what cannot be undone is asked about first.

use super::{Back, account, done};
use crate::{
    admin::accounts::Account,
    enrol::phones::{self, ListedPhone, PhoneError},
    portal::{
        Access, Portal,
        badge::Badge,
        error::PortalError,
        nav::Place,
        page::{Chrome, render},
        routes::{Route, get, post},
        who::Who,
    },
};
use askama::Template;
use authx_core::{
    Millis, PhoneId,
    role::Permission::FactorsWrite,
    wire::{login::Rfc3339, phone::ReachState},
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    const PATH: &str = "/users/{user}/phones/{phone}/remove";
    vec![
        get(PATH, Access::May(FactorsWrite), ask),
        post(PATH, Access::StepUp(FactorsWrite), remove),
    ]
}

pub(super) struct Phone {
    pub(super) id: PhoneId,
    pub(super) name: String,
    pub(super) platform: String,
    pub(super) state: Badge,
    pub(super) seen: Option<Millis>,
    pub(super) used: Option<Millis>,
    pub(super) words: String,
}

impl Phone {
    pub(super) fn of(chrome: &Chrome, phone: ListedPhone) -> Self {
        let since = phone.reach.since.map(|Rfc3339(at)| chrome.when(at));
        Self {
            id: phone.id,
            state: match (phone.number, phone.reach.state) {
                (None, _) => Badge::warn("Waits for its first code"),
                (Some(_), ReachState::Unreachable) => {
                    Badge::unreachable_since(since.as_ref().map_or("", |since| since.words()))
                }
                (Some(_), ReachState::Reachable) => Badge::reachable(),
                // Nothing was sent to it yet, so nobody knows.
                (Some(_), ReachState::Unknown) => Badge::plain("Not asked yet"),
            },
            seen: phone.reach.at.map(|Rfc3339(at)| at),
            used: phone.last_used.map(|Rfc3339(at)| at),
            name: phone.name,
            platform: phone.platform,
            words: phone.words.join(" "),
        }
    }
}

/// Asks before something of a user is taken away for good. Its title is the deed.
#[derive(Template)]
#[template(path = "portal/users/taken.html")]
pub(super) struct Ask {
    pub(super) chrome: Chrome,
    pub(super) way: Back,
    pub(super) to: String,
    pub(super) lines: Vec<String>,
}

async fn ask(
    State(portal): State<Portal>,
    who: Who,
    Path((user, phone_id)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let (account, found) = theirs(&portal, &who, &user, &phone_id).await?;
    let line = format!(
        "The keys of “{}” ({}) are dead at once, and nothing brings them back: {} needs a new \
         invitation.",
        found.name, found.platform, account.name
    );
    let page = Ask {
        chrome: who.chrome(&portal, &format!("Remove {}", found.name), Place::Users),
        to: format!("/users/{}/phones/{}/remove", account.id, found.id),
        way: Back::of(&account),
        lines: vec![line],
    };
    Ok(render(&page).into_response())
}

async fn remove(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path((user, phone_id)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let (account, found) = theirs(&portal, &who, &user, &phone_id).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let name = match phones::remove(app, by, tenant, found.id).await {
        Ok(name) => name,
        Err(PhoneError::Admin(error)) => return Err(error.into()),
        Err(_) => return Err(PortalError::NotFound),
    };
    let text = format!("“{name}” removed. Its keys are dead.");
    done(&portal, &who, &headers, &text, None, &format!("/users/{}", account.id)).await
}

/// A phone that is this user's.
async fn theirs(
    portal: &Portal,
    who: &Who,
    user: &str,
    phone: &str,
) -> Result<(Account, ListedPhone), PortalError> {
    let account = account(portal, who, user).await?;
    let id: PhoneId = phone.parse().map_err(|_| PortalError::NotFound)?;
    let found = phones::of_user(portal.app(), who.tenant(), account.id, id).await?;
    Ok((account, found))
}
