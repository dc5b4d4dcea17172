//! How users come by their factors.

pub mod code;
pub mod recovery;

use crate::{
    admin::{AdminError, Tenant},
    app::App,
    logins::factor_place,
};
use authx_core::{FactorId, Millis, factor::Enrolment};
use zeroize::Zeroizing;

/// An enrolment, sealed to the row of its factor.
fn sealed(
    app: &App,
    tenant: &Tenant,
    now: Millis,
    id: FactorId,
    enrolment: &Enrolment,
) -> Result<Vec<u8>, AdminError> {
    let plain = serde_json::to_vec(enrolment).map(Zeroizing::new);
    let plain = plain.map_err(|error| AdminError::Damaged(error.to_string()))?;
    let place = factor_place(tenant.id, &id);
    Ok(app.decide(now, |cx| tenant.data_key.seal(cx, &place, &plain)))
}
