//! What a refused client is sent.

use super::credentials::ChallengeState;
use crate::client_abilities::Abilities;
use authx_core::{
    name::Name,
    prompt,
    reason::Reason,
    wire::{login::ReasonView, text::SupportCode},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Why the user stays out: a stable word for logs, and what the client is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// For logs.
    pub word: String,
    /// For the client.
    pub text: String,
}

impl Refusal {
    /// A refusal that is the agent's own.
    pub(super) fn of(reason: Reason, code: &SupportCode, abilities: &Abilities) -> Self {
        let text = prompt::refusal(reason, None, code);
        let passing = matches!(reason, Reason::AgentFault | Reason::AuthxUnreachable);
        let text = if passing && abilities.passing_failure {
            // The client comes back by itself, with what the user typed, instead of asking again.
            format!("TEMP[backoff {BACKOFF_SECS}]:{text}")
        } else {
            text
        };
        Self { word: reason.entry().code.to_owned(), text }
    }

    /// A refusal by AuthX.
    pub(super) fn told(reason: &ReasonView) -> Self {
        Self { word: reason.code.clone(), text: harmless(&reason.text) }
    }

    /// A question that ends this connection and is answered by the next one (dynamic challenge,
    /// doc/management-notes.txt).
    pub(super) fn challenge(state: &ChallengeState, user: &Name, text: &str, echo: bool) -> Self {
        let flags = if echo { "R,E" } else { "R" };
        let (user, text) = (STANDARD.encode(user.as_str()), harmless(text));
        Self { word: "challenge".to_owned(), text: format!("CRV1:{flags}:{state}:{user}:{text}") }
    }
}

/// What the pending step carries of a question. A client of 2.6 shows no longer one, and says
/// nothing of it.
pub(super) fn cr_text(prompt: &str, echo: bool) -> String {
    let flags = if echo { "R,E" } else { "R" };
    let mut text = format!("CR_TEXT:{flags}:{}", harmless(prompt));
    text.truncate(text.floor_char_boundary(MOST_EXTRA_BYTES));
    text
}

/// OpenVPN drops a message that holds a line feed, without a word; 2.6 cuts at 1,024 bytes.
fn harmless(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MOST_QUESTION_BYTES).collect()
}

const BACKOFF_SECS: u32 = 10;
/// Measured on 2.6.14: of 247 bytes nothing reaches the client's user interface.
const MOST_EXTRA_BYTES: usize = 246;
/// What `CR_TEXT:R,E:` leaves of them.
pub(super) const MOST_QUESTION_BYTES: usize = 234;
