//! Vouching for a clock that stands before what is stored.

use super::{Actor, AdminError, detail};
use crate::{
    app::{About, App},
    store::{Batch, StoreError, events, tenants as stored},
};
use authx_core::{Millis, audit::EventKind, wire::login::Rfc3339};

/// Records, for every tenant, that the system's clock is right as it stands, so that what is dated
/// later no longer counts as the newest time. Servers notice within a second. Returns the time and
/// the number of tenants.
///
/// Codes that were used while the clock ran ahead stay used, so their owners wait until that time
/// has come, or enrol again.
///
/// # Errors
///
/// [`AdminError::Store`]; [`AdminError::Busy`] when others are changing tenants all the time.
pub async fn accept(app: &App, by: &Actor) -> Result<(Millis, usize), AdminError> {
    for _ in 0..super::TRIES {
        let now = app.clock.clock().now();
        let tenants = stored::tenants(&app.store).await?;
        let newest = events::newest_time(&app.store).await?.unwrap_or_default();
        let mut batch = Batch::default();
        // What was decided under the clock before is not stored any more.
        for tenant in &tenants {
            batch = batch.raise_generation(tenant.id, tenant.generation);
        }
        for tenant in &tenants {
            let before = String::from(Rfc3339(newest)).into();
            let detail = detail([("by", by.as_str().into()), ("newest_before", before)]);
            let kind = EventKind::ClockAccepted;
            batch = app.record(batch, now, tenant.id, kind, About::default(), detail);
        }
        match app.store.commit(batch).await {
            Ok(()) => {
                app.clock.refresh(Some(now));
                return Ok((now, tenants.len()));
            }
            Err(StoreError::Conflict) => super::pause(app).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(AdminError::Busy)
}
