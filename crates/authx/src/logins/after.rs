//! What follows once a step is stored: phones are told, and an earlier try of the same client ends.

use super::{Happened, LoginError, move_on};
use crate::{app::App, directory::Protected, rings::Ring, waiters::Wake};
use authx_core::{
    LoginId, PhoneId,
    login::{Effect, Login},
};

/// What is left to do.
#[derive(Debug, Default)]
pub(super) struct After {
    rung: Option<PhoneId>,
    told: Vec<PhoneId>,
    superseded: Option<LoginId>,
    every_phone: bool,
}

impl After {
    /// Of a step's effects.
    pub(super) fn of(effects: &[Effect]) -> Self {
        let mut after = Self::default();
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
                Effect::CodeUsed(_)
                | Effect::CountPassword
                | Effect::Enrol
                | Effect::Record(..)
                | Effect::Remember(_)
                | Effect::SaveFactor(_) => {}
            }
        }
        after
    }

    /// Does it. What fails here is no fault of the login: it stands as stored, and phones find out
    /// when they ask.
    pub(super) async fn carry_out(self, app: &App, caller: &Protected, login: &Login) {
        for phone in self.told {
            app.waiters.wake(Wake::Phone(phone));
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
}
