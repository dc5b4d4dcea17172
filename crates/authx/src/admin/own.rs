//! What people do about their own account.

use super::{
    Actor, AdminError, Change,
    accounts::{self, AccountError},
    change, detail, means, passwords,
    sessions::Visit,
};
use crate::{
    app::{About, App},
    enrol::phones::{self, PhoneError},
    store::{Batch, portal as stored},
};
use authx_core::{
    LoginId, PhoneId, TenantId, UserId,
    audit::EventKind,
    name::{InvalidName, Name},
};
use zeroize::Zeroizing;

/// Why somebody's own account stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// The account, or its new password.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// A name that is none.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The last thing with which somebody who looks after others can sign in.
    #[error("this is your last second factor; add another phone or a passkey first")]
    Last,
    /// AuthX keeps no password of this account.
    #[error("AuthX keeps no password of yours; change it where you have it")]
    NoPassword,
    /// The phone is not there, or somebody else's.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// The login is not there, or somebody else's.
    #[error("there is no such login of yours")]
    Unknown,
}

/// Removes one of somebody's own phones. Gives what it was called.
///
/// # Errors
///
/// [`OwnError::Phone`] for a phone that is not theirs, [`OwnError::Last`].
pub async fn remove_phone(app: &App, visit: &Visit, phone: PhoneId) -> Result<String, OwnError> {
    let (tenant, account) = (visit.tenant, visit.account);
    own_phone(app, tenant, account, phone).await?;
    let own = phones::list(app, tenant, account).await?;
    // One that does not count yet is no factor.
    let removes = own.iter().any(|one| one.id == phone && one.number.is_some());
    if visit.role.is_some() && removes {
        let row = accounts::row(app, tenant, account).await?;
        if means::of(app, tenant, &row).await?.all() <= 1 {
            return Err(OwnError::Last);
        }
    }
    Ok(phones::remove(app, &visit.actor(), tenant, phone).await?)
}

/// Calls one of somebody's own phones something else. Gives the name that it had.
///
/// # Errors
///
/// [`OwnError::Phone`], [`OwnError::Name`].
pub async fn rename_phone(
    app: &App,
    visit: &Visit,
    phone: PhoneId,
    name: &str,
) -> Result<String, OwnError> {
    own_phone(app, visit.tenant, visit.account, phone).await?;
    let name = Name::new(name)?;
    Ok(phones::rename(app, &visit.actor(), visit.tenant, phone, name.as_str()).await?)
}

async fn own_phone(
    app: &App,
    tenant: TenantId,
    account: UserId,
    phone: PhoneId,
) -> Result<(), PhoneError> {
    let own = phones::list(app, tenant, account).await?;
    let found = own.iter().any(|own| own.id == phone);
    if found { Ok(()) } else { Err(PhoneError::Unknown(phone.to_string())) }
}

/// Sets somebody's own password. What else is signed in with the old one ends, but for this
/// session.
///
/// # Errors
///
/// [`OwnError::NoPassword`], [`OwnError::Account`].
pub async fn set_password(
    app: &App,
    visit: &Visit,
    typed: Zeroizing<String>,
) -> Result<(), OwnError> {
    let (tenant, account) = (visit.tenant, visit.account);
    if !accounts::row(app, tenant, account).await?.has_password {
        return Err(OwnError::NoPassword);
    }
    let by = visit.actor();
    Ok(passwords::set_in(app, &by, tenant, account, typed, Some(visit.id)).await?)
}

/// Reports a login as somebody else's: whatever it left open ends, and so does every other session
/// of the account.
///
/// # Errors
///
/// [`OwnError::Unknown`] for a login of somebody else.
pub async fn report(app: &App, visit: &Visit, login: LoginId) -> Result<(), OwnError> {
    let (account, own) = (visit.account, visit.id);
    let by: Actor = visit.actor();
    change(app, &by, visit.tenant, move |tenant, now| async move {
        let found = stored::login_of(&app.store, tenant.id, account, login).await;
        let found = found.map_err(AdminError::from)?.ok_or(OwnError::Unknown)?;
        let row = accounts::row(app, tenant.id, account).await?;
        Ok(Change {
            batch: Batch::default().end_sessions(tenant.id, account, now).end_portal_sessions(
                tenant.id,
                account,
                Some(own),
            ),
            kind: EventKind::FraudReported,
            about: About {
                user: Some(account),
                application: found,
                login: Some(login),
                support_code: None,
            },
            detail: detail([("name", row.name.into()), ("portal", true.into())]),
            outcome: (),
        })
    })
    .await
}
