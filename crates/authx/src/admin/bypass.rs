//! Helping a user past the second factor: by a one-time code, or by asking for none until a moment.
//!
//! Nobody does so alone. It takes the leave of another administrator, or a caller who was checked
//! both ways; somebody on the server itself needs neither. Never for owners.

mod caller;
mod on_phone;
mod wishes;

pub use caller::{Check, Shown, answer, begin, now_of, shown_to};
pub use on_phone::{PhoneCheckError, deny, digits};
pub use wishes::{Asked, ask, decide, open, waiting, wish};

use super::{
    Actor, AdminError, Change,
    accounts::{self, AccountError, fresh_guard},
    change, detail,
    letters::{self, Deed, Letter},
};
use crate::{
    app::{About, App},
    enrol,
    passwords::SALT_LEN,
    store::{Batch, accounts::AccountRow, approvals as stored, enrolments::NewFactor},
};
use authx_core::{
    ApprovalId, FactorId, Millis, TenantId, UserId,
    audit::EventKind,
    factor::{
        Enrolment, FactorKind,
        bypass::{self, Bypass},
    },
    role::{Permission, Role},
    wire::login::Rfc3339,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// Why nobody is helped past the second factor.
#[derive(Debug, thiserror::Error)]
pub enum BypassError {
    /// The account is not there.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The user said on the phone that they know of no call.
    #[error(
        "the user says that they are not on the telephone with you: do not help this caller; call \
         back by a number that is known"
    )]
    Denied,
    /// The digits were not those that the caller sees.
    #[error("{}", wrong_digits(*left))]
    Digits {
        /// Tries that are left.
        left: u64,
    },
    /// Too many wrong digits in a day.
    #[error(
        "the digits were wrong too often in the last day; ask for another administrator's leave instead"
    )]
    Guessed,
    /// Neither another administrator nor a checked caller.
    #[error(
        "this takes another administrator who agrees, or a caller with whom the digits were compared"
    )]
    NeedsLeave,
    /// An owner.
    #[error("an owner always gives a second factor; another owner helps with a recovery code")]
    Owner,
    /// A script asks.
    #[error("a token agrees to nothing; a person does, in the portal")]
    NotForScripts,
    /// May neither agree nor take back what is another's.
    #[error(
        "whoever asked takes a wish back, and who may agree to it declines it; ask one of them"
    )]
    NotYours,
    /// Whoever asked.
    #[error("whoever asked cannot agree; ask another administrator")]
    OwnWish,
    /// Decided, used, or too late.
    #[error("this is over: it was decided, used, or took too long; ask anew")]
    Over,
    /// Not there.
    #[error("there is no such wish")]
    Unknown,
    /// No reason, or a long one.
    #[error("a reason has 3 to 200 characters: others read it later")]
    Reason,
    /// Not a time that is allowed.
    #[error("a bypass lasts from 5 minutes to 7 days")]
    Time,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = BypassKind)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A code that is good once.
    Code,
    /// No second factor until a moment.
    Bypass,
}

/// A wish to help somebody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wish {
    /// Whom.
    pub user: UserId,
    /// How.
    pub kind: Kind,
    /// Why; others read it later.
    pub reason: String,
    /// For how long.
    pub secs: u64,
}

/// What lets an administrator do it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Leave {
    /// Another administrator agreed to this wish.
    Agreed(ApprovalId),
    /// The newest check of the caller, by the same administrator.
    Checked,
}

/// What was given.
pub struct Given {
    /// The code, shown this once.
    pub code: Option<Zeroizing<String>>,
    /// Until when it counts.
    pub until: Millis,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Bypass => "bypass",
        }
    }

    fn from_word(word: &str) -> Self {
        if word == Self::Code.word() { Self::Code } else { Self::Bypass }
    }
}

