//! What AuthX asks at this application, kept from the last time it was reached.

use super::Agent;
use crate::config::FirstFactor;
use authx_core::{policy::FirstFactorKind, wire::check::Asks};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The last word of AuthX.
#[derive(Debug, Default)]
pub(super) struct Application(Mutex<Option<Asks>>);

impl Application {
    pub(super) fn asks(&self) -> Option<Asks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, asks: Asks) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(asks);
    }
}

/// Asks again and again: often until the first answer, then once a minute.
pub(super) async fn keep_asking(agent: Arc<Agent>) {
    let mut reached = None;
    loop {
        let answer = agent.authx.check().await;
        let now_reached = answer.is_ok();
        match answer {
            Ok(check) => {
                if reached != Some(true) {
                    tracing::info!(
                        application = check.name,
                        server_version = check.version,
                        "AuthX is reached"
                    );
                }
                warn_of_first_factors(&agent, &check.asks);
                agent.application.keep(check.asks);
            }
            Err(error) if reached != Some(false) => {
                tracing::error!(%error, "AuthX cannot be reached or believed; sign-ins are refused");
            }
            Err(_) => {}
        }
        reached = Some(now_reached);
        tokio::time::sleep(if now_reached { OFTEN_ENOUGH } else { SOON }).await;
    }
}

/// A first factor that the policy does not allow would refuse everybody, each with a word that says
/// nothing.
fn warn_of_first_factors(agent: &Agent, asks: &Asks) {
    let any = agent.config.any_server();
    for settings in agent.config.servers().map(|(_, settings)| settings).chain([any]) {
        let kind = match settings.first_factor {
            FirstFactor::Authx => FirstFactorKind::Password,
            FirstFactor::Certificate => FirstFactorKind::Certificate,
            FirstFactor::Pam => FirstFactorKind::Pam,
        };
        if !asks.first_factors.contains(&kind) {
            tracing::error!(
                server = settings.name.as_str(),
                "the application's policy does not allow the first factor `{}`; add it to \
                 first_factors with `authx policy set`",
                kind.word()
            );
        }
    }
}

const OFTEN_ENOUGH: Duration = Duration::from_mins(1);
const SOON: Duration = Duration::from_secs(2);
