//! One document, to be changed.

use super::{
    called,
    fields::{Section, filled, sections},
    shown, target, word,
};
use crate::{
    admin::policies::{Shown, Target},
    portal::{
        Portal,
        error::PortalError,
        form::Form,
        nav::Place,
        page::{Chrome, render_as},
        who::Who,
    },
};
use askama::Template;
use authx_core::role::Permission;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/policies/edit.html")]
struct Edit {
    chrome: Chrome,
    title: String,
    facts: &'static str,
    target: String,
    revision: String,
    form: Form,
    sections: Vec<Section>,
    writes: bool,
    set: usize,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    Path(text): Path<String>,
) -> Result<Response, PortalError> {
    let target = target(&text)?;
    let shown = shown(&portal, &who, target).await?;
    let form = filled(&shown.document);
    Ok(show(&portal, &who, target, &shown, form, None, StatusCode::OK))
}

/// The page, also with what was typed. `revision` is that of the document from which the form was
/// made, where that is another one than now.
pub(super) fn show(
    portal: &Portal,
    who: &Who,
    target: Target,
    shown: &Shown,
    form: Form,
    revision: Option<&str>,
    status: StatusCode,
) -> Response {
    let title = called(target, shown);
    let facts = match target {
        Target::Application(_) => {
            "For everybody who signs in to this application. It goes before Global."
        }
        Target::Group(_) => {
            "For the members of this group. It goes before applications and Global."
        }
        Target::Tenant => "For all applications. What they and groups set goes before it.",
    };
    let page = Edit {
        chrome: who.chrome(portal, &format!("Policy of {title}"), Place::Policies),
        title,
        facts,
        target: word(target),
        revision: revision.unwrap_or(&shown.revision).to_owned(),
        sections: sections(target, shown, &form),
        form,
        writes: who.may(Permission::PoliciesWrite),
        set: super::set_values(&shown.document).len(),
    };
    render_as(status, &page).into_response()
}
