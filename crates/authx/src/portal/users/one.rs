//! One user: what they have, in which state they are, and what is done about it.

use super::{Back, account, beside, called, done, gone, may::May, phone::Phone, state};
use crate::{
    admin::{
        accounts::{self, Account, AccountError},
        aliases::{self, AliasError},
        bypass,
        means::Means,
        passkeys,
        record::logins::LoginFilter,
        sign_up,
    },
    enrol::{
        overview::{Overview, overview},
        phones::{self, PhoneError, Separate},
        recovery,
    },
    portal::{
        Access, Portal,
        badge::Badge,
        error::PortalError,
        fields::Fields,
        form::Form,
        logins::{self, LastLogin},
        nav::Place,
        page::{Chrome, render},
        routes::{Route, get, post},
        sign_in::{capitalised, sentence},
        undo::Undo,
        who::Who,
    },
};
use askama::Template;
use authx_core::{
    name::Name,
    role::{Permission, Role},
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Route> {
    use Permission::{FactorsWrite, UsersInvite, UsersRead, UsersWrite};
    vec![
        get("/users/{user}", Access::May(UsersRead), page),
        post("/users/{user}/disable", Access::May(UsersWrite), disable),
        post("/users/{user}/enable", Access::May(UsersWrite), enable),
        post("/users/{user}/unlock", Access::May(FactorsWrite), unlock),
        post("/users/{user}/remove", Access::May(UsersWrite), remove),
        post("/users/{user}/restore", Access::May(UsersWrite), restore),
        post("/users/{user}/aliases", Access::May(UsersWrite), alias),
        // A shown invitation is a phone of the user's for whoever reads it.
        post("/users/{user}/invite", Access::StepUp(UsersInvite), invite),
        // Whoever sees the codes has ten second factors of the user: no deed for a help desk alone.
        post("/users/{user}/recovery", Access::StepUp(UsersWrite), renew),
    ]
}

#[derive(Template)]
#[template(path = "portal/users/one.html")]
struct One {
    chrome: Chrome,
    account: Account,
    names: String,
    state: Badge,
    overview: Overview,
    push_for_ever: bool,
    phones: Vec<Phone>,
    passkeys: Vec<passkeys::Shown>,
    means: Means,
    logins: Vec<LastLogin>,
    may: May,
    own: bool,
    why_not: Option<&'static str>,
    owner: bool,
    form: Form,
}

async fn page(
    State(portal): State<Portal>,
    who: Who,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    shown(&portal, &who, account, Form::new()).await
}

pub(super) async fn shown(
    portal: &Portal,
    who: &Who,
    account: Account,
    form: Form,
) -> Result<Response, PortalError> {
    let (app, tenant) = (portal.app(), who.tenant());
    let overview = overview(app, tenant, account.id).await?;
    let phones = phones::list(app, tenant, account.id).await?;
    let logins = if who.may(Permission::LogsRead) {
        let filter = LoginFilter { user: Some(account.id), ..LoginFilter::default() };
        logins::last(portal, who, &filter).await?
    } else {
        vec![]
    };
    let chrome = who.chrome(portal, called(&account), Place::Users);
    // What stands above already is not said again.
    let mut names: Vec<String> = beside(&account).map(str::to_owned).into_iter().collect();
    names.extend(account.aliases.iter().cloned());
    names.extend(
        account.mail.clone().filter(|mail| !names.contains(mail) && mail != called(&account)),
    );
    let phones = phones.into_iter().map(|it| Phone::of(&chrome, it)).collect();
    let good = form.is_good();
    let may = May::of(who, &account);
    let page = One {
        state: state(&chrome, &account),
        names: names.join(" · "),
        push_for_ever: overview.push_waits_for_unlock(),
        overview,
        phones,
        passkeys: passkeys::list(app, tenant, account.id).await?,
        means: sign_up::means(app, tenant, account.id).await?,
        logins,
        may,
        own: may.own(),
        why_not: may.why_not(who),
        owner: account.role == Some(Role::Owner),
        chrome,
        account,
        form,
    };
    if good {
        return Ok(render(&page).into_response());
    }
    let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(crate::portal::page::render_as(status, &page).into_response())
}

async fn disable(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let was_active = accounts::disable(app, by, tenant, account.id).await.map_err(gone)?;
    let text = format!("“{}” disabled. Remembered sign-ins are over.", called(&account));
    let to = format!("/users/{}", account.id);
    let undo = was_active.then(|| Undo::at(format!("{to}/enable")));
    done(&portal, &who, &headers, &text, undo, &to).await
}

async fn enable(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let was_disabled = accounts::enable(app, by, tenant, account.id).await.map_err(gone)?;
    let deed = if was_disabled { "enabled" } else { "unlocked" };
    let text = format!("“{}” {deed}. Wrong answers are forgotten.", called(&account));
    let to = format!("/users/{}", account.id);
    let undo = was_disabled.then(|| Undo::at(format!("{to}/disable")));
    done(&portal, &who, &headers, &text, undo, &to).await
}

async fn unlock(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    match accounts::unlock(app, by, tenant, account.id).await {
        Ok(()) => {}
        Err(AccountError::Disabled(_)) => return Err(PortalError::NotAllowed(who.role())),
        Err(error) => return Err(gone(error)),
    }
    let text = format!("“{}” unlocked. Wrong answers are forgotten.", called(&account));
    done(&portal, &who, &headers, &text, None, &format!("/users/{}", account.id)).await
}

async fn remove(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    accounts::remove(app, by, tenant, account.id).await.map_err(gone)?;
    let text = format!("“{}” removed. For seven days this can be undone.", called(&account));
    let undo = Some(Undo::at(format!("/users/{}/restore", account.id)));
    done(&portal, &who, &headers, &text, undo, "/users").await
}

async fn restore(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    accounts::restore(app, by, tenant, account.id).await.map_err(gone)?;
    let text = format!("“{}” is back, with phones and factors.", called(&account));
    let to = format!("/users/{}", account.id);
    let undo = Some(Undo::at(format!("{to}/remove")));
    done(&portal, &who, &headers, &text, undo, &to).await
}

async fn alias(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let mut form = Form::sent(&fields);
    let typed = fields.text("alias");
    let outcome = match Name::new(typed) {
        Err(error) => Err(error.to_string()),
        Ok(name) => {
            let outcome = if fields.has("remove") {
                aliases::remove(app, by, tenant, account.id, &name).await
            } else {
                aliases::add(app, by, tenant, account.id, &name).await
            };
            match outcome {
                Err(AliasError::Admin(error)) => return Err(error.into()),
                other => other.map_err(|error| error.to_string()),
            }
        }
    };
    if let Err(error) = outcome {
        form.refuse("alias", format!("{}.", capitalised(&error)));
        return shown(&portal, &who, account, form).await;
    }
    let to = format!("/users/{}", account.id);
    let undo = Undo::at(format!("{to}/aliases")).with("alias", typed);
    let who_is = called(&account);
    let (text, undo) = if fields.has("remove") {
        (format!("“{typed}” is no name of “{who_is}” any more."), undo)
    } else {
        (format!("“{typed}” is a name of “{who_is}” too."), undo.with("remove", "yes"))
    };
    done(&portal, &who, &headers, &text, Some(undo), &to).await
}

#[derive(Template)]
#[template(path = "portal/users/secret.html")]
pub(super) struct Secret {
    pub(super) chrome: Chrome,
    pub(super) way: Back,
    /// What stands there, what it is called, and as which file it is saved.
    pub(super) secrets: Vec<(&'static str, Zeroizing<String>, &'static str)>,
    pub(super) text: String,
}

/// A link that is shown once, or a mail. Who may not write users reaches them by what is on record
/// alone.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else went wrong is the page's own trouble"
)]
async fn invite(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant, id) = (portal.app(), &who.actor(), who.tenant(), account.id);
    let refused = |error: PhoneError| -> Result<Form, PortalError> {
        match error {
            PhoneError::Admin(error) => Err(error.into()),
            PhoneError::Account(error) => Err(gone(error)),
            error => {
                let mut form = Form::new();
                form.refuse("invite", sentence(&error));
                Ok(form)
            }
        }
    };
    if fields.text("by") != "link" || !who.may(Permission::UsersWrite) {
        let mailed = match phones::invite_by_mail(app, by, tenant, id, Separate::IfNeeded).await {
            Ok(mailed) => mailed,
            Err(error) => return shown(&portal, &who, account, refused(error)?).await,
        };
        let Some(code) = mailed.code else {
            let text = format!("Invitation sent to {}.", mailed.posted.to);
            return done(&portal, &who, &headers, &text, None, &format!("/users/{id}")).await;
        };
        let chrome = who.chrome(&portal, "Invitation", Place::Users);
        let text = format!(
            "The link went to {}. These digits have to reach {} another way, such as by telephone.",
            mailed.posted.to,
            called(&account)
        );
        let secrets = vec![("Code for the invitation", code, "invitation.txt")];
        return Ok(
            render(&Secret { chrome, way: Back::of(&account), secrets, text }).into_response()
        );
    }
    let invited = match phones::invite(app, by, tenant, id, Separate::IfNeeded).await {
        Ok(invited) => invited,
        Err(error) => return shown(&portal, &who, account, refused(error)?).await,
    };
    let chrome = who.chrome(&portal, "Invitation", Place::Users);
    let until = chrome.when(invited.expires);
    let text = format!(
        "The link is good until {}. {} opens it on the phone that is to be enrolled{}",
        until.words(),
        called(&account),
        if invited.code.is_some() {
            ", and types the code, which has to travel another way than the link."
        } else {
            ", and types the password."
        }
    );
    let mut secrets = vec![("Link", invited.link(app), "invitation.txt")];
    secrets.extend(invited.code.map(|code| ("Code", code, "code.txt")));
    Ok(render(&Secret { chrome, way: Back::of(&account), secrets, text }).into_response())
}

async fn renew(
    State(portal): State<Portal>,
    who: Who,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let made = recovery::renew(app, by, tenant, account.id).await.map_err(gone)?;
    let chrome = who.chrome(&portal, "Recovery codes", Place::Users);
    let codes = Zeroizing::new(made.codes.join("\n"));
    let text = "Each is good for one sign-in. Earlier ones count no longer.".to_owned();
    let secrets = vec![("Recovery codes", codes, "recovery-codes.txt")];
    Ok(render(&Secret { chrome, way: Back::of(&account), secrets, text }).into_response())
}

/// For the page of a bypass.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else went wrong is the page's own trouble"
)]
pub(super) fn failed(error: bypass::BypassError) -> Result<String, PortalError> {
    match error {
        bypass::BypassError::Admin(error) => Err(error.into()),
        bypass::BypassError::Account(error) => Err(gone(error)),
        error => Ok(sentence(&error)),
    }
}
