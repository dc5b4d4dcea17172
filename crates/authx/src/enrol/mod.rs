//! How users come by their factors.

pub mod code;
pub mod overview;
pub mod phones;
pub mod recovery;

use crate::{
    admin::{AdminError, Tenant},
    app::App,
    logins::factor_place,
};
use authx_core::{FactorId, Millis, TenantId, factor::Enrolment, seal::DataKey};
use zeroize::Zeroizing;

/// An enrolment, sealed to the row of its factor.
pub(crate) fn sealed(
    app: &App,
    tenant: &Tenant,
    now: Millis,
    id: FactorId,
    enrolment: &Enrolment,
) -> Result<Vec<u8>, AdminError> {
    sealed_by(app, tenant.id, &tenant.data_key, now, id, enrolment)
}

/// The same with the tenant's data key at hand.
fn sealed_by(
    app: &App,
    tenant: TenantId,
    key: &DataKey,
    now: Millis,
    id: FactorId,
    enrolment: &Enrolment,
) -> Result<Vec<u8>, AdminError> {
    let plain = serde_json::to_vec(enrolment).map(Zeroizing::new);
    let plain = plain.map_err(|error| AdminError::Damaged(error.to_string()))?;
    let place = factor_place(tenant, &id);
    Ok(app.decide(now, |cx| key.seal(cx, &place, &plain)))
}
