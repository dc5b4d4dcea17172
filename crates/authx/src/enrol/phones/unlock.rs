//! What an administrator's look ends: phones may be asked again.

use crate::{
    admin::{AdminError, Tenant},
    app::App,
    logins::factor_place,
    store::{Batch, enrolments as stored, logins::StoredFactor},
};
use authx_core::{
    Millis, UserId,
    factor::{Enrolment, FactorKind},
};

/// Forgets "not me", wrong numbers and requests that nobody answered of a user; `guard` is what
/// counts wrong answers from now on.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Seal`], [`AdminError::Damaged`].
pub(crate) async fn unlocked(
    app: &App,
    tenant: &Tenant,
    user: UserId,
    guard: &str,
    now: Millis,
) -> Result<Batch, AdminError> {
    let word = FactorKind::Push.word();
    let mut batch = Batch::default();
    for row in stored::enrolments(&app.store, tenant.id, user, word).await? {
        let opened = tenant.data_key.open(&factor_place(tenant.id, &row.id), &row.record)?;
        let Ok(Enrolment::Push(mut push)) = serde_json::from_slice(opened.expose()) else {
            return Err(AdminError::Damaged(format!("the record of factor {}", row.id)));
        };
        push.unlock();
        let record = super::super::sealed(app, tenant, now, row.id, &Enrolment::Push(push))?;
        let (id, version, guard) = (row.id, row.version, guard.to_owned());
        batch = batch.update_factor(tenant.id, StoredFactor { id, version, record, guard });
    }
    Ok(batch)
}
