//! Lets a user into the portal, who was made by somebody else.

use super::{
    Back, account, called, done, gone,
    one::{Secret, shown},
};
use crate::{
    admin::{
        accounts::AccountError,
        means::Means,
        sign_up::{self, LinkError},
    },
    portal::{
        Access, Portal,
        error::PortalError,
        fields::Fields,
        form::Form,
        nav::Place,
        page::render,
        routes::{Route, post},
        sign_in::sentence,
        who::Who,
    },
};
use authx_core::role::Permission;
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    vec![post("/users/{user}/portal", Access::StepUp(Permission::UsersInvite), set_up)]
}

/// A link to the portal, shown once or mailed, by the same rule as an invitation.
async fn set_up(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant, id) = (portal.app(), &who.actor(), who.tenant(), account.id);
    let refused = |error: LinkError| -> Result<Form, PortalError> {
        match error {
            LinkError::Admin(error) => Err(error.into()),
            LinkError::Account(AccountError::Removed(_))
            | LinkError::Disabled(_)
            | LinkError::Mail(_) => {
                let mut form = Form::new();
                form.refuse("portal", sentence(&error));
                Ok(form)
            }
            LinkError::Account(error) => Err(gone(error)),
        }
    };
    if fields.text("by") != "link" || !who.may(Permission::UsersWrite) {
        return match sign_up::invite_account_by_mail(app, by, tenant, id).await {
            Ok(mailed) => {
                let text = format!("A link to the portal was sent to {}.", mailed.posted.to);
                done(&portal, &who, &headers, &text, None, &format!("/users/{id}")).await
            }
            Err(error) => shown(&portal, &who, account, refused(error)?).await,
        };
    }
    let link = match sign_up::invite_account(app, by, tenant, id).await {
        Ok(link) => link,
        Err(error) => return shown(&portal, &who, account, refused(error)?).await,
    };
    let chrome = who.chrome(&portal, "Link to the portal", Place::Users);
    let until = chrome.when(link.expires);
    let means = sign_up::means(app, tenant, id).await?;
    let text = format!(
        "It is good once, until {}. {} {} Let it travel over a channel that you know.",
        until.words(),
        called(&account),
        leads(&means)
    );
    let secrets = vec![("Link", link.address(app), "link.txt")];
    Ok(render(&Secret { chrome, way: Back::of(&account), secrets, text }).into_response())
}

/// What whoever opens a link does with it, behind their name: a sentence.
pub(in crate::portal) fn leads(means: &Means) -> String {
    if means.is_none() {
        return "sets a password and a new second factor with it.".to_owned();
    }
    format!(
        "sets a password with it; then {} is asked for. If that is lost, remove it on their page \
         first: the link leads on to a new one.",
        means.words()
    )
}
