//! What people do about their own account.

use super::{
    Actor, AdminError, Change,
    accounts::{self, AccountError},
    administrators, change, detail,
    letters::{self, Letter},
    means,
    passwords::{self, Besides},
    sessions::Visit,
};
use crate::{
    app::{About, App},
    enrol::phones::{self, PhoneError},
    store::{
        Batch,
        accounts::AccountRow,
        applications,
        lines::{self, StepRow},
    },
};
use authx_core::{
    LoginId, Millis, PhoneId, TenantId, UserId,
    audit::{EventKind, LoginLine, LoginOutcome},
    name::{InvalidName, Name},
    role::Permission,
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
/// session; their API tokens do if that is wished.
///
/// # Errors
///
/// [`OwnError::NoPassword`], [`OwnError::Account`].
pub async fn set_password(
    app: &App,
    visit: &Visit,
    typed: Zeroizing<String>,
    ends_tokens: bool,
) -> Result<(), OwnError> {
    let (tenant, account) = (visit.tenant, visit.account);
    if !accounts::row(app, tenant, account).await?.has_password {
        return Err(OwnError::NoPassword);
    }
    let by = visit.actor();
    let besides = Besides { keeps: Some(visit.id), ends_tokens };
    Ok(passwords::set_in(app, &by, tenant, account, typed, besides).await?)
}

/// What became of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reported {
    /// It was reported before; nothing new is recorded.
    Already,
    /// It was let in: whoever looks after users is told.
    LetIn,
    /// Nobody was let in by it.
    NotLetIn,
}

/// Reports a login as somebody else's: what it left remembered ends, and so does every other
/// session of the account. Where it was let in, those who may act on the account are written to.
///
/// # Errors
///
/// [`OwnError::Unknown`] for a login of somebody else.
pub async fn report(app: &App, visit: &Visit, login: LoginId) -> Result<Reported, OwnError> {
    let (account, own) = (visit.account, visit.id);
    let by: &Actor = &visit.actor();
    if told_so_far(app, visit, login).await?.reported.is_some() {
        return Ok(Reported::Already);
    }
    change(app, by, visit.tenant, move |tenant, now| async move {
        let line = told_so_far(app, visit, login).await?;
        let row = accounts::row(app, tenant.id, account).await?;
        let mut batch = Batch::default().end_sessions(tenant.id, account, now);
        batch = batch.end_portal_sessions(tenant.id, account, Some(own));
        let let_in = line.outcome == LoginOutcome::Granted;
        if let_in {
            batch = batch.and(tell_of(app, now, tenant.id, &row, &line).await?);
        }
        let about = |login| About {
            user: Some(account),
            application: line.application,
            login,
            support_code: line.support_code.clone(),
        };
        // A step of the login, and a deed: what is done stands among the deeds, too.
        let mut deed = detail([
            ("name", row.name.as_str().into()),
            ("login_id", login.to_string().into()),
            ("let_in", let_in.into()),
        ]);
        by.sign(&mut deed);
        let batch = app.record(batch, now, tenant.id, EventKind::LoginReported, about(None), deed);
        Ok(Change {
            batch,
            kind: EventKind::FraudReported,
            about: about(Some(login)),
            detail: detail([("name", row.name.into()), ("portal", true.into())]),
            outcome: if let_in { Reported::LetIn } else { Reported::NotLetIn },
        })
    })
    .await
}

/// A login of one's own, as the record tells it up to now.
async fn told_so_far(app: &App, visit: &Visit, login: LoginId) -> Result<LoginLine, OwnError> {
    let steps = lines::own_steps(&app.store, visit.tenant, visit.account, login).await;
    let steps = steps.map_err(AdminError::from)?;
    let steps = steps.iter().filter_map(StepRow::step);
    steps.fold(None, |line, step| LoginLine::after(line, &step)).ok_or(OwnError::Unknown)
}

async fn tell_of(
    app: &App,
    now: Millis,
    tenant: TenantId,
    row: &AccountRow,
    line: &LoginLine,
) -> Result<Batch, AdminError> {
    let application = match line.application {
        Some(id) => applications::application(&app.store, tenant, id).await?,
        None => None,
    };
    let letter = Letter::LoginReported {
        user: row.name.clone(),
        application: application.map_or_else(|| "one that was deleted".to_owned(), |it| it.name),
        let_in: line.ended.unwrap_or(line.began),
        from: line.address.clone(),
        support_code: line.support_code.clone(),
        at: now,
    };
    let deed = Permission::UsersWrite;
    let readers = administrators::who_may(app, tenant, deed, row.role, row.id).await?;
    letters::notify_all(app, now, tenant, &readers, &letter).await
}
