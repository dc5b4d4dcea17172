//! What a draft would change: looked at first, then put into force.

use super::{
    called, edit,
    fields::{filled, read},
    said::{ended, value_of, verdict},
    shown, target, trouble, word,
};
use crate::{
    admin::{
        drafts::{self, Bounds, Cut, Login, Review},
        policies::{self, PolicyError, Shown, Target, checked, revision},
    },
    portal::{
        Portal,
        error::PortalError,
        fields::Fields,
        form::Form,
        groups::done,
        nav::Place,
        page::{Chrome, render_as},
        undo::Undo,
        who::Who,
        words::{count, plural},
    },
};
use askama::Template;
use authx_core::{
    Millis,
    policy::{Document, SETTINGS, Setting},
};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde_json::Value;

/// One value before and after.
pub(super) struct Differs {
    pub(super) title: &'static str,
    pub(super) before: String,
    pub(super) after: String,
}

#[derive(Template)]
#[template(path = "portal/policies/review.html")]
struct Page {
    chrome: Chrome,
    whose: String,
    way: String,
    target: String,
    revision: String,
    document: String,
    version: String,
    differs: Vec<Differs>,
    judged: String,
    otherwise: u64,
    concerned: String,
    cut: Option<&'static str>,
    since: Millis,
    changes: Vec<Changed>,
    users: Vec<(Option<String>, String)>,
    untold: Vec<&'static str>,
}

/// Logins that would have ended otherwise alike.
struct Changed {
    count: String,
    ended: String,
    now: Option<&'static str>,
    draft: &'static str,
    sample: Vec<Login>,
}

#[derive(Template)]
#[template(path = "portal/policies/conflict.html")]
struct Conflict {
    chrome: Chrome,
    title: String,
    target: String,
    revision: String,
    document: String,
    differs: Vec<Differs>,
}

/// A draft, from the form or from an earlier version.
pub(super) async fn review(
    State(portal): State<Portal>,
    who: Who,
    Path(text): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let target = target(&text)?;
    let shown = shown(&portal, &who, target).await?;
    let seen = fields.text("revision");
    let draft = if fields.has("document") {
        document(target, fields.raw("document"))?
    } else {
        let mut form = Form::sent(&fields);
        let Some(draft) = read(target, &fields, &mut form) else {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(edit::show(&portal, &who, target, &shown, form, Some(seen), status));
        };
        draft
    };
    if fields.has("edit") {
        let form = filled(&draft);
        return Ok(edit::show(&portal, &who, target, &shown, form, Some(seen), StatusCode::OK));
    }
    if seen != shown.revision {
        return Ok(conflict(&portal, &who, target, &shown, &draft));
    }
    let bounds = Bounds::default();
    let judged = drafts::review(portal.app(), who.tenant(), target, draft.clone(), bounds).await;
    let review = judged.map_err(trouble)?;
    let version = fields.text("version").to_owned();
    Ok(page(&portal, &who, target, &shown, &draft, review, version))
}

fn page(
    portal: &Portal,
    who: &Who,
    target: Target,
    shown: &Shown,
    draft: &Document,
    review: Review,
    version: String,
) -> Response {
    let title = called(target, shown);
    let changes = review.changes.iter().map(|change| Changed {
        count: count(change.count),
        ended: ended(change.ended),
        now: (change.difference.now != authx_core::policy::draft::Verdict::Same)
            .then(|| verdict(change.difference.now)),
        draft: verdict(change.difference.draft),
        sample: change.sample.clone(),
    });
    let page = Page {
        chrome: who.chrome(portal, &format!("Draft for {title}"), Place::Policies),
        whose: title,
        way: format!("/policies/edit/{}", word(target)),
        target: word(target),
        revision: shown.revision.clone(),
        document: text_of(draft),
        version,
        differs: differs(target, shown, draft),
        judged: plural(review.judged, "login", "logins"),
        otherwise: review.otherwise,
        concerned: plural(review.users_concerned, "user", "users"),
        cut: review.cut.map(|cut| match cut {
            Cut::Count => "There were more logins than are looked at; the newest 200,000 were.",
            Cut::Time => "Looking at all logins would have taken too long; the newest were.",
        }),
        changes: changes.collect(),
        untold: review
            .untold
            .iter()
            .filter_map(|path| Setting::at(path).map(|setting| setting.title))
            .collect(),
        since: review.since.0,
        users: review
            .users
            .into_iter()
            .map(|(login, number)| (login.user, count(number)))
            .collect(),
    };
    render_as(StatusCode::OK, &page).into_response()
}

