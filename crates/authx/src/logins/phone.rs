//! What phones say to the logins that asked them.

use super::{Facts, Happened, LoginError, TRIES, Told, Versioned, advance, find, offered, pause};
use crate::{
    app::{About, App},
    directory::Protected,
    store::{Batch, StoreError, logins as stored, requests},
};
use authx_core::{
    ApplicationId, LoginId, Millis, PhoneId, TenantId, UserId,
    audit::EventKind,
    login::{Login, PhoneAnswer, Reach, Stage},
    policy::UserVerification,
    reason::Reason,
    wire::{
        login::Rfc3339,
        phone::{AnswerWord, Answered, Outcome, ReachWay, Statement},
    },
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Which phone speaks.
#[derive(Clone, Copy, Debug)]
pub struct Speaker {
    /// Whose.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// The phone.
    pub phone: PhoneId,
}

/// What a phone says, and what is known of it.
#[derive(Clone, Debug)]
pub struct Said {
    /// What it signed.
    pub statement: Statement,
    /// Whether it proved that it verified its user.
    pub verified: bool,
    /// For the record: the request as it was signed.
    pub evidence: Map<String, Value>,
}

/// Why a phone's word does not count.
#[derive(Debug, thiserror::Error)]
pub enum PhoneWordError {
    /// The login could not be moved.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The request is not open on this phone.
    #[error("this request is not open on this phone")]
    NotOpen {
        /// How it ended, if this phone was ever asked.
        outcome: Option<Outcome>,
    },
    /// What was signed is not what was asked.
    #[error("what was signed is not what this phone was asked: look at the request again")]
    StatementDiffers,
    /// The policy wants the phone to verify its user.
    #[error("an approval has to carry the phone's own user verification")]
    VerificationNeeded,
}

impl From<StoreError> for PhoneWordError {
    fn from(error: StoreError) -> Self {
        Self::Login(error.into())
    }
}

/// Takes a phone's answer. Of many at once one counts; the others are told how it ended.
///
/// # Errors
///
/// [`PhoneWordError`].
pub async fn answer(
    app: &App,
    by: Speaker,
    id: LoginId,
    answer: &PhoneAnswer,
    said: &Said,
) -> Result<Answered, PhoneWordError> {
    for _ in 0..TRIES {
        let (caller, mut current) = asked(app, by, id).await?;
        let login = &current.login;
        let rings = matches!(&login.stage, Stage::AwaitingPhone(it) if it.phone == by.phone);
        if !rings {
            let refused = offered::refuse(app, &caller, by, login, answer, said).await;
            match refused {
                Ok(Some(answered)) => return Ok(answered),
                Ok(None) => {
                    return Err(PhoneWordError::NotOpen { outcome: outcome(app, by, id).await? });
                }
                Err(PhoneWordError::Login(LoginError::Store(StoreError::Conflict))) => {
                    pause(app).await;
                    continue;
                }
                Err(error) => return Err(error),
            }
        }
        check(&caller, login, said, matches!(answer, PhoneAnswer::Approve { .. }))?;
        let happened = Happened::Told(Told::Phone(by.phone, answer, &said.evidence));
        match advance(app, &caller, &mut current, happened).await {
            Ok(()) => {
                let at = app.now().map_err(LoginError::from)?;
                return answered(app, by, &current.login, at).await;
            }
            Err(LoginError::Store(StoreError::Conflict) | LoginError::Stale) => pause(app).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(LoginError::Busy.into())
}

/// The login that this phone speaks of, if it is its user's.
pub(super) async fn asked(
    app: &App,
    by: Speaker,
    id: LoginId,
) -> Result<(Arc<Protected>, Versioned), PhoneWordError> {
    let nothing = || PhoneWordError::NotOpen { outcome: None };
    let request = requests::one(&app.store, by.tenant, by.phone, id).await?;
    let application = request.ok_or_else(nothing)?.application;
    let caller = current(app, application).await?.ok_or_else(nothing)?;
    let found = find(app, &caller, id).await?;
    let found = found.filter(|found| found.login.user == Some(by.user));
    // One that was forgotten ended long ago.
    let Some(found) = found else {
        return Err(PhoneWordError::NotOpen { outcome: outcome(app, by, id).await? });
    };
    Ok((caller, found))
}

async fn current(
    app: &App,
    application: ApplicationId,
) -> Result<Option<Arc<Protected>>, LoginError> {
    Ok(app.directory.current(app, application).await?)
}

/// Whether what was signed is what was asked, and verified where that is wanted.
pub(super) fn check(
    caller: &Protected,
    login: &Login,
    said: &Said,
    approves: bool,
) -> Result<(), PhoneWordError> {
    let statement = &said.statement;
    // For a code nobody has to know where it is typed: it counts only there.
    let code = statement.answer == AnswerWord::Code;
    let same = statement.login == login.id
        && statement.application == login.application
        && (statement.address == login.client.address || code && statement.address.is_none());
    if !same {
        return Err(PhoneWordError::StatementDiffers);
    }
    let policy = caller.policy_of(&login.groups);
    let wanted = policy.user_verification == UserVerification::Required;
    if approves && wanted && !said.verified {
        return Err(PhoneWordError::VerificationNeeded);
    }
    Ok(())
}

async fn answered(
    app: &App,
    by: Speaker,
    login: &Login,
    at: Millis,
) -> Result<Answered, PhoneWordError> {
    let (outcome, tries_left, session) = match &login.stage {
        Stage::Allowed { session, .. } => (Outcome::Approved, None, session.is_some()),
        Stage::AwaitingPhone(ringing) => (Outcome::WrongNumber, Some(ringing.tries_left), false),
        Stage::Refused { reason: Reason::WrongNumber, .. } => {
            (Outcome::WrongNumber, Some(0), false)
        }
        Stage::Refused { reason: Reason::PushDenied, .. } => (Outcome::Denied, None, false),
        Stage::Refused { reason: Reason::Fraud, .. } => (Outcome::Fraud, None, false),
        // It ended by this very step, for another cause: too late, or its user was disabled.
        Stage::AwaitingInput { .. } | Stage::Cancelled | Stage::Expired | Stage::Refused { .. } => {
            return Err(PhoneWordError::NotOpen { outcome: outcome(app, by, login.id).await? });
        }
    };
    let support_code = login.support_code.clone();
    Ok(Answered { outcome, tries_left, at: Rfc3339(at), support_code, session })
}

/// How a request ended on this phone.
async fn outcome(app: &App, by: Speaker, id: LoginId) -> Result<Option<Outcome>, StoreError> {
    let request = requests::one(&app.store, by.tenant, by.phone, id).await?;
    Ok(request.and_then(|request| word(&request.state)))
}

/// The outcome that is stored as this word.
pub fn word(state: &str) -> Option<Outcome> {
    Outcome::ALL.iter().find(|outcome| outcome.word() == state).copied()
}

/// Notes that requests reached a phone; what the VPN prompts say follows.
///
/// # Errors
///
/// [`PhoneWordError::Login`]. Requests that are not this phone's are passed over.
pub async fn received(
    app: &App,
    by: Speaker,
    way: ReachWay,
    ids: &[LoginId],
) -> Result<(), PhoneWordError> {
    let now = app.now().map_err(LoginError::from)?;
    let mut batch = Batch::default().phone_reached(by.tenant, by.phone, way.word(), now);
    for &id in ids {
        batch = batch.deliver_request(by.tenant, id, by.phone, way.word(), now);
    }
    app.store.commit(batch).await?;
    for &id in ids {
        reach(app, by, id, Reach::Delivered, way.word()).await?;
    }
    Ok(())
}

/// Tells a login how far its request came.
///
/// # Errors
///
/// As [`received`].
pub async fn reach(
    app: &App,
    by: Speaker,
    id: LoginId,
    reach: Reach,
    way: &str,
) -> Result<(), PhoneWordError> {
    for _ in 0..TRIES {
        let (caller, mut current) = match asked(app, by, id).await {
            Ok(found) => found,
            Err(PhoneWordError::NotOpen { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let happened = Happened::Reached(by.phone, reach, way);
        match advance(app, &caller, &mut current, happened).await {
            Err(LoginError::Store(StoreError::Conflict) | LoginError::Stale) => pause(app).await,
            other => return Ok(other?),
        }
    }
    // Whoever was faster has more to say about the login than that its request arrived.
    Ok(())
}

/// Ends what an approval of this phone left remembered: it was not meant.
///
/// # Errors
///
/// [`PhoneWordError::NotOpen`] when this phone approved nothing of that id, or nothing was left.
pub async fn end_session(app: &App, by: Speaker, id: LoginId) -> Result<(), PhoneWordError> {
    let request = requests::one(&app.store, by.tenant, by.phone, id).await?;
    let request = request.ok_or(PhoneWordError::NotOpen { outcome: None })?;
    let ended = word(&request.state);
    let facts = Facts::read(&request.detail)?;
    let (Some(Outcome::Approved), Some(session)) = (ended, facts.session) else {
        return Err(PhoneWordError::NotOpen { outcome: ended });
    };
    let now = app.now().map_err(LoginError::from)?;
    let batch = Batch::default().end_session(by.tenant, by.user, session, now);
    let about = About {
        user: Some(by.user),
        application: Some(request.application),
        login: Some(id),
        support_code: Some(facts.support_code.as_str().to_owned()),
    };
    let mut detail = Map::new();
    detail.insert("cause".to_owned(), "not_meant".into());
    detail.insert("phone".to_owned(), by.phone.to_string().into());
    let batch = app.record(batch, now, by.tenant, EventKind::SessionEnded, about, detail);
    Ok(app.store.commit(batch).await?)
}

/// Whether the session that a login left was ended since.
pub(super) async fn session_ended(
    app: &App,
    caller: &Protected,
    login: &Login,
) -> Result<bool, LoginError> {
    let Stage::Allowed { session: Some((id, _)), .. } = &login.stage else { return Ok(false) };
    let session = stored::session(&app.store, caller.tenant, *id).await?;
    Ok(session.is_some_and(|session| session.ended.is_some()))
}
