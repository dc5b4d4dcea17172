//! Codes that phones offer for clients that show nothing: the login was refused already.

use super::{
    Has, LoginError, TRIES, factors, known, pause,
    phone::{PhoneWordError, Said, Speaker, asked, check, word},
    save,
};
use crate::{
    app::App,
    directory::Protected,
    store::{Batch, StoreError, requests},
    waiters::Wake,
};
use authx_core::{
    FactorId, LoginId, Millis, UserId,
    audit::EventKind,
    factor::Enrolment,
    login::{Login, PhoneAnswer},
    wire::{
        login::Rfc3339,
        phone::{Answered, Outcome, PhoneCode},
    },
};
use serde_json::Map;

/// Draws the code that this phone shows for a client that shows nothing.
///
/// # Errors
///
/// [`PhoneWordError`].
pub async fn show_code(
    app: &App,
    by: Speaker,
    id: LoginId,
    said: &Said,
) -> Result<PhoneCode, PhoneWordError> {
    for _ in 0..TRIES {
        let request = requests::one(&app.store, by.tenant, by.phone, id).await?;
        let now = app.now().map_err(LoginError::from)?;
        if !request.as_ref().is_some_and(|request| is_open(request, now)) {
            let outcome = request.and_then(|request| word(&request.state));
            return Err(PhoneWordError::NotOpen { outcome });
        }
        let (caller, current) = asked(app, by, id).await?;
        check(&caller, &current.login, said, true)?;
        match draw(app, &caller, by, &current.login, now).await {
            Err(PhoneWordError::Login(LoginError::Store(StoreError::Conflict))) => pause(app).await,
            other => return other,
        }
    }
    Err(LoginError::Busy.into())
}

async fn draw(
    app: &App,
    caller: &Protected,
    by: Speaker,
    login: &Login,
    now: Millis,
) -> Result<PhoneCode, PhoneWordError> {
    let known = known(app, caller, login).await?;
    if !known.account.as_ref().is_some_and(|account| account.active) {
        return Err(PhoneWordError::NotOpen { outcome: Some(Outcome::Cancelled) });
    }
    let policy = caller.policy_of(&login.groups);
    let mut has = Has::of(app, caller, &policy, login.user, &known.factors).await?;
    // A phone of a kind that the policy no longer allows shows nothing.
    if !has.phones.iter().any(|phone| phone.id == by.phone) {
        return Err(PhoneWordError::NotOpen { outcome: Some(Outcome::Cancelled) });
    }
    let drawn = app.decide(now, |cx| {
        has.enrolled.iter_mut().find_map(|one| match &mut one.enrolment {
            Enrolment::Push(push) if push.held(now).is_none() => {
                let code = push.show_code(cx, login.id, login.application, &login.source());
                Some((one.id, code))
            }
            Enrolment::Push(_)
            | Enrolment::Bypass(_)
            | Enrolment::Code(_)
            | Enrolment::Recovery(_) => None,
        })
    });
    let Some((factor, (code, until))) = drawn else {
        return Err(PhoneWordError::NotOpen { outcome: Some(Outcome::Cancelled) });
    };
    let mut batch = saved(app, caller, now, &has, login.user, factor)?
        .show_code(by.tenant, login.id, by.phone, now);
    let about = save::about(login);
    let detail = Map::from_iter([("phone".to_owned(), by.phone.to_string().into())]);
    batch = app.record(batch, now, by.tenant, EventKind::PhoneCodeShown, about, detail);
    app.store.commit(batch).await?;
    wake(app, &has);
    Ok(PhoneCode { code, expires_at: Rfc3339(until) })
}

/// Wants no code on this phone: "not me" counts as for any request. `None` where nothing is offered
/// that could be refused.
pub(super) async fn refuse(
    app: &App,
    caller: &Protected,
    by: Speaker,
    login: &Login,
    answer: &PhoneAnswer,
    said: &Said,
) -> Result<Option<Answered>, PhoneWordError> {
    let now = app.now().map_err(LoginError::from)?;
    let outcome = match answer {
        PhoneAnswer::Approve { .. } => return Ok(None),
        PhoneAnswer::Deny => Outcome::Denied,
        PhoneAnswer::Fraud => Outcome::Fraud,
    };
    let request = requests::one(&app.store, by.tenant, by.phone, login.id).await?;
    if !request.is_some_and(|request| is_open(&request, now)) {
        return Ok(None);
    }
    check(caller, login, said, false)?;
    let known = known(app, caller, login).await?;
    let policy = caller.policy_of(&login.groups);
    let mut has = Has::of(app, caller, &policy, login.user, &known.factors).await?;
    let mut batch = Batch::default();
    if outcome == Outcome::Fraud {
        let locked = has.enrolled.iter_mut().find_map(|one| match &mut one.enrolment {
            Enrolment::Push(push) => {
                push.fraud(now, policy.fraud_lock_secs);
                Some(one.id)
            }
            Enrolment::Bypass(_) | Enrolment::Code(_) | Enrolment::Recovery(_) => None,
        });
        if let Some(factor) = locked {
            batch = saved(app, caller, now, &has, login.user, factor)?;
        }
        let detail = Map::from_iter([("phone".to_owned(), by.phone.to_string().into())]);
        let about = save::about(login);
        batch = app.record(batch, now, by.tenant, EventKind::FraudReported, about, detail);
    }
    app.store.commit(batch.end_offer(by.tenant, login.id, by.phone, outcome.word(), now)).await?;
    wake(app, &has);
    let support_code = login.support_code.clone();
    Ok(Some(Answered { outcome, tries_left: None, at: Rfc3339(now), support_code, session: false }))
}

/// Whether a phone may still show a code for it, the first or another one.
fn is_open(request: &requests::StoredRequest, now: Millis) -> bool {
    let open = request.state == "open" || request.state == Outcome::CodeShown.word();
    request.kind == "code" && open && now < request.expires
}

/// Stores a factor that was changed.
fn saved(
    app: &App,
    caller: &Protected,
    now: Millis,
    has: &Has,
    user: Option<UserId>,
    factor: FactorId,
) -> Result<Batch, LoginError> {
    let changed = has.enrolled.iter().find(|one| one.id == factor);
    let unread = || LoginError::Damaged(format!("factor {factor} was not read"));
    let stored = factors::close(app, caller, now, changed.ok_or_else(unread)?)?;
    let batch = Batch::default().update_factor(caller.tenant, stored);
    Ok(match (user, changed.and_then(|one| factors::locked_until(caller, now, one))) {
        (Some(user), Some(until)) => batch.lock_account(caller.tenant, user, until),
        (None, _) | (_, None) => batch,
    })
}

/// All of a user's phones had the offer.
fn wake(app: &App, has: &Has) {
    for phone in &has.phones {
        app.waiters.wake(Wake::Phone(phone.id));
    }
}
