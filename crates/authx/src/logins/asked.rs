//! What a phone is shown of a login: kept with its request.

use super::LoginError;
use crate::directory::Protected;
use authx_core::{
    LoginId, SessionId,
    factor::{Enrolled, Enrolment},
    login::{Login, Stage},
    policy::UserVerification,
    wire::{
        login::Server,
        phone::{RequestClient, RequestMatch},
        text::SupportCode,
    },
};
use serde::{Deserialize, Serialize};

/// What a phone is shown, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// The user's name as it was typed.
    pub user: String,
    /// The VPN client.
    pub client: RequestClient,
    /// The VPN server.
    pub server: Server,
    /// Finds the login in the logs.
    pub support_code: SupportCode,
    /// Numbers that may still be tried.
    pub tries_left: u8,
    /// Whether an approval needs the number.
    pub match_number: RequestMatch,
    /// Whether an approval carries the phone's own user verification.
    pub user_verification: bool,
    /// The earlier try whose request this is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<LoginId>,
    /// What an approval left remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

impl Facts {
    /// Of a login as it stands.
    pub(super) fn of(
        caller: &Protected,
        login: &Login,
        enrolled: &[Enrolled],
        replaces: Option<LoginId>,
    ) -> Self {
        let source = login.source();
        let known = enrolled.iter().any(|one| match &one.enrolment {
            Enrolment::Push(push) => push.knows(&source),
            Enrolment::Bypass(_) | Enrolment::Code(_) | Enrolment::Recovery(_) => false,
        });
        let (mut ringing, mut session) = (None, None);
        if let Stage::AwaitingPhone(it) = &login.stage {
            ringing = Some(it);
        } else if let Stage::Allowed { session: left, .. } = &login.stage {
            session = left.map(|(id, _)| id);
        }
        let (client, policy) = (&login.client, caller.policy_of(&login.groups));
        let needs_number = ringing.is_some_and(|ringing| ringing.needs_number);
        Self {
            user: login.name.as_str().to_owned(),
            client: RequestClient {
                address: client.address,
                program: client.program.clone(),
                platform: client.platform.clone(),
                device: client.device.clone(),
                new_network: !known,
            },
            server: login.server.clone(),
            support_code: login.support_code.clone(),
            tries_left: ringing.map_or(0, |ringing| ringing.tries_left),
            match_number: if needs_number { RequestMatch::Required } else { RequestMatch::Off },
            user_verification: policy.user_verification == UserVerification::Required,
            replaces,
            session,
        }
    }

    /// As it is stored.
    pub(super) fn text(&self) -> Result<String, LoginError> {
        serde_json::to_string(self).map_err(|error| LoginError::Damaged(error.to_string()))
    }

    /// Reads what is stored.
    ///
    /// # Errors
    ///
    /// [`LoginError::Damaged`].
    pub fn read(text: &str) -> Result<Self, LoginError> {
        serde_json::from_str(text)
            .map_err(|error| LoginError::Damaged(format!("a phone's request: {error}")))
    }
}
