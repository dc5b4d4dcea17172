//! A user's factors: opened for a step, sealed after it.

use super::LoginError;
use crate::{app::App, directory::Protected, store::logins::StoredFactor};
use authx_core::{
    FactorId, Millis, TenantId,
    factor::{Answer, Enrolled, Enrolment, FactorKind, bypass, recovery},
    seal::Place,
};
use zeroize::Zeroizing;

/// Opens a factor.
pub(super) fn open(caller: &Protected, factor: &StoredFactor) -> Result<Enrolled, LoginError> {
    let damaged =
        |error: serde_json::Error| LoginError::Damaged(format!("factor {}: {error}", factor.id));
    let record = caller.data_key.open(&factor_place(caller.tenant, &factor.id), &factor.record)?;
    // What serde says of a record may repeat a part of it, and this is a secret.
    let unknown = |_| LoginError::Damaged(format!("the record of factor {}", factor.id));
    Ok(Enrolled {
        id: factor.id,
        version: u64::try_from(factor.version).unwrap_or(0),
        enrolment: serde_json::from_slice(record.expose()).map_err(unknown)?,
        guard: serde_json::from_str(&factor.guard).map_err(damaged)?,
    })
}

/// Seals a factor.
pub(super) fn close(
    app: &App,
    caller: &Protected,
    now: Millis,
    factor: &Enrolled,
) -> Result<StoredFactor, LoginError> {
    let damaged = |error: serde_json::Error| LoginError::Damaged(error.to_string());
    let record = Zeroizing::new(serde_json::to_vec(&factor.enrolment).map_err(damaged)?);
    let place = factor_place(caller.tenant, &factor.id);
    Ok(StoredFactor {
        id: factor.id,
        version: i64::try_from(factor.version).unwrap_or(i64::MAX),
        record: app.decide(now, |cx| caller.data_key.seal(cx, &place, &record)),
        guard: serde_json::to_string(&factor.guard).map_err(damaged)?,
    })
}

/// Until when a factor cannot be used, where something has locked it.
pub(super) fn locked_until(caller: &Protected, now: Millis, factor: &Enrolled) -> Option<Millis> {
    let held = match &factor.enrolment {
        Enrolment::Push(push) => push.held_until(now),
        Enrolment::Bypass(_) | Enrolment::Code(_) | Enrolment::Recovery(_) => None,
    };
    let guarded = factor.guard.locked_until(now, caller.policy.lock_after);
    held.max(guarded)
}

/// Adds the password hash to an answer that has the shape of a recovery or bypass code.
pub(super) async fn hashed<'a>(
    app: &App,
    offers: &[FactorKind],
    enrolled: &[Enrolled],
    answer: Answer<'a>,
) -> Result<Answer<'a>, LoginError> {
    let (kind, code) = match (recovery::shape(answer.text), bypass::shape(answer.text)) {
        (Some(code), _) if offers.contains(&FactorKind::Recovery) => (FactorKind::Recovery, code),
        (_, Some(code)) => (FactorKind::Bypass, code),
        (Some(_) | None, None) => return Ok(answer),
    };
    let salt = enrolled.iter().find_map(|factor| match &factor.enrolment {
        Enrolment::Bypass(code) if kind == FactorKind::Bypass => Some(code.salt().to_vec()),
        Enrolment::Recovery(recovery) if kind == FactorKind::Recovery => {
            Some(recovery.salt().to_vec())
        }
        Enrolment::Bypass(_) | Enrolment::Code(_) | Enrolment::Push(_) | Enrolment::Recovery(_) => {
            None
        }
    });
    let Some(salt) = salt else { return Ok(answer) };
    let digest = app.passwords.digest(Zeroizing::new(code), salt).await?;
    Ok(Answer { digest: Some(digest), ..answer })
}

/// Where a factor is sealed.
pub fn factor_place(tenant: TenantId, id: &FactorId) -> Place<'_> {
    Place { tenant, table: "factor", column: "record", row: id.as_bytes() }
}
