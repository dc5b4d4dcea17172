//! The only caller of [`authx_core::login::start`] and [`authx_core::login::step`]:
//! load → step → commit → wake.

mod admission;
mod after;
mod asked;
mod begin;
mod challenge;
mod factors;
mod happened;
mod has;
mod offered;
mod passkey;
pub mod phone;
mod renewal;
mod ringing;
mod save;
mod sweep;
mod wait;
mod what_if;

pub use asked::Facts;
pub use begin::{begin, begin_by_passkey, password_place};
pub use factors::factor_place;
pub use offered::show_code;
pub use passkey::{decline_passkey, pass};
pub use renewal::renew;
pub use ringing::ring_phones;
pub use sweep::{expire_overdue, forget_old};
pub use wait::wait;
pub use what_if::{Foreseen, WhatIf, what_if};

use crate::{
    app::App,
    clock::ClockProblem,
    directory::{DirectoryError, Protected},
    passwords::PasswordError,
    store::{
        StoreError, groups,
        logins::{self as stored},
    },
    waiters::Wake,
};
use after::After;
use authx_core::{
    LoginId,
    login::{Login, step},
    seal::SealError,
    wire::{
        login::{AnswerLogin, LoginView},
        text::ChallengeSecret,
    },
};
use happened::{Happened, Told, event, first_factor, known};
use has::Has;
use zeroize::Zeroizing;

