//! Makes a user, and says what is known of one.

use super::{account, called, done, gone, may::May};
use crate::{
    admin::{
        AdminError,
        accounts::{self, Account, AccountError, Amendment, Details, Mail, NewAccount},
    },
    portal::{
        Access, Portal,
        error::PortalError,
        fields::Fields,
        form::Form,
        nav::Place,
        page::{Chrome, render, render_as},
        routes::{Route, get, post},
        sign_in::sentence,
        undo::{Seen, Undo},
        who::Who,
    },
};
use askama::Template;
use authx_core::{name::Name, role::Permission::UsersWrite};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/users/new", Access::May(UsersWrite), blank),
        post("/users/new", Access::May(UsersWrite), make),
        get("/users/{user}/edit", Access::May(UsersWrite), page),
        // Links for a new password go to the address.
        post("/users/{user}/edit", Access::StepUp(UsersWrite), change),
    ]
}

#[derive(Template)]
#[template(path = "portal/users/edit.html")]
struct Edit {
    chrome: Chrome,
    form: Form,
    action: String,
    back: String,
    back_to: String,
    new: bool,
}

async fn blank(State(portal): State<Portal>, who: Who) -> Response {
    render(&new(&portal, &who, Form::new())).into_response()
}

fn new(portal: &Portal, who: &Who, form: Form) -> Edit {
    Edit {
        chrome: who.chrome(portal, "Add a user", Place::Users),
        form,
        action: "/users/new".to_owned(),
        back: "Users".to_owned(),
        back_to: "/users".to_owned(),
        new: true,
    }
}

