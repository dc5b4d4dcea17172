//! What people are written, and how it comes into the outbox: in the batch of what it tells of, so
//! that neither is stored without the other.

mod colleagues;
mod deliveries;
mod letter;
mod notices;
mod render;
#[cfg(test)]
mod tests;
mod times;
mod trial;
mod words;

pub(super) use deliveries::delivery;
pub(crate) use deliveries::recipient as opened_recipient;
pub use deliveries::{Delivery, Page, deliveries, search, some};
pub use letter::{Deed, Letter, Link, TITLES, title};
pub(crate) use letter::{FORGOTTEN, INVITATION, SET_UP};
pub(crate) use render::{Written, place};
pub use trial::{TrialError, trial};

use super::AdminError;
use crate::{
    app::App,
    mail::{Address, MailRefused},
    store::{
        Batch,
        deliveries::{self as stored, DeliveryState, NewDelivery},
    },
};
use authx_core::{DeliveryId, Millis, TenantId, UserId, wire::text::SupportCode};
use render::Correspondent;
use zeroize::Zeroizing;

/// Why somebody is not written to.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// It cannot be sent.
    #[error(transparent)]
    Refused(#[from] MailRefused),
}

/// What is on its way to somebody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Posted {
    /// Finds it among the deliveries.
    pub id: DeliveryId,
    /// Enough of the address that its owner knows it: `a•••@example.com`.
    pub to: String,
    /// Stands in the mail, and finds it in the record.
    pub support_code: String,
}

/// Tells a user of something that happened. Where that is impossible, as mail is not set up or no
/// address is on record, the deliveries say so, and nothing else comes of it.
///
/// # Errors
///
/// [`AdminError`]: what is stored cannot be read.
pub async fn notify(
    app: &App,
    now: Millis,
    tenant: TenantId,
    account: UserId,
    letter: &Letter,
) -> Result<Batch, AdminError> {
    told(app, now, (tenant, account), letter, post(app, now, tenant, account, letter).await)
}

/// Tells several people of the same thing.
///
/// # Errors
///
/// As [`notify`].
pub async fn notify_all(
    app: &App,
    now: Millis,
    tenant: TenantId,
    readers: &[UserId],
    letter: &Letter,
) -> Result<Batch, AdminError> {
    let mut batch = Batch::default();
    for reader in readers {
        batch = batch.and(notify(app, now, tenant, *reader, letter).await?);
    }
    Ok(batch)
}

/// The same at another address than the one on record, such as the one before.
///
/// # Errors
///
/// As [`notify`].
pub async fn notify_at(
    app: &App,
    now: Millis,
    (tenant, account): (TenantId, UserId),
    address: &str,
    letter: &Letter,
) -> Result<Batch, AdminError> {
    let correspondent = Correspondent::of(app, tenant, account).await?;
    let posted = match address.parse() {
        Ok(to) => queue(app, now, &correspondent, &to, Some(account), letter),
        Err(_) => Err(MailRefused::BadAddress(address.to_owned()).into()),
    };
    told(app, now, (tenant, account), letter, posted)
}

/// Tells a user of something that happens again and again, by itself: once in `pause_secs`, in a
/// commit of its own. What fails is no fault of what happened.
pub async fn tell_seldom(
    app: &App,
    tenant: TenantId,
    account: UserId,
    letter: &Letter,
    pause_secs: u64,
) {
    let told = async {
        let now = app.now()?;
        let newest = stored::newest(&app.store, account, letter.kind()).await?;
        if newest.is_some_and(|at| now.since(at) < pause_secs * 1_000) {
            return Ok(());
        }
        let batch = notify(app, now, tenant, account, letter).await?;
        Ok::<_, AdminError>(app.store.commit(batch).await?)
    };
    if let Err(error) = told.await {
        tracing::warn!(user = %account, letter = letter.kind(), %error, "a user is not told");
    }
}

