//! One VPN client's sign-in, as a state machine without I/O.
//!
//! [`Conversation::open`] takes what OpenVPN told; [`Conversation::handle`] takes what happened
//! since. Both return effects for the caller to carry out. The verdict falls once: whatever is
//! heard afterwards changes nothing.

mod credentials;
mod hearing;
mod opening;
mod phone;
mod refusal;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use phone::with_number;
pub use refusal::Refusal;

use crate::{client_abilities::Abilities, config::FirstFactor, sessions::Approved};
use authx_core::{
    LoginId, Millis,
    name::Name,
    wire::{
        check::Asks,
        login::{AnswerLogin, BeginLogin, LoginView},
        text::{MatchNumber, Method, SupportCode, Typed},
    },
};
use phone::{Later, Shown};
use std::{collections::VecDeque, net::SocketAddr};

/// What the host is told to do with a sign-in.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The VPN server's name, for AuthX's log.
    pub server: String,
    /// What proves the first factor.
    pub first_factor: FirstFactor,
    /// The attribute of a certificate's subject that names the user.
    pub certificate_field: String,
    /// Seconds that a question may stand.
    pub pending_secs: u64,
    /// Seconds after which a sign-in without a question is decided.
    pub answer_within_secs: u64,
    /// Whether OpenVPN's management socket is connected, so that further questions can be asked.
    pub several: bool,
    /// Whether OpenVPN's call may be held for a few milliseconds, because AuthX lately answered
    /// within them.
    pub may_hold: bool,
    /// What AuthX asks at this application; `None` before it was reached for the first time.
    pub asks: Option<Asks>,
}

impl Setting {
    /// Seconds that a question may stand where nobody configured it: AuthX ends the login before,
    /// also one whose user turns to the phone at the last moment.
    pub fn patience_secs(asks: Option<&Asks>) -> u64 {
        let policy = asks.map_or(LOGIN_SECS, |asks| asks.login_secs.saturating_add(asks.push_secs));
        policy.saturating_add(2 * MARGIN_SECS).min(MOST_PENDING_SECS)
    }
}

/// Something that happens to an open sign-in.
#[derive(Debug)]
pub enum Event {
    /// The client left: OpenVPN has removed the file that the verdict would go to.
    Gone,
    /// The plugin acted on the reply, or it came too late for that.
    Outcome {
        /// Whether it acted on it.
        used: bool,
    },
    /// The host's PAM stack has spoken.
    Proved(crate::pam::Proof),
    /// The agent ends.
    Stopping,
    /// Time has passed; see [`Conversation::deadline`].
    Time,
    /// AuthX answered to what was asked last, or the way to it failed.
    Told(Result<Box<LoginView>, Failure>),
    /// The client sent an answer to a question: base64, if it keeps to the protocol.
    Typed(String),
    /// What [`Effect::Ask`] wanted did not happen.
    Unasked,
}

/// Why there is no answer from AuthX that could be believed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Failure {
    /// What the answer was meant for is no longer open.
    NotOpen,
    /// AuthX could not be reached, or not be believed.
    Outage {
        /// For the agent's log.
        detail: String,
    },
    /// AuthX wants fewer tries from this network.
    SlowDown,
}

/// What the caller has to carry out.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Tell AuthX what the user typed.
    Answer(LoginId, AnswerLogin),
    /// Remember the session, before the verdict is given.
    Approve(Approved),
    /// Ask a further question through the management socket, or only make OpenVPN wait.
    Ask {
        /// What `client-pending-auth` carries; empty where nothing is to be shown.
        extra: String,
        /// Seconds that it may stand, counted from the beginning of the client's connection.
        secs: u64,
    },
    /// Begin the login at AuthX.
    Begin(LoginId, Box<BeginLogin>),
    /// Tell AuthX that nobody waits any longer.
    Cancel(LoginId),
    /// It is over: one line for the log.
    Finish(Summary),
    /// Let the host's PAM stack judge a password.
    Prove {
        /// Whose.
        user: Name,
        /// What was typed.
        password: Typed,
    },
    /// Report to AuthX that the session goes on; what it says counts from the next time.
    Renew(Approved),
    /// Answer the plugin, which waits inside OpenVPN's call.
    Reply(Reply),
    /// Write the verdict to the files, and make OpenVPN look at them.
    Verdict(Verdict),
    /// Wait at AuthX until the login's version is greater.
    Wait(LoginId, u64),
}