async fn make(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let mut form = Form::sent(&fields);
    let (name, details) = read(&fields, &mut form);
    let aliases = aliases(&fields, &mut form);
    if let (true, Some(name)) = (form.is_good(), name) {
        let new = NewAccount { name: &name, aliases: &aliases, password: None };
        let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
        match accounts::create_known(app, by, tenant, new, &details).await {
            Ok(id) => {
                let text = format!("“{name}” is there. An invitation is next.");
                let undo = Some(Undo::at(format!("/users/{id}/remove")));
                return done(&portal, &who, &headers, &text, undo, &format!("/users/{id}")).await;
            }
            Err(error) => refuse(&mut form, error)?,
        }
    }
    let page = new(&portal, &who, form);
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

async fn page(
    State(portal): State<Portal>,
    who: Who,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    if !May::of(&who, &account).edit {
        return Err(AdminError::Outranked.into());
    }
    let form = Form::new()
        .with("name", account.name.clone())
        .with("display", account.display.clone().unwrap_or_default())
        .with("mail", account.mail.clone().unwrap_or_default());
    Ok(render(&edit(&portal, &who, &account, form)).into_response())
}

fn edit(portal: &Portal, who: &Who, account: &Account, form: Form) -> Edit {
    let title = format!("Edit {}", called(account));
    Edit {
        chrome: who.chrome(portal, &title, Place::Users),
        form,
        action: format!("/users/{}/edit", account.id),
        back: called(account).to_owned(),
        back_to: format!("/users/{}", account.id),
        new: false,
    }
}

async fn change(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let seen = Seen::of(&portal, &who, &fields).await?;
    let account = account(&portal, &who, &user).await?;
    seen.check(called(&account), &known(&account))?;
    let mut form = Form::sent(&fields);
    let (name, details) = read(&fields, &mut form);
    if let (true, Some(name)) = (form.is_good(), name) {
        let (app, by, tenant, id) = (portal.app(), &seen.by, who.tenant(), account.id);
        let Details { display, mail } = details;
        let forgets = Name::new(fields.text("forgets")).ok();
        let name = Some(name);
        let wanted = Amendment { name, display: Some(display), mail: Some(mail), forgets };
        match accounts::amend(app, by, tenant, id, &wanted).await {
            Ok(()) => {
                let after = accounts::get(app, tenant, id).await.map_err(gone)?;
                let undo = (known(&account) != known(&after)).then(|| back(&account, &after));
                let (text, to) = (told(&account, &after), format!("/users/{id}"));
                return done(&portal, &who, &headers, &text, undo, &to).await;
            }
            Err(error) => refuse(&mut form, error)?,
        }
    }
    let page = edit(&portal, &who, &account, form);
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

/// What the form says of an account.
fn known(account: &Account) -> (&str, Option<&str>, Option<&str>) {
    (&account.name, account.display.as_deref(), account.mail.as_deref())
}

/// What was done, one sentence for each.
fn told(before: &Account, after: &Account) -> String {
    let mut told = vec![];
    if before.name != after.name {
        told.push(format!("“{}” signs in as “{}” now.", before.name, after.name));
        if after.aliases.len() > before.aliases.len() {
            told.push("The name before goes on working.".to_owned());
        }
    }
    let who = called(before);
    match &after.display {
        same if *same == before.display => {}
        Some(display) => told.push(format!("“{who}” is called “{display}” now.")),
        None => told.push(format!("“{who}” is called by the name to sign in with.")),
    }
    match &after.mail {
        same if *same == before.mail => {}
        Some(mail) => told.push(format!("Mail for “{who}” goes to {mail}.")),
        None => told.push(format!("No mail goes to “{who}” any more.")),
    }
    if told.is_empty() { format!("“{who}” is as before.") } else { told.join(" ") }
}

/// The form that says what was said before; with a name that was new, that goes too.
fn back(before: &Account, after: &Account) -> Undo {
    let folded = |name: &str| Name::new(name).map(|name| name.folded()).unwrap_or_default();
    let new = folded(&after.name);
    let is_new = new != folded(&before.name) && !before.aliases.contains(&new);
    Undo::at(format!("/users/{}/edit", before.id))
        .with("name", before.name.as_str())
        .with("display", before.display.as_deref().unwrap_or_default())
        .with("mail", before.mail.as_deref().unwrap_or_default())
        .with_all("forgets", is_new.then_some(new))
        .while_it_is(&known(after))
}

fn read(fields: &Fields, form: &mut Form) -> (Option<Name>, Details) {
    let mut named = |field: &'static str| match Name::new(fields.text(field)) {
        Ok(name) => Some(name),
        Err(error) => {
            form.refuse(field, sentence(&error));
            None
        }
    };
    let name = named("name");
    let display = if fields.text("display").is_empty() { None } else { named("display") };
    let mail = match fields.text("mail") {
        "" => None,
        text => match Mail::new(text) {
            Ok(mail) => Some(mail),
            Err(error) => {
                form.refuse("mail", format!("{error}."));
                None
            }
        },
    };
    (name, Details { display, mail })
}

fn aliases(fields: &Fields, form: &mut Form) -> Vec<Name> {
    let mut aliases = vec![];
    for text in fields.text("aliases").lines().map(str::trim).filter(|text| !text.is_empty()) {
        match Name::new(text) {
            Ok(alias) => aliases.push(alias),
            Err(error) => form.refuse("aliases", format!("“{text}”: {error}.")),
        }
    }
    aliases
}

fn refuse(form: &mut Form, error: AccountError) -> Result<(), PortalError> {
    let text = sentence(&error);
    match &error {
        AccountError::NameTaken { name, .. } | AccountError::NameReserved { name, .. } => {
            let own = form.value("name").trim() == name;
            form.refuse(if own { "name" } else { "aliases" }, text);
        }
        AccountError::Admin(_) | AccountError::Unknown(_) => return Err(gone(error)),
        AccountError::CodesJustMade { .. }
        | AccountError::Disabled(_)
        | AccountError::Name(_)
        | AccountError::NotRemoved(_)
        | AccountError::Password(_)
        | AccountError::Removed(_) => form.fault = Some(text),
    }
    Ok(())
}
