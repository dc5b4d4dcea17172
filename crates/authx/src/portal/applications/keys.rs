//! An application's keys: one for each host.

use super::{
    Badge, Chrome, Portal, PortalError, Shown, Who, key_trouble,
    once::{self, NewlyMade, SHOWN_SECS},
    sentence, trouble,
};
use crate::{
    admin::{
        contacts::{self, Contact},
        keys::{self, Key, KeyError, MOST_ACTIVE},
    },
    portal::{
        fields::Fields,
        form::Form,
        guard::redirect,
        page::{render, render_as},
        undo::{Seen, Undo},
    },
};
use askama::Template;
use authx_core::{KeyId, Millis, name::Name, role::Permission};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/applications/keys.html")]
struct Page {
    chrome: Chrome,
    shown: Shown,
    form: Form,
    keys: Vec<Row>,
    revoked: Vec<Row>,
    made: Option<NewlyMade>,
    seconds: u64,
    may_write: bool,
    most: usize,
    url: String,
    keys_path: String,
    has_package: bool,
}

struct Row {
    id: KeyId,
    name: String,
    state: Badge,
    created: Millis,
    servers: String,
    last: Option<Millis>,
    address: String,
    restorable: bool,
    field: String,
    /// What was typed as its new name, where that cannot be.
    typed: String,
    fault: String,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/keys").await?;
    let made = once::take(&portal, &who, &headers, &shown.application.id.to_string()).await?;
    Ok(render(&read(&portal, &who, shown, Form::new(), made).await?).into_response())
}