/// What the plugin is told inside OpenVPN's call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reply {
    /// Decided.
    Decided(Verdict),
    /// Not yet, and the user may be asked meanwhile.
    Defer {
        /// What OpenVPN's `auth_pending_file` takes.
        pending: Option<String>,
    },
}

/// Yes or no.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The user comes in.
    Allow,
    /// The user stays out.
    Refuse {
        /// For the client, in the form that it understands.
        text: String,
    },
}

/// How a sign-in ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Summary {
    /// `allowed`, or the reason's stable word.
    pub outcome: String,
    /// How the answer came, `token` where OpenVPN's stood for it; `None` when it did not come.
    pub method: Option<Method>,
    /// The second factor that decided.
    pub factor: Option<String>,
    /// For the operator.
    pub detail: Option<String>,
    /// When it began.
    pub began: Millis,
}

/// One sign-in.
#[derive(Debug)]
pub struct Conversation {
    setting: Setting,
    abilities: Abilities,
    user: Option<Name>,
    certificate: Option<Name>,
    peer: Option<SocketAddr>,
    session_id: String,
    login: LoginId,
    support_code: SupportCode,
    began: Millis,
    method: Option<Method>,
    /// The call of the plugin, and what it was told.
    call: Call,
    stage: Stage,
    /// A question stands before the user of this connection.
    asked: bool,
    /// It is the first one, and nothing was answered yet.
    unanswered: bool,
    /// What stands there.
    shown: Option<Shown>,
    /// What is to stand there next.
    later: Option<Later>,
    /// Six digits for the phone, where they can be shown.
    number: Option<MatchNumber>,
    /// OpenVPN was told to wait without a question.
    time_given: bool,
    /// Answers that wait until AuthX has taken the one before.
    typed: VecDeque<String>,
    seq: u32,
    version: u64,
    decide_by: Millis,
    /// The same before the last effect that may still fail.
    decide_by_before: Millis,
}

/// Where the plugin's call stands.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Call {
    /// It waits until then.
    Held { until: Millis },
    /// It was told something and has not said whether it acted on it.
    Replied(Reply),
    /// It is over.
    Over,
}

/// Where the sign-in stands.
#[derive(Debug)]
enum Stage {
    /// The host's PAM stack judges these passwords, one after the other; with each goes the answer
    /// that stood behind it.
    Proving { readings: VecDeque<(Typed, Option<Typed>)>, login: Box<BeginLogin> },
    /// AuthX was asked something and has not answered.
    Sent,
    /// AuthX waits for the user, or for the phone.
    Open,
    /// Decided.
    Over,
}

impl Conversation {
    /// When [`Event::Time`] has to be handed in, if nothing happens before.
    pub fn deadline(&self) -> Option<Millis> {
        match (&self.stage, &self.call) {
            (Stage::Over, _) => None,
            (_, Call::Held { until }) => Some(*until),
            (_, Call::Over | Call::Replied(_)) => {
                let later = self.later.as_ref().map(|later| later.at);
                Some(later.map_or(self.decide_by, |at| at.min(self.decide_by)))
            }
        }
    }

    /// Is OpenVPN's call held?
    pub fn is_held(&self) -> bool {
        matches!(self.call, Call::Held { .. })
    }

    /// Is nothing left to happen?
    pub fn is_over(&self) -> bool {
        matches!((&self.stage, &self.call), (Stage::Over, Call::Over))
    }

    /// The code that finds this sign-in in both logs.
    pub fn support_code(&self) -> &SupportCode {
        &self.support_code
    }

    /// Where the client connects from.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Whose sign-in it is.
    pub fn user(&self) -> Option<&Name> {
        self.user.as_ref()
    }
}

/// Milliseconds that OpenVPN's call is held for an answer that may come in time. The plugin waits
/// twice as long.
const HOLD_MILLIS: u64 = 10;
/// A verdict comes this long before a question's time is over.
const MARGIN_SECS: u64 = 5;
/// How long a login of AuthX lives as long as nobody says otherwise.
const LOGIN_SECS: u64 = 120;
/// OpenVPN with its defaults waits twice as long.
const MOST_PENDING_SECS: u64 = 900;
/// Answers of one client that wait at a time. More than one is a client that does not wait.
const MOST_WAITING: usize = 3;
/// OpenVPN's `TLS_USERNAME_LEN`: with `--username-as-common-name` it refuses longer names, after
/// the plugin was asked.
const LONGEST_NAME: usize = 64;
