//! What a user has besides phones, and taking it away.

use super::{Back, account, called, done, phone::Ask};
use crate::{
    admin::{
        accounts::Account,
        passkeys::{self, PasskeyError, Shown},
    },
    enrol::{
        code::{self, CodeError},
        overview::overview,
    },
    portal::{
        Access, Portal,
        error::PortalError,
        nav::Place,
        page::render,
        routes::{Route, get, post},
        who::Who,
    },
};
use authx_core::{PasskeyId, role::Permission::FactorsWrite};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    const PASSKEY: &str = "/users/{user}/passkeys/{passkey}/remove";
    const APP: &str = "/users/{user}/app/remove";
    vec![
        get(APP, Access::May(FactorsWrite), ask_app),
        post(APP, Access::StepUp(FactorsWrite), remove_app),
        get(PASSKEY, Access::May(FactorsWrite), ask_passkey),
        post(PASSKEY, Access::StepUp(FactorsWrite), remove_passkey),
    ]
}

async fn ask_passkey(
    State(portal): State<Portal>,
    who: Who,
    Path((user, passkey)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let (account, found) = their_passkey(&portal, &who, &user, &passkey).await?;
    let people = called(&account);
    let lines = vec![
        format!(
            "“{}” opens nothing from then on, and nothing brings it back. {people} is signed out of \
             this portal in every browser, and told by mail where an address is on record.",
            found.name
        ),
        format!(
            "Without another second factor, {people} comes in again by a link from somebody above, \
             which leads to a new one."
        ),
    ];
    let page = Ask {
        chrome: who.chrome(&portal, &format!("Remove {}", found.name), Place::Users),
        to: format!("/users/{}/passkeys/{}/remove", account.id, found.id),
        way: Back::of(&account),
        lines,
    };
    Ok(render(&page).into_response())
}

async fn remove_passkey(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path((user, passkey)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let (account, found) = their_passkey(&portal, &who, &user, &passkey).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let name = match passkeys::remove(app, by, tenant, account.id, found.id).await {
        Ok(name) => name,
        Err(PasskeyError::Account(_) | PasskeyError::Unknown) => return Err(PortalError::NotFound),
        Err(error) => return Err(error.into()),
    };
    let text = format!("Passkey “{name}” removed. It opens nothing any more.");
    done(&portal, &who, &headers, &text, None, &format!("/users/{}", account.id)).await
}

async fn ask_app(
    State(portal): State<Portal>,
    who: Who,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    if overview(portal.app(), who.tenant(), account.id).await?.app.is_none() {
        return Err(PortalError::NotFound);
    }
    let line = format!(
        "The codes of {}’s authenticator app count no longer, and nothing brings them back. The \
         phones of AuthX stay, with codes of their own.",
        called(&account)
    );
    let page = Ask {
        chrome: who.chrome(&portal, "Remove the authenticator app", Place::Users),
        to: format!("/users/{}/app/remove", account.id),
        way: Back::of(&account),
        lines: vec![line],
    };
    Ok(render(&page).into_response())
}

async fn remove_app(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    match code::remove(app, by, tenant, account.id).await {
        Ok(()) => {}
        Err(CodeError::Account(_) | CodeError::None) => return Err(PortalError::NotFound),
        Err(error) => return Err(error.into()),
    }
    let text = "Authenticator app removed. Its codes count no longer.";
    done(&portal, &who, &headers, text, None, &format!("/users/{}", account.id)).await
}

/// A passkey that is this user's.
async fn their_passkey(
    portal: &Portal,
    who: &Who,
    user: &str,
    passkey: &str,
) -> Result<(Account, Shown), PortalError> {
    let account = account(portal, who, user).await?;
    let id: PasskeyId = passkey.parse().map_err(|_| PortalError::NotFound)?;
    let found = passkeys::of_user(portal.app(), who.tenant(), account.id, id).await?;
    Ok((account, found))
}
