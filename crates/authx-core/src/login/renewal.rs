//! What a login allowed goes on, or ends.

use super::{Cause, Effect, FirstFactor, Login, Stage, record};
use crate::{Cx, audit::EventKind, policy::FirstFactorKind, prompt, reason::Reason};
use serde_json::Map;

/// Whether what a login allowed may go on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Renewal {
    /// It may not: the user has to sign in again.
    Ended {
        /// Why.
        reason: Reason,
        /// For the user.
        text: String,
    },
    /// It may.
    Good,
}

/// Judges whether what a login allowed may go on, without asking the user anything: only while all
/// that it rests on stands. `first_factor` is what has become of that, and `stands` is false when
/// an administrator has ended the user's sign-ins since. `help` is the policy's own wording of what
/// a user should do.
pub fn renew(
    cx: &Cx<'_>,
    login: &Login,
    first_factor: FirstFactor,
    stands: bool,
    help: Option<&str>,
) -> (Renewal, Effect) {
    let (reason, cause) = match (&login.stage, first_factor) {
        (Stage::Allowed { .. }, FirstFactor::Proved) if stands => {
            let detail = record::detail(login, cx.now, Map::new());
            return (Renewal::Good, Effect::Record(EventKind::SessionRenewed, detail));
        }
        (Stage::Allowed { .. }, FirstFactor::Proved) => (Reason::SessionEnded, "sessions_ended"),
        (Stage::Allowed { .. }, FirstFactor::Failed(cause)) => {
            (Reason::SessionEnded, word(login, cause))
        }
        (
            Stage::AwaitingInput { .. }
            | Stage::AwaitingPhone(_)
            | Stage::Cancelled
            | Stage::Expired
            | Stage::Refused { .. },
            _,
        ) => (Reason::SessionUnknown, "not_allowed"),
    };
    let mut detail = record::text("reason", reason.entry().code);
    detail.extend(record::text("cause", cause));
    let detail = record::detail(login, cx.now, detail);
    let text = prompt::refusal(reason, help, &login.support_code);
    (Renewal::Ended { reason, text }, Effect::Record(EventKind::SessionEnded, detail))
}

/// Nobody typed a password here: it is another one now.
fn word(login: &Login, cause: Cause) -> &'static str {
    let with_password = login.first_factor == FirstFactorKind::Password;
    let replaced = with_password && cause == Cause::WrongPassword;
    if replaced { "password_replaced" } else { cause.word() }
}
