//! Earlier versions of a document.

use super::{
    called,
    review::{Differs, between},
    shown, target, trouble, word,
};
use crate::{
    admin::policies::{Version, versions},
    portal::{
        Portal,
        error::PortalError,
        nav::Place,
        page::{Chrome, render},
        who::Who,
    },
};
use askama::Template;
use authx_core::{Millis, policy::Document, role::Permission};
use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/policies/history.html")]
struct History {
    chrome: Chrome,
    whose: String,
    way: String,
    target: String,
    revision: String,
    versions: Vec<Shown>,
    older: Option<String>,
    newest: bool,
    writes: bool,
}

struct Shown {
    version: i64,
    at: Millis,
    by: String,
    restores: bool,
    differs: Vec<Differs>,
    document: String,
    /// What it set is in force.
    current: bool,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    Path(text): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let target = target(&text)?;
    let now = shown(&portal, &who, target).await?;
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let before = pairs.find(|(name, _)| name == "before").and_then(|(_, value)| value.parse().ok());
    let read = versions(portal.app(), who.tenant(), target, before, SIZE).await.map_err(trouble)?;
    let last = read.page.last().map(|version| version.version).filter(|_| read.more);
    let older = last.map(|last| format!("/policies/history/{}?before={last}", word(target)));
    let versions = read.page.into_iter().map(|version| line(version, &now.document)).collect();
    let title = called(target, &now);
    let page = History {
        chrome: who.chrome(&portal, &format!("Versions of {title}"), Place::Policies),
        whose: title,
        way: format!("/policies/edit/{}", word(target)),
        target: word(target),
        revision: now.revision,
        versions,
        older,
        newest: before.is_none(),
        writes: who.may(Permission::PoliciesWrite),
    };
    Ok(render(&page).into_response())
}

fn line(version: Version, now: &Document) -> Shown {
    Shown {
        version: version.version,
        at: version.at.0,
        by: version.by,
        restores: version.restores.is_some(),
        differs: between(&version.before, &version.after, |_| "Not set here".to_owned()),
        document: serde_json::to_string(&version.after).unwrap_or_default(),
        current: version.after == *now,
    }
}

const SIZE: usize = 10;
