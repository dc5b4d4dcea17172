//! A new secret on its way from the form that made it to the page that shows it, once.

use super::{Portal, error::PortalError, who::Who};
use crate::admin::{
    AdminError,
    sessions::{self, Pending},
};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A secret as its page shows it.
pub(super) struct NewlyMade {
    /// What it is called.
    pub(super) name: String,
    /// Itself.
    pub(super) text: Zeroizing<String>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(rename = "application")]
    of: String,
    name: String,
    key: Zeroizing<String>,
}

/// Keeps a secret in the session, sealed, until the next page of what it is of takes it.
pub(super) async fn keep(
    portal: &Portal,
    who: &Who,
    of: &str,
    name: &str,
    text: &Zeroizing<String>,
) -> Result<(), PortalError> {
    let app = portal.app();
    let kept = Kept { of: of.to_owned(), name: name.to_owned(), key: text.clone() };
    let plain = serde_json::to_string(&kept);
    let plain = plain.map_err(|error| AdminError::Damaged(error.to_string()))?;
    let until = app.now()?.plus_secs(SHOWN_SECS);
    let sealed = sessions::seal(app, &who.visit, &Zeroizing::new(plain), until).await?;
    sessions::set_pending(app, &who.visit, Some(Pending::Shown(sealed))).await?;
    Ok(())
}

/// Takes it out to be shown: a reload, and whoever goes back, does not see it again. A script that
/// asks for a part of the page leaves it, and so does whoever was led here by another site: it waits
/// for the page to which our own form leads.
pub(super) async fn take(
    portal: &Portal,
    who: &Who,
    headers: &HeaderMap,
    of: &str,
) -> Result<Option<NewlyMade>, PortalError> {
    let Some(Pending::Shown(sealed)) = &who.visit.pending else { return Ok(None) };
    let elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin");
    if headers.contains_key("hx-request") || elsewhere {
        return Ok(None);
    }
    let opened = sessions::open(portal.app(), &who.visit, sealed).await?;
    let kept = opened.and_then(|plain| serde_json::from_str::<Kept>(&plain).ok());
    let Some(kept) = kept.filter(|kept| kept.of == of) else { return Ok(None) };
    match sessions::set_pending(portal.app(), &who.visit, None).await {
        Ok(_) => Ok(Some(NewlyMade { name: kept.name, text: kept.key })),
        // Another tab was faster, and shows it.
        Err(AdminError::Busy) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How long it waits for its page, and is seen there.
pub(super) const SHOWN_SECS: u64 = 300;
