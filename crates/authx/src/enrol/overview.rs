//! What a user has besides phones, as administrators see it: how much, never what.

use crate::{
    admin::{AdminError, Tenant},
    app::App,
    logins::factor_place,
    store::enrolments as stored,
};
use authx_core::{
    Millis, TenantId, UserId,
    factor::{Enrolment, FactorKind},
};

/// What a user has besides phones.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Overview {
    /// Recovery codes that are left.
    pub recovery_left: Option<usize>,
    /// When a recovery code last let its user in, to the minute.
    pub recovery_used: Option<Millis>,
    /// The authenticator app that counts.
    pub app: Option<Kept>,
    /// Until when no phone is asked; for ever where an administrator has to look.
    pub push_held: Option<Millis>,
    /// Until when a bypass code counts.
    pub bypass_code: Option<Millis>,
    /// When a bypass code last let its user in, to the minute.
    pub bypass_code_used: Option<Millis>,
}

/// A factor that is kept for a while.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Kept {
    /// When it was enrolled.
    pub created: Millis,
    /// When it last let its user in, to the minute.
    pub used: Option<Millis>,
}

impl Overview {
    /// Whether no phone is asked until somebody unlocks it.
    pub fn push_waits_for_unlock(&self) -> bool {
        self.push_held.is_some_and(|until| until >= Millis::FOR_EVER)
    }
}

/// Reads it.
///
/// # Errors
///
/// [`AdminError`]: what is stored cannot be read.
pub async fn overview(app: &App, tenant: TenantId, user: UserId) -> Result<Overview, AdminError> {
    let now = app.now()?;
    let key = Tenant::load(app, tenant).await?.data_key;
    let mut overview = Overview::default();
    for kind in FactorKind::ALL {
        for row in stored::enrolments(&app.store, tenant, user, kind.word()).await? {
            if !row.active || row.phone.is_some() {
                continue;
            }
            let record = key.open(&factor_place(tenant, &row.id), &row.record)?;
            let damaged = |_| AdminError::Damaged(format!("the record of factor {}", row.id));
            match serde_json::from_slice(record.expose()).map_err(damaged)? {
                Enrolment::Bypass(code) => {
                    overview.bypass_code = Some(code.until()).filter(|_| code.counts(now));
                    overview.bypass_code_used = row.used;
                }
                Enrolment::Code(_) => {
                    overview.app = Some(Kept { created: row.created, used: row.used });
                }
                Enrolment::Push(push) => overview.push_held = push.held_until(now),
                Enrolment::Recovery(codes) => {
                    overview.recovery_left = Some(codes.left());
                    overview.recovery_used = row.used;
                }
            }
        }
    }
    Ok(overview)
}
