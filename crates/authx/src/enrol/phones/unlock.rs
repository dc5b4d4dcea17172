//! What keeps a user's phones from being asked is forgotten when an administrator has looked.

use crate::{
    admin::{AdminError, Tenant},
    app::App,
    enrol,
    logins::factor_place,
    store::{Batch, enrolments as stored},
};
use authx_core::{
    Millis, UserId,
    factor::{Enrolment, FactorKind},
};

/// What unlocks the requests on a user's phones, to be stored with the change that calls for it.
pub(crate) async fn unlocked(
    app: &App,
    tenant: &Tenant,
    now: Millis,
    user: UserId,
) -> Result<Batch, AdminError> {
    let word = FactorKind::Push.word();
    let mut batch = Batch::default();
    for row in stored::enrolments(&app.store, tenant.id, user, word).await? {
        let record = tenant.data_key.open(&factor_place(tenant.id, &row.id), &row.record)?;
        let damaged = || AdminError::Damaged(format!("the record of factor {}", row.id));
        let mut push = match serde_json::from_slice(record.expose()) {
            Ok(Enrolment::Push(push)) => push,
            Ok(Enrolment::Bypass(_) | Enrolment::Code(_) | Enrolment::Recovery(_)) | Err(_) => {
                return Err(damaged());
            }
        };
        push.unlock();
        let record = enrol::sealed(app, tenant, now, row.id, &Enrolment::Push(push))?;
        batch = batch.replace_record(tenant.id, row.id, row.version, record);
    }
    Ok(batch)
}