/// Why a login could not be begun or moved on.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Others moved it, or its user's factor, first: three times in a row.
    #[error("the login is busy; try again in a moment")]
    Busy,
    /// The answer brought no open question's secret, or is not its user's. Nothing was changed.
    #[error(
        "this challenge is not open: it was answered, is over, or belongs to another user or certificate; begin a new login"
    )]
    ChallengeNotOpen,
    /// The clock cannot be trusted, so nobody is let in.
    #[error(transparent)]
    Clock(#[from] ClockProblem),
    /// What is stored cannot be read.
    #[error("what is stored cannot be read: {0}")]
    Damaged(String),
    /// Another body under the same id, or another text under the same sequence number.
    #[error("{0}")]
    Different(&'static str),
    /// A sequence number that is neither the last one nor the next.
    #[error("answers are numbered from 1 without a gap; the next is {next}")]
    OutOfSequence {
        /// The number that would be right.
        next: u32,
    },
    /// The password could not be checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A value was sealed under another key, or moved or changed in the database.
    #[error("a sealed value cannot be opened")]
    Seal(#[from] SealError),
    /// Too many wrong passwords came from the caller's client's network.
    #[error("too many wrong passwords from this network; wait {wait_secs} s")]
    SlowDown {
        /// Seconds to wait.
        wait_secs: u64,
    },
    /// The application cannot be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The application was administered since it was read: read it again and start over.
    #[error("the application was changed")]
    Stale,
    /// The database gave no answer, or not the one expected.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No login with this id, or it is another application's.
    #[error("no such login")]
    Unknown,
}

/// A login with the version that is stored.
#[derive(Clone, Debug)]
pub struct Versioned {
    /// The login.
    pub login: Login,
    /// Rises with every change.
    pub version: i64,
    /// The generation under which it was decided.
    pub generation: i64,
    /// What another connection has to bring with its answer to the open question.
    pub challenge: Option<ChallengeSecret>,
}

impl Versioned {
    fn new(caller: &Protected, login: Login, version: i64, generation: i64) -> Self {
        let challenge = challenge::secret(caller, &login);
        Self { login, version, generation, challenge }
    }

    /// What its caller sees.
    pub fn view(&self) -> LoginView {
        let view = self.login.view(u64::try_from(self.version).unwrap_or(0));
        LoginView { challenge: self.challenge.clone(), ..view }
    }
}

/// Answers an open login. The same number with the same text is the same answer; a final login
/// stays as it is, and a late answer is told how it ended.
///
/// # Errors
///
/// [`LoginError`].
pub async fn answer(
    app: &App,
    caller: &Protected,
    id: LoginId,
    answer: &AnswerLogin,
) -> Result<Versioned, LoginError> {
    let text = answer.text.expose();
    let digest = answer_digest(caller, id, answer)?;
    for _ in 0..TRIES {
        let mut current = load(app, caller, id).await?;
        let login = &mut current.login;
        let used = answer.seq == login.seq && answer.seq != 0;
        if used && login.answer_digest == digest && challenge::may_repeat(answer) {
            return Ok(current);
        }
        challenge::check(caller, login, answer.challenge.as_ref())?;
        if used {
            return Err(LoginError::Different(
                "this number was used for another answer; number answers one by one",
            ));
        }
        if login.seq.checked_add(1) != Some(answer.seq) {
            return Err(LoginError::OutOfSequence { next: login.seq.saturating_add(1) });
        }
        if login.is_final() {
            return Ok(current);
        }
        login.seq = answer.seq;
        login.answer_digest.clone_from(&digest);
        match advance(app, caller, &mut current, Happened::Told(Told::Answered(text))).await {
            Err(LoginError::Store(StoreError::Conflict)) => pause(app).await,
            other => return other.map(|()| current),
        }
    }
    Err(LoginError::Busy)
}

/// Names an answer with all that came with it.
fn answer_digest(
    caller: &Protected,
    id: LoginId,
    answer: &AnswerLogin,
) -> Result<String, LoginError> {
    let damaged = |error: serde_json::Error| LoginError::Damaged(error.to_string());
    let said = Zeroizing::new(serde_json::to_vec(&(id, answer)).map_err(damaged)?);
    Ok(begin::digest(caller, "answer", &said))
}

/// Cancels a login. One that is final stays as it is.
///
/// # Errors
///
/// [`LoginError`].
pub async fn cancel(app: &App, caller: &Protected, id: LoginId) -> Result<Versioned, LoginError> {
    move_on(app, caller, id, Happened::Cancelled).await
}

/// Reads a login; one whose time is over is expired by that.
///
/// # Errors
///
/// [`LoginError`].
pub async fn read(app: &App, caller: &Protected, id: LoginId) -> Result<Versioned, LoginError> {
    let current = load(app, caller, id).await?;
    if current.login.is_final() || app.now()? < current.login.expires {
        return Ok(current);
    }
    move_on(app, caller, id, Happened::Timer).await
}

async fn move_on(
    app: &App,
    caller: &Protected,
    id: LoginId,
    happened: Happened<'_>,
) -> Result<Versioned, LoginError> {
    for _ in 0..TRIES {
        let mut current = load(app, caller, id).await?;
        if current.login.is_final() {
            return Ok(current);
        }
        match advance(app, caller, &mut current, happened).await {
            Err(LoginError::Store(StoreError::Conflict)) => pause(app).await,
            other => return other.map(|()| current),
        }
    }
    Err(LoginError::Busy)
}

async fn load(app: &App, caller: &Protected, id: LoginId) -> Result<Versioned, LoginError> {
    let found = find(app, caller, id).await?;
    found.filter(|found| found.login.application == caller.id).ok_or(LoginError::Unknown)
}

/// A login of this tenant, whichever application's it is.
async fn find(app: &App, caller: &Protected, id: LoginId) -> Result<Option<Versioned>, LoginError> {
    let (generation, found) = stored::load(&app.store, caller.tenant, id).await?;
    if generation != caller.generation {
        return Err(LoginError::Stale);
    }
    let Some(found) = found else { return Ok(None) };
    let mut login: Login = serde_json::from_str(&found.state)
        .map_err(|error| LoginError::Damaged(format!("login {id}: {error}")))?;
    if found.generation != caller.generation {
        regroup(app, caller, &mut login).await?;
    }
    Ok(Some(Versioned::new(caller, login, found.version, found.generation)))
}

/// Something was administered since the login was stored: its user may be in other groups now.
async fn regroup(app: &App, caller: &Protected, login: &mut Login) -> Result<(), LoginError> {
    login.groups = match login.user.filter(|_| !caller.groups.is_empty()) {
        Some(user) => {
            let groups = groups::groups_of(&app.store, caller.tenant, user).await?;
            groups.into_iter().map(|group| group.id).collect()
        }
        None => vec![],
    };
    Ok(())
}

/// One step, stored together with everything that follows from it.
async fn advance(
    app: &App,
    caller: &Protected,
    current: &mut Versioned,
    happened: Happened<'_>,
) -> Result<(), LoginError> {
    let now = app.now()?;
    let Versioned { login, version, generation, challenge } = current;
    let policy = caller.policy_of(&login.groups);
    let (event, mut has) = event(app, caller, &policy, login, happened).await?;
    let effects = app.decide(now, |cx| {
        let mut means = has.means();
        step(cx, login, &policy, &mut means, &event)
    });
    if effects.is_empty() {
        return Ok(());
    }
    let after = After::of(caller, now, &effects, &has.enrolled);
    let (enrolled, enrol) = (&has.enrolled, has.enrolment);
    let with = passkey::opens(login, happened.passkey());
    let outcome = save::Outcome { now, login, enrolled, effects, enrol, with };
    save::changed(app, caller, outcome, *version).await?;
    *version = version.saturating_add(1);
    *generation = caller.generation;
    *challenge = challenge::secret(caller, login);
    app.waiters.wake(Wake::Login(login.id));
    after.carry_out(app, caller, login).await;
    Ok(())
}

/// A moment of chance length, so that those who collided do not meet again.
async fn pause(app: &App) {
    let mut byte = [0];
    app.random.fill(&mut byte);
    let [millis] = byte;
    tokio::time::sleep(std::time::Duration::from_millis(u64::from(millis / 8))).await;
}

/// How often a step is tried when others are faster.
const TRIES: u8 = 3;
