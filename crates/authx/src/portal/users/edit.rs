//! Makes a user, and says what is known of one.

use super::{account, called, done, gone};
use crate::{
    admin::accounts::{self, AccountError, Details, Mail, NewAccount},
    portal::{
        Access, Portal,
        error::PortalError,
        fields::Fields,
        form::Form,
        nav::Place,
        page::{Chrome, render, render_as},
        routes::{Route, get, post},
        sign_in::sentence,
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
        post("/users/{user}/edit", Access::May(UsersWrite), change),
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
                let undo = Some(format!("/users/{id}/remove"));
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
    let form = Form::new()
        .with("name", account.name.clone())
        .with("display", account.display.clone().unwrap_or_default())
        .with("mail", account.mail.clone().unwrap_or_default());
    Ok(render(&edit(&portal, &who, &account, form)).into_response())
}

fn edit(portal: &Portal, who: &Who, account: &accounts::Account, form: Form) -> Edit {
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
    let account = account(&portal, &who, &user).await?;
    let mut form = Form::sent(&fields);
    let (name, details) = read(&fields, &mut form);
    if let (true, Some(name)) = (form.is_good(), name) {
        let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
        match accounts::edit(app, by, tenant, account.id, &name, &details).await {
            Ok(()) => {
                let to = format!("/users/{}", account.id);
                return done(&portal, &who, &headers, "Saved.", None, &to).await;
            }
            Err(error) => refuse(&mut form, error)?,
        }
    }
    let page = edit(&portal, &who, &account, form);
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
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
        AccountError::Disabled(_)
        | AccountError::Name(_)
        | AccountError::NotRemoved(_)
        | AccountError::Password(_)
        | AccountError::Removed(_) => form.fault = Some(text),
    }
    Ok(())
}