/// Gives a code, or asks for no second factor until a moment. The leave is spent by it, and an
/// earlier code counts no longer.
///
/// # Errors
///
/// [`BypassError`].
pub async fn give(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    wish: &Wish,
    leave: Option<Leave>,
) -> Result<Given, BypassError> {
    let drawn = match wish.kind {
        Kind::Code => Some(draw(app).await?),
        Kind::Bypass => None,
    };
    let drawn = drawn.as_ref();
    change(app, by, tenant, move |tenant, now| async move {
        let row = helped(app, by, tenant.id, wish).await?;
        let (spent, wish) = leave_of(app, by, tenant.id, now, wish, leave).await?;
        let until = now.plus_secs(wish.secs);
        let batch = if let Some((_, salt, digest)) = drawn {
            let id = app.decide(now, FactorId::new);
            let enrolment = Enrolment::Bypass(Bypass::new(*salt, *digest, until));
            let word = FactorKind::Bypass.word();
            let factor = NewFactor {
                tenant: tenant.id,
                account: row.id,
                id,
                phone: None,
                kind: word,
                active: true,
                record: enrol::sealed(app, &tenant, now, id, &enrolment)?,
                guard: fresh_guard()?,
                created: now,
            };
            let earlier = Batch::default().delete_factors(tenant.id, row.id, word, true);
            earlier.insert_factor(factor)
        } else {
            let mut why = said(by, &wish);
            why.remove("name");
            let why = Value::Object(why).to_string();
            Batch::default().set_bypass(tenant.id, row.id, Some((until, why)))
        };
        let mut entry = said(by, &wish);
        entry.insert("name".to_owned(), row.name.into());
        entry.insert("until".to_owned(), String::from(Rfc3339(until)).into());
        let code = drawn.map(|(code, ..)| code.clone());
        let (reason, deed) = (wish.reason.clone(), Deed::by(by, wish.user, now));
        let letter = match wish.kind {
            Kind::Code => Letter::CodeGiven { until, reason, deed },
            Kind::Bypass => Letter::BypassGiven { until, reason, deed },
        };
        let told = letters::notify(app, now, tenant.id, wish.user, &letter).await?;
        Ok(Change {
            batch: spent.and(batch).and(told),
            kind: match wish.kind {
                Kind::Code => EventKind::BypassCodeMade,
                Kind::Bypass => EventKind::BypassStarted,
            },
            about: About { user: Some(wish.user), ..About::default() },
            detail: entry,
            outcome: Given { code, until },
        })
    })
    .await
}

/// Asks for a second factor again, and takes a code back. Returns whether there was anything.
///
/// # Errors
///
/// [`BypassError::Account`], [`BypassError::Admin`].
pub async fn end(app: &App, by: &Actor, tenant: TenantId, user: UserId) -> Result<(), BypassError> {
    change(app, by, tenant, move |tenant, _| async move {
        let row = accounts::row(app, tenant.id, user).await?;
        by.check_outranks(row.role)?;
        let word = FactorKind::Bypass.word();
        Ok(Change {
            batch: Batch::default()
                .set_bypass(tenant.id, user, None)
                .delete_factors(tenant.id, user, word, true),
            kind: EventKind::BypassEnded,
            about: About { user: Some(user), ..About::default() },
            detail: detail([("name", row.name.into())]),
            outcome: (),
        })
    })
    .await
}

/// The account of a wish that is one, whom this administrator may help.
async fn helped(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    wish: &Wish,
) -> Result<AccountRow, BypassError> {
    let row = accounts::row(app, tenant, wish.user).await?;
    by.check_outranks(row.role)?;
    if row.role == Some(Role::Owner) {
        return Err(BypassError::Owner);
    }
    let reason = wish.reason.trim().chars();
    if !(3..=200).contains(&reason.clone().count()) || reason.clone().any(char::is_control) {
        return Err(BypassError::Reason);
    }
    if !(LEAST_SECS..=MOST_SECS).contains(&wish.secs) {
        return Err(BypassError::Time);
    }
    Ok(row)
}

