//! From nothing to the three values of a host: what it is, what it is called, done.

use super::{Chrome, Place, Portal, PortalError, Who, once, sentence, trouble};
use crate::{
    admin::applications::{self, ApplicationError, ApplicationKind},
    portal::{
        fields::Fields,
        form::Form,
        guard::redirect,
        page::{render, render_as},
    },
};
use askama::Template;
use authx_core::name::Name;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/applications/protect.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    kinds: &'static [Offer],
}

/// An entry of the catalogue.
struct Offer {
    kind: ApplicationKind,
    about: &'static str,
}

pub(super) async fn page(State(portal): State<Portal>, who: Who) -> Response {
    let form = Form::new().with("type", ApplicationKind::Openvpn.word());
    render(&of(&portal, &who, form)).into_response()
}

pub(super) async fn protect(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let mut form = Form::sent(&fields);
    let kind = ApplicationKind::from_word(fields.text("type"));
    if kind.is_none() {
        form.refuse("type", "Choose what is to be protected.");
    }
    let mut named = |field: &'static str| match Name::new(fields.text(field)) {
        Ok(name) => Some(name),
        Err(error) => {
            form.refuse(field, sentence(&error));
            None
        }
    };
    let (name, key_name) = (named("name"), named("key_name"));
    if let (Some(kind), Some(name), Some(key_name)) = (kind, name, key_name) {
        let (app, by) = (portal.app(), who.actor());
        match applications::create(app, &by, who.tenant(), &name, kind, &key_name).await {
            Ok(made) => {
                let of = made.id.to_string();
                once::keep(&portal, &who, &of, key_name.as_str(), &made.key.text).await?;
                who.say(&portal, format!("“{name}” protected."), None).await?;
                return Ok(redirect(&headers, &format!("/applications/{}", made.id)));
            }
            Err(error @ ApplicationError::NameTaken(_)) => form.refuse("name", sentence(&error)),
            Err(error) => return Err(trouble(error)),
        }
    }
    let page = of(&portal, &who, form);
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

fn of(portal: &Portal, who: &Who, form: Form) -> Page {
    let chrome = who.chrome(portal, "Protect an application", Place::Applications);
    Page { chrome, form, kinds: CATALOGUE }
}

const CATALOGUE: &[Offer] = &[
    Offer {
        kind: ApplicationKind::Openvpn,
        about: "The openvpn of your distribution, 2.5 or newer: a plugin and an agent, as a Debian \
                package with one script that sets both up.",
    },
    Offer {
        kind: ApplicationKind::OpenvpnAccessServer,
        about: "A script for its post-auth, with an installer. Nothing else is installed there.",
    },
    Offer {
        kind: ApplicationKind::Api,
        about: "A program of your own that asks AuthX by signed HTTPS requests.",
    },
];
