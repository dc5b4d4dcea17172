//! A phone for somebody who has just proved to the portal who they are: no invitation, no further
//! proof, an activation at once.

use super::{ACTIVATION_SECS, PhoneError, digests};
use crate::{
    admin::{Actor, Change, accounts, change, detail},
    app::{About, App},
    store::{Batch, activations::NewActivation},
};
use authx_core::{
    Millis, TenantId, UserId,
    audit::EventKind,
    wire::{
        login::Rfc3339,
        phone::{ShortCode, Token},
    },
};

/// What a portal shows to be scanned or typed.
pub struct Offered {
    /// Stands behind the `#` of the authenticator's address.
    pub token: Token,
    /// The same, for a keyboard.
    pub code: ShortCode,
    /// Until when.
    pub expires: Millis,
}

/// Offers the binding of a phone for ten minutes; an earlier offer counts no longer.
///
/// # Errors
///
/// [`PhoneError::AccountDisabled`], [`PhoneError::Account`], [`PhoneError::Admin`].
pub async fn offer(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
) -> Result<Offered, PhoneError> {
    change(app, by, tenant, move |tenant, now| async move {
        let account = accounts::row(app, tenant.id, user).await?;
        by.check_self_or_outranks(user, account.role)?;
        if !account.active {
            return Err(PhoneError::AccountDisabled);
        }
        let bytes = app.decide(now, digests::draw);
        let (code, short_digest) = digests::short_of(app, &bytes);
        let token = Token::Activation(bytes);
        let expires = now.plus_secs(ACTIVATION_SECS);
        let activation = NewActivation {
            token_digest: digests::of_token(app, &token),
            short_digest: Some(short_digest),
            tenant: tenant.id,
            account: user,
            moves: None,
            invitation: None,
            created: now,
            expires,
        };
        Ok(Change {
            batch: Batch::default()
                .delete_shown_activations(tenant.id, user)
                .insert_activation(activation),
            kind: EventKind::PhoneOffered,
            about: About { user: Some(user), ..About::default() },
            detail: detail([
                ("name", account.name.into()),
                ("expires", String::from(Rfc3339(expires)).into()),
            ]),
            outcome: Offered { token, code, expires },
        })
    })
    .await
}

impl std::fmt::Debug for Offered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offered").field("expires", &self.expires).finish_non_exhaustive()
    }
}
