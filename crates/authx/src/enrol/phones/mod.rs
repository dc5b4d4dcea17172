//! How a phone comes to an account, and goes from it.
//!
//! An *invitation* (a link for seven days) spends nothing when it is opened. What it demands is
//! proved, which makes an *activation* (ten minutes); the phone proves its keys with that, and is
//! *pending*: nothing counts. Its first good use, a right code, makes it count. So whoever only sees
//! a link, or only the proof, has nothing; and two phones cannot come from one invitation.

mod account;
mod activate;
mod administer;
mod confirm;
mod device;
mod digests;
mod endpoint;
mod invite;
mod look;
mod moves;
mod portal;
mod prove;
mod sweep;
mod unlock;
mod window;

pub use account::account;
pub use activate::{Keyholder, activate};
pub use administer::{ListedPhone, find, list, of_user, remove, rename};
pub use confirm::confirm;
pub use device::{
    cancel_subscription, describe, drop_credential, leave, register_credential, subscribe,
};
pub use endpoint::target;
pub use invite::{Invited, Mailed, Separate, invite, invite_by_mail};
pub use look::look;
pub use moves::{begin_move, cancel_move};
pub use portal::{Offered, offer};
pub use prove::prove;
pub use sweep::forget_old;
pub(crate) use unlock::unlocked;
pub use window::{Shown, close_window, open_window, shown_at_prompt, window};

use crate::{
    admin::{AdminError, accounts::AccountError, letters::LetterError},
    app::{About, App},
    clock::ClockProblem,
    mail::MailRefused,
    passwords::PasswordError,
    phones::{KnownPhone, PhoneUnread},
    store::{Batch, StoreError},
};
use authx_core::{
    Millis, audit::EventKind, phone_seed::InvalidBoxKey, seal::SealError, webauthn::WebauthnError,
};
use serde_json::{Map, Value};

/// Why a phone is not enrolled, moved or changed.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// The account is not there.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Its user may not sign in.
    #[error("this account is disabled; ask your administrator")]
    AccountDisabled,
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The tenant's policy does not allow this kind of authenticator.
    #[error("the policy does not allow an authenticator of class “{0}” (phone_classes)")]
    ClassNotAllowed(&'static str),
    /// The browser's authenticator did not do what was asked.
    #[error(transparent)]
    Credential(#[from] WebauthnError),
    /// Notices cannot go there.
    #[error("{0}")]
    Endpoint(String),
    /// The phone was removed.
    #[error("this phone was removed from the account")]
    Gone,
    /// One of the keys is no key, or is there twice.
    #[error("the three keys of a phone are different points on the curve P-256")]
    InvalidKeys,
    /// Unknown, over, or spent.
    #[error(
        "this invitation is not open: it is over, was used, or never existed; ask for a new one"
    )]
    NotOpen,
    /// Whoever invites has no other way than what is on record.
    #[error("your role invites by mail to the address on record; ask a user manager for a link")]
    KnownChannel,
    /// The invitation cannot go by mail.
    #[error(transparent)]
    Mail(#[from] MailRefused),
    /// The phone has not had its first good use.
    #[error("this phone does not count yet: confirm it with a code first")]
    Pending,
    /// The invitation demands another kind of proof.
    #[error("this invitation demands another kind of proof")]
    ProofDiffers,
    /// Too many wrong passwords from this network.
    #[error("too many wrong tries from this network; wait {wait_secs} s")]
    SlowDown {
        /// Seconds to wait.
        wait_secs: u64,
    },
    /// Another phone has this id.
    #[error("there is a phone of this id; make a new one")]
    Taken,
    /// The user has as many as the policy allows.
    #[error(
        "the user has {0} phones already, as many as the policy allows (limits.phones_per_user)"
    )]
    TooManyPhones(u8),
    /// Nobody knows a phone by this text.
    #[error("there is no phone “{0}”; `authx user phones NAME` shows those there are")]
    Unknown(String),
    /// The code is not the one that the phone shows.
    #[error(
        "wrong code: type the one that the phone shows now; if it stays wrong, compare the clocks"
    )]
    WrongCode,
    /// The proof is not right.
    #[error("{}", wrong(*left))]
    WrongProof {
        /// Tries that are left.
        left: u8,
    },
}

fn wrong(left: u8) -> String {
    match left {
        0 => "wrong, and this invitation no longer counts: ask for a new one".to_owned(),
        1 => "wrong; one try is left".to_owned(),
        left => format!("wrong; {left} tries are left"),
    }
}

macro_rules! through_admin {
    ($($error:ty)*) => {$(
        impl From<$error> for PhoneError {
            fn from(error: $error) -> Self {
                Self::Admin(error.into())
            }
        }
    )*};
}

through_admin! { ClockProblem PasswordError SealError StoreError }

impl From<LetterError> for PhoneError {
    fn from(error: LetterError) -> Self {
        match error {
            LetterError::Admin(error) => error.into(),
            LetterError::Refused(why) => why.into(),
        }
    }
}

impl From<InvalidBoxKey> for PhoneError {
    fn from(_: InvalidBoxKey) -> Self {
        Self::InvalidKeys
    }
}

impl From<PhoneUnread> for PhoneError {
    fn from(error: PhoneUnread) -> Self {
        match error {
            PhoneUnread::Damaged(what) => AdminError::Damaged(what).into(),
            PhoneUnread::Seal(error) => error.into(),
            PhoneUnread::Store(error) => error.into(),
        }
    }
}

impl PhoneError {
    /// Somebody else was faster: what was decided has to be decided again.
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Admin(AdminError::Store(StoreError::Conflict)))
    }

    fn damaged(error: &serde_json::Error) -> Self {
        AdminError::Damaged(format!("what is stored of a phone: {error}")).into()
    }
}

/// Stores what a phone changed of itself, with the record of it, unless its tenant was administered
/// since it was read.
async fn commit(
    app: &App,
    phone: &KnownPhone,
    now: Millis,
    batch: Batch,
    recorded: Option<(EventKind, Map<String, Value>)>,
) -> Result<(), PhoneError> {
    let tenant = phone.tenant();
    let batch = Batch::default().demand_generation(tenant, phone.generation).and(batch);
    let batch = match recorded {
        Some((kind, mut detail)) => {
            detail.insert("name".to_owned(), phone.account_name.as_str().into());
            detail.insert("phone_id".to_owned(), phone.id().to_string().into());
            detail.insert("by".to_owned(), BY_PHONE.into());
            let about = About { user: Some(phone.account()), ..About::default() };
            app.record(batch, now, tenant, kind, about, detail)
        }
        None => batch,
    };
    Ok(app.store.commit(batch).await?)
}

/// The same phone as it is now.
async fn again(app: &App, phone: &KnownPhone) -> Result<KnownPhone, PhoneError> {
    KnownPhone::load(app, phone.id()).await?.ok_or(PhoneError::Gone)
}

/// Who changed it, where its own keys signed.
pub(crate) const BY_PHONE: &str = "the phone";
/// Wrong proofs that end an invitation.
const MOST_PROOFS: u8 = 5;
const INVITATION_SECS: u64 = 7 * 24 * 3_600;
const ACTIVATION_SECS: u64 = 10 * 60;
const MOVE_SECS: u64 = 5 * 60;