/// Puts a draft into force.
pub(super) async fn save(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(text): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let target = target(&text)?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let draft = document(target, fields.raw("document"))?;
    let seen = fields.text("revision");
    // What stands under that revision is what comes back.
    let before = shown(&portal, &who, target).await?;
    let saved = match fields.text("version").parse::<i64>() {
        Ok(version) => policies::restore(app, by, tenant, target, seen, version).await,
        Err(_) => policies::replace(app, by, tenant, target, seen, draft.clone()).await,
    };
    match saved {
        Ok(()) => {
            let after = shown(&portal, &who, target).await?;
            let text = format!("The policy of “{}” is in force.", called(target, &after));
            let to = format!("/policies/edit/{}", word(target));
            let undo = Undo::at(to.as_str())
                .with("document", text_of(&before.document))
                .with("revision", after.revision.as_str());
            let stood = before.revision == seen && before.revision != after.revision;
            done(&portal, &who, &headers, &to, text, stood.then_some(undo)).await
        }
        Err(PolicyError::Changed(_)) => {
            let shown = shown(&portal, &who, target).await?;
            // The same twice, as by a double click.
            if revision(&draft) == shown.revision {
                let text = "This policy is in force already.".to_owned();
                let to = format!("/policies/edit/{}", word(target));
                return done(&portal, &who, &headers, &to, text, None).await;
            }
            Ok(conflict(&portal, &who, target, &shown, &draft))
        }
        Err(error) => Err(trouble(error)),
    }
}

/// Somebody else was faster: both are shown, and nothing is stored.
fn conflict(
    portal: &Portal,
    who: &Who,
    target: Target,
    shown: &Shown,
    draft: &Document,
) -> Response {
    let title = called(target, shown);
    let page = Conflict {
        chrome: who.chrome(portal, &format!("Policy of {title}"), Place::Policies),
        title,
        target: word(target),
        revision: shown.revision.clone(),
        document: text_of(draft),
        differs: differs(target, shown, draft),
    };
    render_as(StatusCode::CONFLICT, &page).into_response()
}

/// A document that one of our own pages sent.
fn document(target: Target, text: &str) -> Result<Document, PortalError> {
    let refused =
        |error: authx_core::policy::InvalidPolicy| PortalError::Refused(error.to_string());
    checked(target, Document::from_json(text).map_err(refused)?).map_err(refused)
}

fn text_of(document: &Document) -> String {
    serde_json::to_string(document).unwrap_or_default()
}

/// What a draft sets otherwise than the document in force.
fn differs(target: Target, shown: &Shown, draft: &Document) -> Vec<Differs> {
    between(&shown.document, draft, |setting| {
        let below = shown.below.sources.get(setting.path).and_then(|sources| sources.first());
        let value = below.map_or(Value::Null, |source| source.value.clone());
        match target {
            Target::Group(_) => "Not set here".to_owned(),
            Target::Application(_) | Target::Tenant => {
                format!("Not set here: {}", value_of(setting, &value))
            }
        }
    })
}

/// What differs between two documents; `unset` is what is said of a value that one does not set.
pub(super) fn between(
    before: &Document,
    after: &Document,
    unset: impl Fn(&Setting) -> String,
) -> Vec<Differs> {
    let said = |setting: &Setting, value: Option<Value>| {
        value.map_or_else(|| unset(setting), |value| value_of(setting, &value))
    };
    let differs = SETTINGS.iter().filter_map(|setting| {
        let (before, after) = (setting.of(before), setting.of(after));
        (before != after).then(|| Differs {
            title: setting.title,
            before: said(setting, before),
            after: said(setting, after),
        })
    });
    differs.collect()
}
