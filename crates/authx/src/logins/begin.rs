//! Begins a login: first factor first, then everything else.

use super::{
    Has, LoginError, TRIES, Versioned,
    admission::{self, admit},
    after::After,
    factors, find, passkey, pause, save,
};
use crate::{
    admin::passkeys::Opened,
    app::App,
    directory::Protected,
    passwords::{PasswordError, Turn},
    store::{StoreError, logins as stored},
};
use authx_core::{
    LoginId, Millis, TenantId, UserId,
    factor::Answer,
    guard::{Source, Tally},
    login::{Cause, FirstFactor, Login, Start, Waived, start},
    policy::{FirstFactorKind, Policy},
    prompt::{Reading, readings},
    seal::Place,
    wire::{
        login::{BeginLogin, FirstFactor as Claimed},
        text::Typed,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::time::Duration;
use zeroize::Zeroizing;

/// Begins a login under the id that the caller made. The same id with the same body is the same
/// login. `body` is the request as it came, to tell a repetition from another request.
///
/// # Errors
///
/// [`LoginError`].
pub async fn begin(
    app: &App,
    caller: &Protected,
    id: LoginId,
    request: &BeginLogin,
    body: &[u8],
) -> Result<Versioned, LoginError> {
    begin_with(app, caller, id, request, body, None).await
}

/// Begins a login at the portal of somebody whose passkey has answered. It is allowed by that, and
/// what the passkey opens is stored with it; or it ends at once.
///
/// # Errors
///
/// [`LoginError`]; [`LoginError::Busy`] also where the passkey was used for something else.
pub async fn begin_by_passkey(
    app: &App,
    caller: &Protected,
    id: LoginId,
    request: &BeginLogin,
    opened: &Opened,
) -> Result<Versioned, LoginError> {
    begin_with(app, caller, id, request, id.to_string().as_bytes(), Some(opened)).await
}

async fn begin_with(
    app: &App,
    caller: &Protected,
    id: LoginId,
    request: &BeginLogin,
    body: &[u8],
    opened: Option<&Opened>,
) -> Result<Versioned, LoginError> {
    let request_digest = digest(caller, "request", body);
    // What is proved once stays proved while others are only faster: hashing again would let a
    // burst of requests hold every core.
    let mut proved: Option<Proved> = None;
    for _ in 0..TRIES {
        let attempted =
            attempt(app, caller, id, (request, &request_digest), opened, &mut proved).await;
        let in_the_way = match attempted {
            // A repetition is answered like the first time, also when nothing new would be.
            Err(
                error @ (LoginError::Password(PasswordError::Busy) | LoginError::SlowDown { .. }),
            ) => Some(error),
            Err(LoginError::Store(StoreError::Conflict)) => None,
            other => return other,
        };
        let Some(existing) = find(app, caller, id).await? else {
            if let Some(error) = in_the_way {
                return Err(error);
            }
            pause(app).await;
            continue;
        };
        let repeated = existing.login.application == caller.id
            && existing.login.request_digest == request_digest;
        return if repeated { Ok(existing) } else { Err(LoginError::Different(TAKEN)) };
    }
    Err(LoginError::Busy)
}

/// A keyed digest of something with little entropy: in a copied database it tells nothing.
pub(super) fn digest(caller: &Protected, label: &str, data: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(caller.data_key.fingerprint(label, data))
}

async fn attempt(
    app: &App,
    caller: &Protected,
    id: LoginId,
    (request, request_digest): (&BeginLogin, &str),
    opened: Option<&Opened>,
    proved: &mut Option<Proved>,
) -> Result<Versioned, LoginError> {
    let begun = app.now()?;
    let source = Source::of(request.client.address);
    let sought = stored::Sought {
        name: admission::names(caller, &request.user),
        certificate: admission::certificate_names(caller, request.certificate.as_ref()),
    };
    let visitor = stored::visitor(&app.store, caller.tenant, caller.id, sought, &source).await?;
    if visitor.generation != caller.generation {
        return Err(LoginError::Stale);
    }
    let account = visitor.account.as_ref();
    let mut typed = request.answer.as_ref().map(Typed::expose);
    let first_factor = match &request.first_factor {
        _ if caller.settings.switched_off => FirstFactor::Failed(Cause::SwitchedOff),
        Claimed::Password { password, appended } if allows(caller, FirstFactorKind::Password) => {
            let readings = read(password, *appended && typed.is_none());
            let judged = check(app, caller, &source, &visitor, &readings, proved).await?;
            if let Some(reading) = proved.as_ref().and_then(|it| readings.get(it.reading)) {
                typed = typed.or(reading.answer);
            }
            judged
        }
        // A kind that is not allowed is refused by the rules, without a look at the password.
        Claimed::Password { .. } => FirstFactor::Failed(Cause::WrongPassword),
        Claimed::Proved { .. } => vouched(account),
    };
    // Whoever has proved nothing yet is in no group: what is answered tells nothing of any.
    let proved = first_factor == FirstFactor::Proved;
    let groups = if proved { caller.known_groups(&visitor.groups) } else { vec![] };
    let (first_factor, spared) = admit(caller, &groups, first_factor);
    let proved = first_factor == FirstFactor::Proved;
    let policy = caller.policy_of(&groups);
    let login = app.decide(begun, |cx| {
        Login::new(cx, id, caller.id, request, request_digest.to_owned(), &policy)
    });
    let mut login = Login { groups, ..login.of(account.map(|account| account.id)) };
    if login.first_factor == FirstFactorKind::Password {
        login.password_digest = password_digest(caller, account);
    }
    // Checking the password took its time; the code is judged by the present.
    let now = app.now()?;
    let mut has = Has::default();
    let mut answer = None;
    let mut session = None;
    if proved {
        has = Has::of(app, caller, &policy, login.user, &visitor.factors).await?;
        has.passkeys &= opened.is_none_or(|opened| passkey::is_of(opened, caller, &login));
        if let Some(text) = typed {
            let given = Answer { text, digest: None };
            answer = Some(factors::hashed(app, &policy.factors, &has.enrolled, given).await?);
        }
        if let Some(id) = request.session {
            session = stored::session(&app.store, caller.tenant, id).await?;
        }
    }
    let certificate = visitor.certificate;
    // Else a bypass would lead to phones of one's own making.
    let waived = account.filter(|_| !caller.is_portal).and_then(waived);
    let passkey = opened.is_some();
    let started =
        Start { login, first_factor, spared, certificate, answer, session, waived, passkey };
    Box::pin(store(app, caller, &policy, now, started, (has, opened))).await
}

/// What becomes of a first factor that was proved elsewhere.
fn vouched(account: Option<&stored::VisitorAccount>) -> FirstFactor {
    match account {
        None => FirstFactor::Failed(Cause::UnknownUser),
        Some(account) if !account.active => FirstFactor::Failed(Cause::AccountDisabled),
        Some(_) => FirstFactor::Proved,
    }
}

/// Lets the rules begin, and stores what they say.
async fn store(
    app: &App,
    caller: &Protected,
    policy: &Policy,
    now: Millis,
    started: Start<'_>,
    (mut has, opened): (Has, Option<&Opened>),
) -> Result<Versioned, LoginError> {
    let (login, effects) = app.decide(now, |cx| {
        let mut means = has.means();
        start(cx, started, policy, &mut means)
    });
    let after = After::of(caller, now, &effects, &has.enrolled);
    let (enrolled, enrol) = (&has.enrolled, has.enrolment);
    let with = passkey::opens(&login, opened);
    let outcome = save::Outcome { now, login: &login, enrolled, effects, enrol, with };
    save::begun(app, caller, outcome).await?;
    after.carry_out(app, caller, &login).await;
    Ok(Versioned::new(caller, login, 1, caller.generation))
}

/// Names what is stored of a user's password now. Another one has another name, also the same word
/// set again.
pub(super) fn password_digest(
    caller: &Protected,
    account: Option<&stored::VisitorAccount>,
) -> Option<String> {
    let sealed = account?.password.as_ref()?;
    Some(digest(caller, "password", sealed))
}

/// What lets a user in without a second factor.
pub(super) fn waived(account: &stored::VisitorAccount) -> Option<Waived> {
    let (until, why) = account.bypass.as_ref()?;
    let why = serde_json::from_str(why).unwrap_or_default();
    Some(Waived { until: *until, why })
}

fn allows(caller: &Protected, kind: FirstFactorKind) -> bool {
    caller.policy.first_factors.contains(&kind)
}

/// A password that was found right: what is stored of it, and by which reading of what was typed.
struct Proved {
    sealed: Vec<u8>,
    reading: usize,
}

/// What was typed, as it is to be tried.
fn read(password: &Typed, appended: bool) -> Vec<Reading<'_>> {
    let text = password.expose();
    if appended { readings(text) } else { vec![Reading { password: text, answer: None }] }
}

/// Checks a password in each of its readings. Whoever it is, whether there is anyone at all, the
/// same work unless it is right, and one failure however many readings there are.
async fn check(
    app: &App,
    caller: &Protected,
    source: &Source,
    visitor: &stored::Visitor,
    readings: &[Reading<'_>],
    proved: &mut Option<Proved>,
) -> Result<FirstFactor, LoginError> {
    let account = visitor.account.as_ref();
    let sealed = account.and_then(|account| account.password.as_ref());
    let known = proved.take().filter(|known| sealed == Some(&known.sealed));
    let right = if let Some(known) = known {
        Some(known.reading)
    } else {
        let turn = turn(app, caller, source, visitor.tally).await?;
        verify(app, caller, turn, account, readings).await?
    };
    Ok(match (account, sealed) {
        (None, _) => FirstFactor::Failed(Cause::UnknownUser),
        (Some(account), _) if !account.active => FirstFactor::Failed(Cause::AccountDisabled),
        (Some(_), None) => FirstFactor::Failed(Cause::NoPassword),
        (Some(_), Some(sealed)) => match right {
            None => FirstFactor::Failed(Cause::WrongPassword),
            Some(reading) => {
                *proved = Some(Proved { sealed: sealed.clone(), reading });
                FirstFactor::Proved
            }
        },
    })
}

async fn verify(
    app: &App,
    caller: &Protected,
    turn: Turn,
    account: Option<&stored::VisitorAccount>,
    readings: &[Reading<'_>],
) -> Result<Option<usize>, LoginError> {
    // Nobody's password ends the search early but that of a user who may come in.
    let account = account.filter(|account| account.active);
    let opened = account.and_then(|account| {
        let sealed = account.password.as_ref()?;
        Some(caller.data_key.open(&password_place(caller.tenant, &account.id), sealed))
    });
    let opened = opened.transpose()?;
    let phc = opened.as_ref().map(|secret| std::str::from_utf8(secret.expose()));
    let phc = phc.transpose().map_err(|error| LoginError::Damaged(error.to_string()))?;
    let typed = |reading: &Reading<'_>| Zeroizing::new(reading.password.to_owned());
    let typed = readings.iter().map(typed).collect();
    Ok(app.passwords.verify(turn, phc, typed).await?)
}

/// Waits for a core to check a password on. After many wrong passwords from one network the next
/// ones wait before that; a short wait is spent here, for a longer one the caller has to come back.
async fn turn(
    app: &App,
    caller: &Protected,
    source: &Source,
    known: Tally,
) -> Result<Turn, LoginError> {
    let wait = wait_millis(app.now()?, known);
    if wait > MOST_WAIT_MILLIS {
        return Err(slow_down(wait));
    }
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let turn = app.passwords.turn().await?;
    // Others from there were checked while this one queued: however many come at once, hardly more
    // are judged than one after the other.
    let tally = stored::tally(&app.store, caller.tenant, caller.id, source).await?;
    match wait_millis(app.now()?, tally) {
        wait if wait > 0 && tally != known => Err(slow_down(wait)),
        _ => Ok(turn),
    }
}

fn wait_millis(now: Millis, tally: Tally) -> u64 {
    tally.until_password(now).since(now)
}

fn slow_down(wait_millis: u64) -> LoginError {
    LoginError::SlowDown { wait_secs: wait_millis.div_ceil(1_000) }
}

/// Where a password hash is sealed.
pub fn password_place(tenant: TenantId, user: &UserId) -> Place<'_> {
    Place { tenant, table: "account", column: "password", row: user.as_bytes() }
}

const TAKEN: &str = "a login with this id began with another body; make a new id";
const MOST_WAIT_MILLIS: u64 = 2_000;