fn told(
    app: &App,
    now: Millis,
    (tenant, account): (TenantId, UserId),
    letter: &Letter,
    posted: Result<(Batch, Posted), LetterError>,
) -> Result<Batch, AdminError> {
    match posted {
        Ok((batch, _)) => Ok(batch),
        Err(LetterError::Refused(why)) => {
            let support_code = app.decide(now, SupportCode::draw);
            Ok(Batch::default().queue_delivery(NewDelivery {
                id: app.decide(now, DeliveryId::new),
                tenant,
                kind: letter.kind(),
                account: Some(account),
                recipient: None,
                content: None,
                state: DeliveryState::NotSent,
                created: now,
                until: now,
                support_code: support_code.to_string(),
                error: Some(why.to_string()),
            }))
        }
        Err(LetterError::Admin(error)) => Err(error),
    }
}

/// Writes to a user, at the address on record; once the batch is stored, it will be sent.
///
/// # Errors
///
/// [`LetterError::Refused`]: mail is not set up, or no address is on record.
/// [`LetterError::Admin`].
pub async fn post(
    app: &App,
    now: Millis,
    tenant: TenantId,
    account: UserId,
    letter: &Letter,
) -> Result<(Batch, Posted), LetterError> {
    let correspondent = Correspondent::of(app, tenant, account).await?;
    let to = correspondent.address()?;
    queue(app, now, &correspondent, &to, Some(account), letter)
}

/// Writes to somebody whose account is stored in the same batch, before this: `name` is what it is
/// called.
///
/// # Errors
///
/// As [`post`].
pub async fn post_to_new(
    app: &App,
    now: Millis,
    (tenant, account): (TenantId, UserId),
    (to, name): (&Address, &str),
    letter: &Letter,
) -> Result<(Batch, Posted), LetterError> {
    let correspondent = Correspondent::stranger(app, tenant, name).await?;
    queue(app, now, &correspondent, to, Some(account), letter)
}

/// Writes to somebody who is not, or not yet, reached by an account's address: `name` is what that
/// person is called, and empty if that is not known.
///
/// # Errors
///
/// As [`post`].
pub async fn post_to(
    app: &App,
    now: Millis,
    tenant: TenantId,
    (to, name): (&Address, &str),
    letter: &Letter,
) -> Result<(Batch, Posted), LetterError> {
    let correspondent = Correspondent::stranger(app, tenant, name).await?;
    queue(app, now, &correspondent, to, None, letter)
}

fn queue(
    app: &App,
    now: Millis,
    correspondent: &Correspondent,
    to: &Address,
    account: Option<UserId>,
    letter: &Letter,
) -> Result<(Batch, Posted), LetterError> {
    let mailer = app.mail.as_ref().ok_or(MailRefused::Off)?;
    let (id, code) = app.decide(now, |cx| (DeliveryId::new(cx), SupportCode::draw(cx)));
    let written = correspondent.write(app, mailer.help(), letter, code.as_str())?;
    let damaged = |error: serde_json::Error| AdminError::Damaged(error.to_string());
    let content = serde_json::to_vec(&written).map(Zeroizing::new).map_err(damaged)?;
    let seal = |column, plain: &[u8]| {
        let place = place(correspondent.tenant, column, &id);
        app.decide(now, |cx| correspondent.data_key.seal(cx, &place, plain))
    };
    let day = now.plus_secs(DAY_SECS);
    let delivery = NewDelivery {
        id,
        tenant: correspondent.tenant,
        kind: letter.kind(),
        account,
        recipient: Some(seal("recipient", to.as_str().as_bytes())),
        content: Some(seal("content", &content)),
        state: DeliveryState::Waiting,
        created: now,
        until: letter.until().map_or(day, |until| until.min(day)),
        support_code: code.to_string(),
        error: None,
    };
    let posted = Posted { id, to: to.masked(), support_code: code.to_string() };
    Ok((Batch::default().queue_delivery(delivery), posted))
}

/// How long a letter is tried.
const DAY_SECS: u64 = 24 * 3_600;
