//! One commit for a login, the factors it used up, what it left remembered, and the record of it.

use super::{LoginError, asked::Facts, factors};
use crate::{
    app::{About, App},
    directory::Protected,
    store::{
        Batch,
        logins::{End, LoginRow},
        requests::NewRequest,
    },
};
use authx_core::{
    Millis,
    audit::EventKind,
    factor::Enrolled,
    guard::quiet_since,
    login::{Effect, Login, Stage},
};

/// What a step decided.
pub(super) struct Outcome<'a> {
    /// When.
    pub(super) now: Millis,
    /// The login after it.
    pub(super) login: &'a Login,
    /// The factors after it.
    pub(super) enrolled: &'a [Enrolled],
    /// What else follows.
    pub(super) effects: Vec<Effect>,
    /// What makes the code count with which its user may enrol.
    pub(super) enrol: Batch,
    /// What is stored with it whatever follows.
    pub(super) with: Batch,
}

/// Stores a new login.
pub(super) async fn begun(
    app: &App,
    caller: &Protected,
    outcome: Outcome<'_>,
) -> Result<(), LoginError> {
    let state = state(outcome.login)?;
    let batch = Batch::default().insert_login(&row(caller, outcome.login, &state));
    Ok(app.store.commit(outcome.follow(app, caller, batch)?).await?)
}

/// Stores the next state of a login.
pub(super) async fn changed(
    app: &App,
    caller: &Protected,
    outcome: Outcome<'_>,
    version: i64,
) -> Result<(), LoginError> {
    let state = state(outcome.login)?;
    let batch = Batch::default().update_login(&row(caller, outcome.login, &state), version);
    Ok(app.store.commit(outcome.follow(app, caller, batch)?).await?)
}

impl Outcome<'_> {
    /// Adds what follows from a step to what stores it.
    pub(super) fn follow(
        mut self,
        app: &App,
        caller: &Protected,
        mut batch: Batch,
    ) -> Result<Batch, LoginError> {
        let effects = std::mem::take(&mut self.effects);
        let Self { now, login, enrolled, .. } = self;
        let tenant = caller.tenant;
        for effect in effects {
            batch = match effect {
                Effect::AskPhone { phone, replaces, rings: _ } => {
                    let facts = Facts::of(caller, login, enrolled, replaces).text()?;
                    batch.ask_phone(phone, &request(caller, login, "approval", &facts, now)?)
                }
                Effect::CodeUsed(shown_for) => batch.code_used(tenant, shown_for, now),
                Effect::CountPassword => {
                    let quiet = quiet_since(now);
                    batch.count_password(tenant, caller.id, &login.source(), now, quiet)
                }
                Effect::Enrol => batch.and(std::mem::take(&mut self.enrol)),
                Effect::EndRequest { phone, outcome } => {
                    // What was left remembered can be ended from there.
                    let facts = Facts::of(caller, login, enrolled, None).text()?;
                    batch
                        .update_request(tenant, login.id, phone, facts)
                        .end_request(tenant, login.id, phone, outcome, now)
                }
                Effect::OfferCode => {
                    let facts = Facts::of(caller, login, enrolled, None).text()?;
                    batch.offer_code(&request(caller, login, "code", &facts, now)?)
                }
                Effect::Record(kind, detail) => {
                    if let Some(user) = login.user.filter(|_| kind == EventKind::LoginAllowed) {
                        batch = batch.signed_in(tenant, user, now);
                    }
                    app.record(batch, now, tenant, kind, about(login), detail)
                }
                Effect::Remember(session) => batch.insert_session(tenant, login.id, now, &session),
                Effect::ShowRequest { phone } => {
                    let facts = Facts::of(caller, login, enrolled, None).text()?;
                    batch.update_request(tenant, login.id, phone, facts)
                }
                Effect::UseFactor(id) => batch.use_factor(tenant, id, now),
                Effect::UsePhone(id) => batch.use_phone(tenant, id, now),
                Effect::SaveFactor(id) => match enrolled.iter().find(|factor| factor.id == id) {
                    Some(factor) => {
                        let until = factors::locked_until(caller, now, factor);
                        if let (Some(user), Some(until)) = (login.user, until) {
                            batch = batch.lock_account(tenant, user, until);
                        }
                        batch.update_factor(tenant, factors::close(app, caller, now, factor)?)
                    }
                    // Going on would let a code count that was never spent.
                    None => return Err(LoginError::Damaged(format!("factor {id} was not read"))),
                },
            };
        }
        Ok(batch.and(self.with))
    }
}

/// Whom and what an entry about a login is about.
pub(super) fn about(login: &Login) -> About {
    About {
        user: login.user,
        application: Some(login.application),
        login: Some(login.id),
        support_code: Some(login.support_code.as_str().to_owned()),
    }
}

fn request<'a>(
    caller: &Protected,
    login: &Login,
    kind: &'static str,
    detail: &'a str,
    now: Millis,
) -> Result<NewRequest<'a>, LoginError> {
    let account = login.user.ok_or_else(|| LoginError::Damaged("a login of nobody".to_owned()))?;
    let offered = kind == "code";
    Ok(NewRequest {
        tenant: caller.tenant,
        login: login.id,
        account,
        application: caller.id,
        kind,
        detail,
        created: now,
        expires: if offered { now.plus_secs(OFFERED_SECS) } else { login.expires },
    })
}

/// How long a phone offers a code after a client that shows nothing was refused.
const OFFERED_SECS: u64 = 300;

fn state(login: &Login) -> Result<String, LoginError> {
    serde_json::to_string(login).map_err(|error| LoginError::Damaged(error.to_string()))
}

fn row<'a>(caller: &Protected, login: &Login, state: &'a str) -> LoginRow<'a> {
    LoginRow {
        tenant: caller.tenant,
        application: caller.id,
        id: login.id,
        generation: caller.generation,
        state,
        end: end(login),
        created: login.created,
        expires: login.expires,
    }
}

fn end(login: &Login) -> End {
    match login.stage {
        Stage::Allowed { .. } => End::Allowed,
        Stage::AwaitingInput { .. } | Stage::AwaitingPhone(_) => End::Open,
        Stage::Cancelled | Stage::Expired | Stage::Refused { .. } => End::Over,
    }
}
