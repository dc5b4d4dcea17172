//! The window in which a user may enrol at the VPN prompt: closed unless an administrator opened it
//! for this user, and closed again by the first phone.

use super::{ACTIVATION_SECS, PhoneError, digests};
use crate::{
    admin::{Actor, Change, accounts, change, detail},
    app::{About, App},
    store::{Batch, accounts as stored, activations::NewActivation},
};
use authx_core::{
    Millis, TenantId, UserId,
    audit::EventKind,
    wire::{
        login::Rfc3339,
        phone::{ShortCode, Token},
    },
};

/// What a user without a phone is shown at the VPN prompt.
#[derive(Debug)]
pub struct Shown {
    /// To be typed into the authenticator; the first factor, which was proved, stands for its
    /// proof.
    pub code: ShortCode,
    /// Until when.
    pub expires: Millis,
}

/// Lets a user enrol at the VPN prompt for so many hours. Gives until when.
///
/// # Errors
///
/// [`PhoneError::Account`], [`PhoneError::Admin`].
pub async fn open_window(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    hours: u32,
) -> Result<Millis, PhoneError> {
    change(app, by, tenant, move |tenant, now| async move {
        let account = accounts::row(app, tenant.id, user).await?;
        by.check_self_or_outranks(user, account.role)?;
        let until = now.plus_secs(u64::from(hours) * 3_600);
        Ok::<_, PhoneError>(Change {
            batch: Batch::default().set_enrolment(tenant.id, user, Some(until)),
            kind: EventKind::EnrolmentOpened,
            about: About { user: Some(user), ..About::default() },
            detail: detail([
                ("name", account.name.into()),
                ("until", String::from(Rfc3339(until)).into()),
            ]),
            outcome: until,
        })
    })
    .await
}

/// Lets a user no longer enrol at the VPN prompt; a code that was shown there counts no longer.
///
/// # Errors
///
/// [`PhoneError::Account`], [`PhoneError::Admin`].
pub async fn close_window(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
) -> Result<(), PhoneError> {
    change(app, by, tenant, move |tenant, _| async move {
        let account = accounts::row(app, tenant.id, user).await?;
        by.check_self_or_outranks(user, account.role)?;
        Ok::<_, PhoneError>(Change {
            batch: Batch::default()
                .set_enrolment(tenant.id, user, None)
                .delete_shown_activations(tenant.id, user),
            kind: EventKind::EnrolmentClosed,
            about: About { user: Some(user), ..About::default() },
            detail: detail([("name", account.name.into())]),
            outcome: (),
        })
    })
    .await
}

/// Until when a user may enrol at the VPN prompt. `None`: not now.
///
/// # Errors
///
/// [`PhoneError::Admin`].
pub async fn window(
    app: &App,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<Millis>, PhoneError> {
    let now = app.now()?;
    let until = stored::enrolment(&app.store, tenant, user).await?;
    Ok(until.filter(|until| now < *until))
}

/// Adds to a batch what lets a user enrol with a code that is shown at the VPN prompt; an earlier
/// one counts no longer. For a user whose first factor is proved and whose window is open.
pub fn shown_at_prompt(
    app: &App,
    tenant: TenantId,
    user: UserId,
    now: Millis,
    batch: Batch,
) -> (Batch, Shown) {
    let token = app.decide(now, digests::draw);
    let (code, short_digest) = digests::short_of(app, &token);
    let token = Token::Activation(token);
    let expires = now.plus_secs(ACTIVATION_SECS);
    let activation = NewActivation {
        // Nobody gets to see this token: the code alone counts.
        token_digest: digests::of_token(app, &token),
        short_digest: Some(short_digest),
        tenant,
        account: user,
        moves: None,
        invitation: None,
        created: now,
        expires,
    };
    let batch = batch.delete_shown_activations(tenant, user).insert_activation(activation);
    (batch, Shown { code, expires })
}
