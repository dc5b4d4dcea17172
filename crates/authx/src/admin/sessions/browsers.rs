//! Which browsers somebody comes in with: of one that was not seen before they are told.

use super::{AdminError, From};
use crate::{
    admin::letters::{self, Deed, Letter},
    app::App,
    store::{Batch, portal as stored},
};
use authx_core::{TenantId, UserId};

/// Notes that somebody came in with a browser, known by `token`, and writes to them if it is a new
/// one beside others; `called` is what people call it. What fails here keeps nobody out.
pub async fn arrived(
    app: &App,
    (tenant, account): (TenantId, UserId),
    from: &From,
    token: &str,
    called: &str,
) {
    if let Err(error) = note(app, (tenant, account), from, token, called).await {
        tracing::warn!(user = %account, %error, "a browser was not noted");
    }
}

async fn note(
    app: &App,
    (tenant, account): (TenantId, UserId),
    from: &From,
    token: &str,
    called: &str,
) -> Result<(), AdminError> {
    let now = app.now()?;
    let named = [account.as_bytes().as_slice(), token.as_bytes()].concat();
    let digest = app.keys.master.fingerprint("portal browser", &named);
    let known = stored::browsers(&app.store, account).await?;
    let is_known = known.iter().any(|known| known.as_slice() == digest);
    let mut batch = Batch::default().see_browser(tenant, account, digest, now);
    if !is_known && !known.is_empty() {
        let deed = from.address.iter().fold(Deed::own(now), Deed::from);
        let letter = Letter::NewBrowser { browser: called.to_owned(), deed };
        batch = batch.and(letters::notify(app, now, tenant, account, &letter).await?);
    }
    Ok(app.store.commit(batch).await?)
}

/// How long a browser is known that nobody comes in with: as long as it keeps its cookie.
pub(super) const KNOWN_SECS: u64 = 31_536_000;
