//! What follows once a step is stored: phones are told, and an earlier try of the same client ends.

use super::{Happened, LoginError, factors, move_on};
use crate::{
    admin::letters::{self, Deed, Letter},
    app::App,
    directory::Protected,
    rings::Ring,
    waiters::Wake,
};
use authx_core::{
    LoginId, Millis, PhoneId,
    audit::EventKind,
    factor::{Enrolled, FactorKind},
    login::{Effect, Login},
};

/// What is left to do.
#[derive(Debug, Default)]
pub(super) struct After {
    rung: Option<PhoneId>,
    told: Vec<PhoneId>,
    superseded: Option<LoginId>,
    every_phone: bool,
    /// Until when wrong answers have just locked a factor.
    locked: Option<Millis>,
    /// Nobody gave a second factor, as an administrator allowed.
    bypassed: bool,
}

impl After {
    /// Of a step's effects, with the factors as they are after it.
    pub(super) fn of(
        caller: &Protected,
        now: Millis,
        effects: &[Effect],
        enrolled: &[Enrolled],
    ) -> Self {
        let mut after = Self::default();
        let mut reported = false;
        for effect in effects {
            match effect {
                Effect::AskPhone { phone, replaces, rings } => {
                    after.rung = rings.then_some(*phone);
                    after.superseded = *replaces;
                    after.told.push(*phone);
                }
                Effect::EndRequest { phone, .. } | Effect::ShowRequest { phone } => {
                    after.told.push(*phone);
                }
                Effect::OfferCode => after.every_phone = true,
                Effect::Record(EventKind::FraudReported, _) => reported = true,
                Effect::Record(EventKind::LoginAllowed, detail) => {
                    let by = detail.get("by").and_then(|by| by.as_str());
                    after.bypassed = by == Some(FactorKind::Bypass.word());
                }
                Effect::SaveFactor(id) => {
                    let factor = enrolled.iter().find(|factor| factor.id == *id);
                    let until = factor.and_then(|it| factors::locked_until(caller, now, it));
                    after.locked = after.locked.max(until.filter(|until| *until > now));
                }
                Effect::CodeUsed(_)
                | Effect::CountPassword
                | Effect::Enrol
                | Effect::Record(..)
                | Effect::Remember(_)
                | Effect::UseFactor(_)
                | Effect::UsePhone(_) => {}
            }
        }
        if reported {
            // Who said “not me” knows.
            after.locked = None;
        }
        after
    }

    /// Does it. What fails here is no fault of the login: it stands as stored, and phones find out
    /// when they ask.
    pub(super) async fn carry_out(self, app: &App, caller: &Protected, login: &Login) {
        for phone in &self.told {
            app.waiters.wake(Wake::Phone(*phone));
        }
        let ring = |phone| Ring {
            tenant: caller.tenant,
            application: caller.id,
            login: login.id,
            user: login.user,
            phone,
            until: login.expires,
        };
        if self.every_phone {
            app.rings.ring(ring(None));
        }
        if let Some(phone) = self.rung {
            app.rings.ring(ring(Some(phone)));
        }
        if self.locked.is_some() || self.bypassed {
            Box::pin(self.write(app, caller, login)).await;
        }
        if let Some(earlier) = self.superseded {
            let ended = Box::pin(move_on(app, caller, earlier, Happened::Superseded)).await;
            match ended {
                Ok(_) | Err(LoginError::Unknown) => {}
                Err(error) => {
                    tracing::warn!(login = %earlier, %error, "an earlier try was not ended");
                }
            }
        }
    }

    /// Tells the user of what somebody else may have done in their name.
    async fn write(&self, app: &App, caller: &Protected, login: &Login) {
        let (Some(user), Ok(now)) = (login.user, app.now()) else { return };
        let deed =
            || login.client.address.iter().fold(Deed::own(now), |it, at| it.from(at.to_string()));
        if let Some(until) = self.locked {
            let until = Some(until).filter(|until| *until < Millis::FOR_EVER);
            let letter = Letter::AccountLocked { until, deed: deed() };
            letters::tell_seldom(app, caller.tenant, user, &letter, PAUSE_SECS).await;
        }
        if self.bypassed {
            let letter = Letter::BypassUsed { application: caller.name.clone(), deed: deed() };
            letters::tell_seldom(app, caller.tenant, user, &letter, PAUSE_SECS).await;
        }
    }
}

/// Somebody who goes on guessing, or comes in again and again, is written of once an hour.
const PAUSE_SECS: u64 = 3_600;
