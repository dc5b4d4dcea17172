//! Passwords that AuthX keeps and checks.

use super::{
    Actor, AdminError, Change, Tenant,
    accounts::{self, AccountError},
    change, detail,
    letters::{self, Deed, Letter},
};
use crate::{
    app::{About, App},
    logins::password_place,
    passwords::{PasswordError, SALT_LEN},
    store::{Batch, accounts as stored},
};
use authx_core::{
    Millis, SessionId, TenantId, UserId, audit::EventKind, password_rules::PasswordRefused,
    seal::DataKey,
};
use zeroize::Zeroizing;

/// Why a password could not be set.
#[derive(Debug, thiserror::Error)]
pub enum PasswordRuleError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// It breaks a rule.
    #[error(transparent)]
    Refused(#[from] PasswordRefused),
}

/// Sets a user's password, and ends what is remembered of the user's sign-ins, here and in the
/// portal. Links with which another password could be chosen count no longer.
///
/// # Errors
///
/// [`AccountError::Password`] names the rule that the password breaks; [`AccountError::Unknown`],
/// [`AccountError::Admin`].
pub async fn set(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    typed: Zeroizing<String>,
) -> Result<(), AccountError> {
    set_in(app, by, tenant, user, typed, Besides::default()).await
}

/// What else becomes of what signs a user in, when the password is another one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Besides {
    /// The user's own session goes on.
    pub(super) keeps: Option<SessionId>,
    /// API tokens end too.
    pub(super) ends_tokens: bool,
}

/// The same, with what is wished besides.
pub(super) async fn set_in(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    user: UserId,
    typed: Zeroizing<String>,
    besides: Besides,
) -> Result<(), AccountError> {
    // Hashed before the change is decided: it takes long enough for others to come between.
    let row = accounts::row(app, tenant, user).await?;
    by.check_self_or_outranks(user, row.role)?;
    let mut known = stored::aliases_of(&app.store, tenant, user).await.map_err(AdminError::from)?;
    known.extend([row.name, Tenant::load(app, tenant).await?.name]);
    let hash = &hashed(app, by.user().filter(|by| *by == user), typed, known).await?;
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = &tenant;
        let row = accounts::row(app, tenant.id, user).await?;
        by.check_self_or_outranks(user, row.role)?;
        let sealed = sealed(app, tenant, now, user, hash);
        let letter = Letter::PasswordChanged(Deed::by(by, user, now));
        let told = letters::notify(app, now, tenant.id, user, &letter).await?;
        let mut batch = Batch::default()
            .set_password(tenant.id, user, sealed)
            .end_sessions(tenant.id, user, now)
            .end_portal_sessions(tenant.id, user, besides.keeps)
            .delete_open_portal_links(user)
            .and(told);
        let mut said = detail([("name", row.name.into()), ("replaced", row.has_password.into())]);
        if besides.ends_tokens {
            batch = batch.end_tokens(tenant.id, user, now);
            said.insert("tokens_ended".to_owned(), true.into());
        }
        Ok(Change {
            batch,
            kind: EventKind::PasswordSet,
            about: About { user: Some(user), ..About::default() },
            detail: said,
            outcome: (),
        })
    })
    .await
}

/// The hash of a password that keeps the rules; `known` is what others know of its user. `own` is
/// the account that chooses its own: that has one at a time under way.
pub(super) async fn hashed(
    app: &App,
    own: Option<UserId>,
    typed: Zeroizing<String>,
    known: Vec<String>,
) -> Result<Zeroizing<String>, PasswordRuleError> {
    let busy = || AdminError::from(PasswordError::Busy);
    let _alone = own.map(|own| app.passwords.alone(own).ok_or_else(busy)).transpose()?;
    let judged = app.passwords.accept(typed, known).await;
    let password = judged.map_err(AdminError::from)??;
    let mut salt = [0; SALT_LEN];
    app.random.fill(&mut salt);
    Ok(app.passwords.hash(password, salt).await.map_err(AdminError::from)?)
}

/// The hash, sealed to the row of its account.
pub(super) fn sealed(
    app: &App,
    tenant: &Tenant,
    now: Millis,
    user: UserId,
    hash: &Zeroizing<String>,
) -> Vec<u8> {
    sealed_under(app, &tenant.data_key, tenant.id, now, user, hash)
}

/// The same, for a tenant that is not stored yet.
pub(super) fn sealed_under(
    app: &App,
    key: &DataKey,
    tenant: TenantId,
    now: Millis,
    user: UserId,
    hash: &Zeroizing<String>,
) -> Vec<u8> {
    let place = password_place(tenant, &user);
    app.decide(now, |cx| key.seal(cx, &place, hash.as_bytes()))
}
