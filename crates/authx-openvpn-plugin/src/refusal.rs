//! Why the plugin itself refuses: for OpenVPN's log, and for whoever signs in.

use crate::home::HomeError;
use crate::log::Text;
use crate::message::TooLong;
use rustix::io::Errno;
use std::fmt::{self, Display, Formatter};

macro_rules! not_now {
    () => {
        "Sign-in is not possible right now. Try again in a minute."
    };
}
macro_rules! not_possible {
    () => {
        "Sign-in is not possible. Tell your administrator."
    };
}

/// Why a sign-in is refused without the agent's word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    NoAgent(Errno),
    NoControlFile(Errno),
    NotUnderstood,
    Rejected,
    Send(Errno),
    TooLong,
}

impl Refusal {
    /// What the user reads. A client that knows passing failures waits and tries again; in others
    /// the words that ask for it would be shown as text.
    pub(crate) fn reason(self, temporary: bool) -> &'static str {
        match (self, temporary) {
            (Self::NoAgent(_) | Self::Send(_), true) => {
                concat!("TEMP[backoff 10]:", not_now!(), " [no agent]")
            }
            (Self::NoAgent(_) | Self::Send(_), false) => concat!(not_now!(), " [no agent]"),
            (Self::NotUnderstood | Self::Rejected, _) => {
                concat!(not_possible!(), " [agent and plugin]")
            }
            (Self::NoControlFile(_), _) => concat!(not_possible!(), " [no control file]"),
            (Self::TooLong, _) => concat!(not_possible!(), " [too long]"),
        }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAgent(error) => {
                write!(f, "no agent answers on its socket ({error}); is authx-openvpn running?")
            }
            Self::NoControlFile(error) => {
                write!(f, "OpenVPN's auth_control_file cannot be opened ({error})")
            }
            Self::NotUnderstood => f.write_str(
                "the agent said what this plugin does not understand; install the same release \
                 of both and restart OpenVPN",
            ),
            Self::Rejected => f.write_str("the agent does not take this plugin, see above"),
            Self::Send(error) => {
                write!(f, "the agent takes nothing more ({error}); is it stuck?")
            }
            Self::TooLong => f.write_str("the client's variables do not fit into a message"),
        }
    }
}

impl From<Errno> for Refusal {
    fn from(error: Errno) -> Self {
        Self::Send(error)
    }
}

impl From<TooLong> for Refusal {
    fn from(TooLong: TooLong) -> Self {
        Self::TooLong
    }
}

/// Why the plugin cannot be opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CannotOpen {
    Home(HomeError),
    Memory,
    NoSignIns,
    Twice,
}

impl Display for CannotOpen {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home(error) => write!(f, "{error}"),
            Self::Memory => f.write_str("no memory"),
            Self::NoSignIns => {
                f.write_str("this OpenVPN hands no sign-ins to plugins (is it built without?)")
            }
            Self::Twice => f.write_str("this plugin stands twice in the configuration"),
        }
    }
}

/// What the agent says when it does not take the connection.
pub(crate) struct AgentSays<'a>(pub(crate) &'a [u8]);

impl Display for AgentSays<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "the agent does not take this plugin: {}", Text(self.0))
    }
}
