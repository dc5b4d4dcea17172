//! The check of a caller on the caller's phone, for whoever has no other screen: the phone is told
//! that there is one, shows the digits when its user asks for them, and ends it when they know of no
//! call.

use super::{Shown, shown_to};
use crate::{
    admin::{AdminError, TRIES, detail, pause},
    app::{About, App},
    enrol::phones::{self, PhoneError},
    phones::KnownPhone,
    store::{Batch, StoreError, approvals, requests},
    waiters::Wake,
};
use authx_core::{
    CallerCheckId, TenantId, UserId, audit::EventKind, wire::phone::UserVerification,
};

/// Why a phone shows or ends nothing.
#[derive(Debug, thiserror::Error)]
pub enum PhoneCheckError {
    /// Used, over, ended, or another user's.
    #[error("this check is not open: it was used, ended, or took too long")]
    NotOpen,
    /// What can go wrong with any call of a phone.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// The policy wants the phone to verify its user.
    #[error("before it shows the digits the phone has to verify its user")]
    VerificationNeeded,
}

impl From<AdminError> for PhoneCheckError {
    fn from(error: AdminError) -> Self {
        Self::Phone(error.into())
    }
}

impl From<StoreError> for PhoneCheckError {
    fn from(error: StoreError) -> Self {
        AdminError::from(error).into()
    }
}

/// What a phone shows of a check, to a user whom it verified where that is demanded for approvals:
/// whoever reads these digits may be let in without a phone.
///
/// # Errors
///
/// [`PhoneCheckError`].
pub async fn digits(
    app: &App,
    phone: &KnownPhone,
    id: CallerCheckId,
    verified: bool,
) -> Result<Shown, PhoneCheckError> {
    let shown = shown_to(app, phone.tenant(), phone.account()).await?;
    let shown = shown.filter(|shown| shown.id == id).ok_or(PhoneCheckError::NotOpen)?;
    if !verified {
        let demanded = phones::account(app, phone).await?.policy.user_verification;
        if demanded == UserVerification::Required {
            return Err(PhoneCheckError::VerificationNeeded);
        }
    }
    Ok(shown)
}

/// Ends a check at the word of a phone's user, who is not on the telephone with the help desk.
///
/// # Errors
///
/// [`PhoneCheckError::NotOpen`], [`PhoneCheckError::Phone`].
pub async fn deny(app: &App, phone: &KnownPhone, id: CallerCheckId) -> Result<(), PhoneCheckError> {
    let (tenant, user) = (phone.tenant(), phone.account());
    for _ in 0..TRIES {
        let now = app.now().map_err(AdminError::from)?;
        let row = approvals::open_caller_check(&app.store, tenant, user, now).await?;
        let row = row.filter(|row| row.id == id).ok_or(PhoneCheckError::NotOpen)?;
        let batch = Batch::default().deny_caller_check(id).change_phones_of(tenant, user);
        let entry = detail([
            ("name", phone.account_name.as_str().into()),
            ("agent", row.agent_name.into()),
            ("agent_id", row.agent.to_string().into()),
            ("phone_id", phone.id().to_string().into()),
            ("by", phones::BY_PHONE.into()),
        ]);
        let about = About { user: Some(user), ..About::default() };
        let batch = app.record(batch, now, tenant, EventKind::CallerDenied, about, entry);
        match app.store.commit(batch).await {
            Ok(()) => {
                wake(app, tenant, user).await;
                return Ok(());
            }
            Err(StoreError::Conflict) => pause(app).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(AdminError::Busy.into())
}

/// Tells the open apps of a user that what they show has changed. Whoever is not told finds out
/// when they ask.
pub(super) async fn wake(app: &App, tenant: TenantId, user: UserId) {
    match requests::phones_of(&app.store, tenant, user).await {
        Ok(all) => all.iter().for_each(|phone| app.waiters.wake(Wake::Phone(phone.id))),
        Err(error) => tracing::warn!(%user, %error, "phones were not told of a caller's check"),
    }
}
