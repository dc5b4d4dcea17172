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
        listing::{Listing, Page, Spec, Total},
        logins::{period, words},
        nav::Place,
        page::{Chrome, render},
        who::Who,
    },
};
use askama::Template;
use authx_core::{Millis, name::fold, policy::Document, role::Permission, wire::login::Rfc3339};
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
    listing: Listing,
    page: Page<Shown>,
    faults: Vec<String>,
    times: Vec<(String, String)>,
    first_visit: bool,
    writes: bool,
}

const VERSIONS: Spec = Spec {
    path: "/policies/history",
    sorts: &["-version"],
    filters: &["time", "from", "until"],
    size: SIZE,
};

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
    let path = format!("/policies/history/{}", word(target));
    let listing = Listing::below(VERSIONS, path, query.as_deref().unwrap_or_default());
    let title = called(target, &now);
    let chrome = who.chrome(&portal, &format!("Versions of {title}"), Place::Policies);
    let mut faults = vec![];
    let (from, until) = period(&listing, &chrome.times, &mut faults);
    // All of them: each was set by hand, and goes with the record.
    let all = versions(portal.app(), who.tenant(), target, None, usize::MAX).await;
    let mut all = all.map_err(trouble)?.page;
    let first_visit = all.is_empty();
    let search = fold(listing.search().trim());
    all.retain(|version| {
        let Rfc3339(at) = version.at;
        fold(&version.by).contains(&search)
            && from.is_none_or(|from| at >= from)
            && until.is_none_or(|until| at < until)
    });
    if !listing.is_descending() {
        all.reverse();
    }
    let total = Total::Exactly(u64::try_from(all.len()).unwrap_or(u64::MAX));
    let rows = listing.cut(all, |version| version.version.to_string());
    let rows = rows.into_iter().map(|version| line(version, &now.document)).collect();
    let page = History {
        page: listing.page(rows, |row: &Shown| row.version.to_string(), total),
        times: words::times(&listing),
        first_visit,
        faults,
        listing,
        chrome,
        whose: title,
        way: format!("/policies/edit/{}", word(target)),
        target: word(target),
        revision: now.revision,
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