/// What spends the leave, and the wish as it was agreed to.
async fn leave_of(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    now: Millis,
    wish: &Wish,
    leave: Option<Leave>,
) -> Result<(Batch, Wish), BypassError> {
    let batch = Batch::default();
    // Whoever runs commands on the server could write into the database.
    let Some(who) = by.user() else { return Ok((batch, wish.clone())) };
    match leave.ok_or(BypassError::NeedsLeave)? {
        Leave::Agreed(id) => {
            let found = stored::approval(&app.store, tenant, id).await.map_err(AdminError::from)?;
            let found = found.filter(|row| {
                row.state == "agreed"
                    && row.expires > now
                    && row.asked_by == who
                    && row.account == wish.user
                    && row.kind == wish.kind.word()
            });
            let row = found.ok_or(BypassError::Over)?;
            if let Some(agreed_by) = row.decided_by {
                still_agrees(app, tenant, wish, agreed_by).await?;
            }
            let agreed = Wish { reason: row.reason, secs: row.secs, ..wish.clone() };
            Ok((batch.use_approval(id), agreed))
        }
        Leave::Checked => {
            let found = stored::caller_check(&app.store, tenant, wish.user).await;
            let found = found
                .map_err(AdminError::from)?
                .filter(|row| row.state == "matched" && row.expires > now && row.agent == who);
            let row = found.ok_or(BypassError::NeedsLeave)?;
            Ok((batch.use_caller_check(row.id), wish.clone()))
        }
    }
}

/// Fails where whoever agreed could not agree now: was disabled, removed, or has another role.
async fn still_agrees(
    app: &App,
    tenant: TenantId,
    wish: &Wish,
    agreed_by: UserId,
) -> Result<(), BypassError> {
    let user = accounts::row(app, tenant, wish.user).await?;
    let row = accounts::row(app, tenant, agreed_by).await.map_err(|_| BypassError::Over)?;
    let may = Actor::account(agreed_by, row.role, row.name);
    let agrees =
        row.active && may.may(Permission::BypassApprove) && may.check_outranks(user.role).is_ok();
    if agrees { Ok(()) } else { Err(BypassError::Over) }
}

/// For the record of the deed, and of each login that follows from it.
fn said(by: &Actor, wish: &Wish) -> Map<String, Value> {
    detail([
        ("bypass", wish.kind.word().into()),
        ("bypass_reason", wish.reason.trim().into()),
        ("bypass_by", by.as_str().into()),
    ])
}

async fn draw(app: &App) -> Result<(Zeroizing<String>, [u8; SALT_LEN], [u8; 32]), BypassError> {
    let now = app.now().map_err(AdminError::from)?;
    let code = Zeroizing::new(app.decide(now, Bypass::draw));
    let mut salt = [0; SALT_LEN];
    app.random.fill(&mut salt);
    let shaped = bypass::shape(&code)
        .ok_or_else(|| AdminError::Damaged("a drawn bypass code has no shape".to_owned()))?;
    let digest = app.passwords.digest_new(Zeroizing::new(shaped), salt.to_vec()).await;
    Ok((code, salt, digest.map_err(AdminError::from)?))
}

fn wrong_digits(left: u64) -> String {
    match left {
        0 => "these are not the digits, and this was the last try: do not help this caller; \
              call back by a number that is known"
            .to_owned(),
        1 => "these are not the digits that the caller sees; one try is left".to_owned(),
        left => format!("these are not the digits that the caller sees; {left} tries are left"),
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").field("until", &self.until).finish_non_exhaustive()
    }
}

/// For how long a code counts when nothing else is said.
pub const USUAL_SECS: u64 = 24 * 3_600;
/// The longest that anybody is helped so.
pub const MOST_SECS: u64 = 7 * 24 * 3_600;
const LEAST_SECS: u64 = 300;
