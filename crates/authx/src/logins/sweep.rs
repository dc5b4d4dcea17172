//! What time alone does: open logins expire, old ones are forgotten.

use super::{Happened, LoginError, move_on};
use crate::{
    app::App,
    store::{StoreError, logins as stored, requests},
};
use authx_core::{ApplicationId, LoginId, Millis, TenantId, login::Login};

/// Ends every login whose time is over, so that the record has it also when nobody asks again.
///
/// # Errors
///
/// [`LoginError`] that concerns them all; the rest is done at the next call. One that cannot be
/// read is named in the log and keeps no other waiting.
pub async fn expire_overdue(app: &App, now: Millis) -> Result<(), LoginError> {
    for (tenant, id) in stored::overdue(&app.store, now).await? {
        match expire(app, tenant, id).await {
            Ok(()) | Err(LoginError::Busy | LoginError::Stale | LoginError::Unknown) => {}
            Err(error @ (LoginError::Clock(_) | LoginError::Store(_))) => return Err(error),
            Err(error) => tracing::error!(%tenant, login = %id, %error, "a login cannot be ended"),
        }
    }
    Ok(())
}

async fn expire(app: &App, tenant: TenantId, id: LoginId) -> Result<(), LoginError> {
    let Some(application) = application(app, tenant, id).await? else { return Ok(()) };
    // An application that was deleted meanwhile took its logins with it.
    let Some(caller) = app.directory.current(app, application).await? else { return Ok(()) };
    move_on(app, &caller, id, Happened::Timer).await.map(|_| ())
}

/// Forgets what ended more than a day ago; what was allowed may be renewed for a week.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget_old(app: &App, now: Millis) -> Result<(), StoreError> {
    let ago = |millis| Millis(now.0.saturating_sub(millis));
    stored::forget(&app.store, ago(DAY_MILLIS), ago(7 * DAY_MILLIS)).await?;
    requests::sweep(&app.store, now, ago(QUARTER_MILLIS)).await
}

async fn application(
    app: &App,
    tenant: TenantId,
    id: LoginId,
) -> Result<Option<ApplicationId>, LoginError> {
    let (_, found) = stored::load(&app.store, tenant, id).await?;
    let login = found.map(|found| serde_json::from_str::<Login>(&found.state)).transpose();
    let login = login.map_err(|error| LoginError::Damaged(error.to_string()))?;
    Ok(login.map(|login| login.application))
}

/// What phones show of their past; each shows its last 50.
const QUARTER_MILLIS: u64 = 90 * DAY_MILLIS;
const DAY_MILLIS: u64 = 24 * 3_600 * 1_000;
