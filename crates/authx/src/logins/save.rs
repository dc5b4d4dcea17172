//! One commit for a login, the factors it used up, what it left remembered, and the record of it.

use super::{LoginError, factors};
use crate::{
    app::{About, App},
    directory::Protected,
    store::{
        Batch,
        logins::{End, LoginRow},
    },
};
use authx_core::{
    Millis,
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
        self,
        app: &App,
        caller: &Protected,
        mut batch: Batch,
    ) -> Result<Batch, LoginError> {
        let Self { now, login, enrolled, effects } = self;
        let tenant = caller.tenant;
        for effect in effects {
            batch = match effect {
                Effect::CountPassword => {
                    let quiet = quiet_since(now);
                    batch.count_password(tenant, caller.id, &login.source(), now, quiet)
                }
                Effect::Record(kind, detail) => {
                    let about = About {
                        user: login.user,
                        application: Some(caller.id),
                        login: Some(login.id),
                        support_code: Some(login.support_code.as_str().to_owned()),
                    };
                    app.record(batch, now, tenant, kind, about, detail)
                }
                Effect::Remember(session) => batch.insert_session(tenant, login.id, now, &session),
                Effect::SaveFactor(id) => match enrolled.iter().find(|factor| factor.id == id) {
                    Some(factor) => {
                        batch.update_factor(tenant, factors::close(app, caller, now, factor)?)
                    }
                    // Going on would let a code count that was never spent.
                    None => return Err(LoginError::Damaged(format!("factor {id} was not read"))),
                },
            };
        }
        Ok(batch)
    }
}

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
        Stage::AwaitingInput { .. } => End::Open,
        Stage::Cancelled | Stage::Expired | Stage::Refused { .. } => End::Over,
    }
}