/// The page with what is wrong with its forms.
pub(super) async fn again(
    portal: &Portal,
    who: &Who,
    shown: Shown,
    form: Form,
) -> Result<Response, PortalError> {
    let page = read(portal, who, shown, form, None).await?;
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

pub(super) async fn add(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/keys").await?;
    let mut form = Form::sent(&fields);
    let application = shown.application.id;
    match Name::new(fields.text("key_name")) {
        Err(error) => form.refuse("key_name", sentence(&error)),
        Ok(name) => {
            let (app, by) = (portal.app(), who.actor());
            match keys::add(app, &by, who.tenant(), application, &name).await {
                Ok(key) => {
                    let of = application.to_string();
                    once::keep(&portal, &who, &of, name.as_str(), &key.text).await?;
                    return Ok(redirect(&headers, &format!("{}/keys", shown.path())));
                }
                Err(error @ (KeyError::NameTaken(_) | KeyError::TooMany)) => {
                    form.refuse("key_name", sentence(&error));
                }
                Err(error) => return Err(key_trouble(error)),
            }
        }
    }
    again(&portal, &who, shown, form).await
}

pub(super) async fn rename(
    State(portal): State<Portal>,
    who: Who,
    Path((id, key)): Path<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let seen = Seen::of(&portal, &who, &fields).await?;
    let (shown, key) = named(&portal, &who, &id, &key).await?;
    let before = name_of(&portal, &who, &shown, key).await?;
    seen.check(&before, &before)?;
    // The page has such a field for each key.
    let mut form = Form::new().with(&key.to_string(), fields.raw("name"));
    match Name::new(fields.text("name")) {
        Err(error) => form.refuse(key, sentence(&error)),
        Ok(name) => {
            let (app, by, application) = (portal.app(), &seen.by, shown.application.id);
            match keys::rename(app, by, who.tenant(), application, key, &name).await {
                Ok(()) => {
                    let undo = Undo::at(format!("{}/keys/{key}/rename", shown.path()))
                        .with("name", before.as_str())
                        .while_it_is(&name.as_str());
                    let undo = (before != name.as_str()).then_some(undo);
                    let text = format!("Key “{before}” is called “{name}” now.");
                    who.say(&portal, text, undo).await?;
                    return Ok(redirect(&headers, &format!("{}/keys", shown.path())));
                }
                Err(error @ KeyError::NameTaken(_)) => form.refuse(key, sentence(&error)),
                Err(error) => return Err(key_trouble(error)),
            }
        }
    }
    again(&portal, &who, shown, form).await
}

pub(super) async fn revoke(
    State(portal): State<Portal>,
    who: Who,
    Path((id, key)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let (shown, key) = named(&portal, &who, &id, &key).await?;
    let (app, by, application) = (portal.app(), who.actor(), shown.application.id);
    let to = format!("{}/keys", shown.path());
    match keys::revoke(app, &by, who.tenant(), application, &key.to_string()).await {
        Ok(revoked) => {
            let undo = Undo::at(format!("{to}/{key}/restore"));
            who.say(&portal, format!("Key “{}” revoked.", revoked.name), Some(undo)).await?;
        }
        // Pressed twice: it is as it was wished.
        Err(KeyError::Unknown(_)) if has(&portal, &who, &shown, key).await? => {}
        Err(error) => return Err(key_trouble(error)),
    }
    Ok(redirect(&headers, &to))
}

pub(super) async fn restore(
    State(portal): State<Portal>,
    who: Who,
    Path((id, key)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, PortalError> {
    let (shown, key) = named(&portal, &who, &id, &key).await?;
    let (app, by, application) = (portal.app(), who.actor(), shown.application.id);
    match keys::restore(app, &by, who.tenant(), application, key).await {
        Ok(name) => {
            let undo = Undo::at(format!("{}/keys/{key}/revoke", shown.path()));
            who.say(&portal, format!("Key “{name}” counts again."), Some(undo)).await?;
        }
        Err(error @ (KeyError::NameTaken(_) | KeyError::TooMany | KeyError::NotRestorable)) => {
            if !has(&portal, &who, &shown, key).await? {
                return Err(PortalError::NotFound);
            }
            let mut form = Form::new();
            form.fault = Some(sentence(&error));
            return again(&portal, &who, shown, form).await;
        }
        Err(error) => return Err(key_trouble(error)),
    }
    Ok(redirect(&headers, &format!("{}/keys", shown.path())))
}

async fn named(
    portal: &Portal,
    who: &Who,
    id: &str,
    key: &str,
) -> Result<(Shown, KeyId), PortalError> {
    let shown = Shown::of(portal, who, id, "/keys").await?;
    Ok((shown, key.parse().map_err(|_| PortalError::NotFound)?))
}

/// What a key of the application is called.
async fn name_of(
    portal: &Portal,
    who: &Who,
    shown: &Shown,
    key: KeyId,
) -> Result<String, PortalError> {
    let known = keys::list(portal.app(), who.tenant(), shown.application.id).await;
    let found = known.map_err(key_trouble)?.into_iter().find(|known| known.id == key);
    found.map(|key| key.name).ok_or(PortalError::NotFound)
}

/// Whether the application has or had the key.
async fn has(portal: &Portal, who: &Who, shown: &Shown, key: KeyId) -> Result<bool, PortalError> {
    let known = keys::list(portal.app(), who.tenant(), shown.application.id).await;
    Ok(known.map_err(key_trouble)?.iter().any(|known| known.id == key))
}

async fn read(
    portal: &Portal,
    who: &Who,
    shown: Shown,
    form: Form,
    made: Option<NewlyMade>,
) -> Result<Page, PortalError> {
    let (app, id) = (portal.app(), shown.application.id);
    let all = keys::list(app, who.tenant(), id).await.map_err(key_trouble)?;
    let contacts = contacts::list(app, who.tenant(), id).await.map_err(trouble)?;
    let rows = all.into_iter().map(|key| row(key, &contacts, &form));
    let (revoked, keys) = rows.partition(|(revoked, _)| *revoked);
    let plain = |rows: Vec<(bool, Row)>| rows.into_iter().map(|(_, row)| row).collect();
    Ok(Page {
        chrome: shown.chrome(portal, who),
        keys_path: format!("{}/keys", shown.path()),
        has_package: shown.kind.is_some_and(|kind| kind.server().is_some()),
        shown,
        form,
        keys: plain(keys),
        revoked: plain(revoked),
        made,
        seconds: SHOWN_SECS,
        may_write: who.may(Permission::KeysWrite),
        most: MOST_ACTIVE,
        url: app.public_url.to_string(),
    })
}

fn row(key: Key, contacts: &[Contact], form: &Form) -> (bool, Row) {
    let own = contacts.iter().filter(|contact| contact.key_id == key.id);
    let servers: Vec<&str> = own.filter_map(|contact| contact.server.as_deref()).collect();
    let state = match (key.revoked, key.last_used) {
        (Some(_), _) => Badge::plain("Revoked"),
        (None, Some(_)) => Badge::good("Used"),
        (None, None) => Badge::plain("Not used yet"),
    };
    let row = Row {
        id: key.id,
        name: key.name,
        state,
        created: key.created.0,
        servers: servers.join(", "),
        last: key.last_used.map(|last| last.0),
        address: key.last_address.unwrap_or_default(),
        restorable: key.restorable_until.is_some(),
        field: format!("name-{}", key.id),
        typed: form.value(&key.id.to_string()).to_owned(),
        fault: form.fault_of(&key.id.to_string()).to_owned(),
    };
    (key.revoked.is_some(), row)
}
