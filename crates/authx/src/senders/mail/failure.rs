//! Why a mail is not sent, and whether it may be later.

use super::Address;
use std::{error::Error, io};

/// Why a mail was not sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MailError {
    /// The server does not know this one.
    #[error("the mail server does not let AuthX in: {reply}")]
    Login {
        /// What it answered.
        reply: String,
    },
    /// The server wants to be asked again (4xx).
    #[error("the mail server does not take it now: {reply}")]
    NotNow {
        /// What it answered.
        reply: String,
    },
    /// Encryption was demanded, and the server offers none.
    #[error(
        "the mail server offers no STARTTLS, or somebody in between hides it; nothing was said to it"
    )]
    NoStartTls,
    /// The server refuses this mail for good (5xx).
    #[error("the mail server refuses it: {reply}")]
    Refused {
        /// What it answered.
        reply: String,
    },
    /// The server does not let AuthX write under this address.
    #[error("the mail server does not take mail from this sender: {reply}")]
    Sender {
        /// What it answered.
        reply: String,
    },
    /// The server does not answer in time.
    #[error("the mail server does not answer in time")]
    Slow,
    /// The encryption does not come about.
    #[error("the connection to the mail server cannot be encrypted: {why}")]
    Tls {
        /// What is wrong.
        why: String,
    },
    /// The server is not there.
    #[error("the mail server is not reached: {why}")]
    Unreachable {
        /// What the system says.
        why: String,
    },
    /// The server says what no mail server says there.
    #[error("the mail server answers what makes no sense there: {reply}")]
    Confused {
        /// What it answered.
        reply: String,
    },
    /// The mail cannot be written in a form that the server takes.
    #[error("the mail cannot be written: {why}")]
    Unwritable {
        /// What is wrong.
        why: String,
    },
}

/// What was being done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    Connect,
    Tls,
    Login,
    Sender,
    Recipient,
    Content,
}

impl MailError {
    /// Whether the same mail is refused however often it is tried. What an operator can put right
    /// is not: a password, a sender, a certificate.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Unwritable { .. } => true,
            Self::Confused { .. }
            | Self::Login { .. }
            | Self::NoStartTls
            | Self::NotNow { .. }
            | Self::Sender { .. }
            | Self::Slow
            | Self::Tls { .. }
            | Self::Unreachable { .. } => false,
        }
    }

    /// The same without the recipient's address, which servers like to repeat.
    #[must_use]
    pub fn without(self, address: &Address) -> Self {
        let hide = |text: String| {
            let masked = address.masked();
            text.replace(address.as_str(), &masked)
                .replace(&address.as_str().to_lowercase(), &masked)
        };
        match self {
            Self::Confused { reply } => Self::Confused { reply: hide(reply) },
            Self::Login { reply } => Self::Login { reply: hide(reply) },
            Self::NotNow { reply } => Self::NotNow { reply: hide(reply) },
            Self::Refused { reply } => Self::Refused { reply: hide(reply) },
            Self::Sender { reply } => Self::Sender { reply: hide(reply) },
            Self::Unwritable { why } => Self::Unwritable { why: hide(why) },
            other @ (Self::NoStartTls
            | Self::Slow
            | Self::Tls { .. }
            | Self::Unreachable { .. }) => other,
        }
    }

    pub(super) fn of(step: Step, error: &lettre::transport::smtp::Error) -> Self {
        let said = said(error);
        let Some(code) = error.status() else {
            return match step {
                _ if error.is_timeout() => Self::Slow,
                _ if error.is_tls() || is_rustls(error) => Self::Tls { why: said },
                _ if error.is_client() && step == Step::Login => {
                    Self::Login { reply: "it offers neither AUTH PLAIN nor AUTH LOGIN".to_owned() }
                }
                _ if error.is_client() => Self::Unwritable { why: said },
                _ if error.is_response() => Self::Confused { reply: said },
                Step::Tls => Self::Tls { why: said },
                Step::Connect | Step::Login | Step::Sender | Step::Recipient | Step::Content => {
                    Self::Unreachable { why: said }
                }
            };
        };
        let reply = format!("{code} {said}");
        if error.is_transient() {
            return Self::NotNow { reply };
        }
        match step {
            Step::Login => Self::Login { reply },
            Step::Connect | Step::Tls => Self::Unreachable { why: reply },
            Step::Sender => Self::Sender { reply },
            Step::Recipient | Step::Content => Self::Refused { reply },
        }
    }
}

fn is_rustls(error: &lettre::transport::smtp::Error) -> bool {
    let mut link = error.source();
    while let Some(cause) = link {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let wrapped = wrapped.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if cause.is::<rustls::Error>() || wrapped.is_some() {
            return true;
        }
        link = cause.source();
    }
    false
}

/// What lies behind an error: a server's words, or the system's.
fn said(error: &lettre::transport::smtp::Error) -> String {
    let (mut link, mut last) = (error.source(), None);
    while let Some(cause) = link {
        last = Some(cause.to_string());
        link = cause.source();
    }
    clean(&last.unwrap_or_else(|| error.to_string()))
}

/// A stranger's text as it may stand in a log: one short line of visible characters.
pub(super) fn clean(text: &str) -> String {
    let visible: String =
        text.chars().map(|c| if matches!(c, ' '..='~') { c } else { ' ' }).collect();
    super::one_line(&visible, LONGEST)
}

const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_shown_without_the_address() {
        let address: Address = "Anna@example.com".parse().unwrap();
        let reply = clean("5.1.1 <Anna@example.com>\u{1b}[31m: no such\r\nuser anna@example.com");
        let error = MailError::Refused { reply }.without(&address);
        assert!(error.is_final());
        assert_eq!(
            error.to_string(),
            "the mail server refuses it: 5.1.1 <A•••@example.com> [31m: no such user A•••@example.com"
        );
        assert!(clean(&"word ".repeat(500)).chars().count() <= LONGEST);
    }
}
