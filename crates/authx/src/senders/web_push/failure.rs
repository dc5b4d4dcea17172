//! What became of a message.

use super::{InvalidSubscription, addresses::Unresolved};
use authx_core::Millis;
use std::{error::Error, io, time::Duration};

/// A push service took a message. It says nothing about the phone, which may be switched off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sent {
    /// When.
    pub at: Millis,
    /// What the service answered, 200 to 299.
    pub status: u16,
}

/// Why a message did not go out. No text of it holds anything of the subscription.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SendError {
    /// More messages are waiting for this push service than there is room for.
    #[error("too many messages are waiting for this push service")]
    Busy,
    /// The subscription is not one that messages go to (any more).
    #[error(transparent)]
    Forbidden(#[from] InvalidSubscription),
    /// The subscription is over (404 or 410): forget it, the phone has to make a new one.
    #[error("the subscription is over")]
    Gone,
    /// Its time was over before it could be sent.
    #[error("the message waited until its time was over")]
    Late,
    /// The service does not take the message, or fails (5xx) twice.
    #[error("the push service answered {status}: {reason}")]
    Refused {
        /// What it answered.
        status: u16,
        /// What it said, cut and cleaned.
        reason: String,
    },
    /// The service wants fewer messages (429) for longer than this one can wait.
    #[error("the push service takes no more messages for now")]
    TooMany {
        /// For how long, if it said so.
        retry_after: Option<Duration>,
    },
    /// No answer.
    #[error("the push service cannot be reached: {why}")]
    Unreachable {
        /// What happened.
        why: String,
    },
}

impl SendError {
    /// What lies behind an error of reqwest, whose own text would show the endpoint.
    pub(super) fn unreachable(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Unreachable { why: "no answer in time".to_owned() };
        }
        let (mut link, mut last) = (error.source(), None);
        while let Some(cause) = link {
            link = cause.source();
            last = Some(cause.to_string());
            if cause.is::<Unresolved>() || cause.is::<rustls::Error>() {
                break;
            }
            // An I/O error may wrap one of TLS, whose text it repeats.
            if cause.downcast_ref::<io::Error>().is_some_and(|error| error.get_ref().is_none()) {
                break;
            }
        }
        let why = last.unwrap_or_else(|| "the connection broke".to_owned());
        Self::Unreachable { why: clean(&why) }
    }

    /// What a service that is not content says, without what looks like a part of the subscription.
    pub(super) fn refused(status: u16, answer: &[u8]) -> Self {
        #[derive(serde::Deserialize)]
        struct Said {
            reason: Option<String>,
            message: Option<String>,
        }
        let said = serde_json::from_slice::<Said>(answer).ok();
        let said = said.and_then(|said| said.reason.or(said.message));
        let said = said.unwrap_or_else(|| String::from_utf8_lossy(answer).into_owned());
        Self::Refused { status, reason: clean(&said) }
    }
}

/// A stranger's text as it may stand in a log: one line, short, without markup, and without words
/// that are as long as a token.
fn clean(text: &str) -> String {
    let mut inside = false;
    let plain: String = text
        .chars()
        .filter_map(|c| match c {
            '<' => {
                inside = true;
                Some(' ')
            }
            '>' if inside => {
                inside = false;
                Some(' ')
            }
            _ if inside => None,
            ' '..='~' => Some(c),
            _ => Some(' '),
        })
        .collect();
    let words = plain
        .split_whitespace()
        .map(|word| if word.len() > LONGEST_WORD || word.contains("://") { "…" } else { word });
    let mut line = words.collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LONGEST_LINE) {
        line.truncate(end);
    }
    line
}

const LONGEST_WORD: usize = 32;
const LONGEST_LINE: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(answer: &str) -> String {
        let error = SendError::refused(403, answer.as_bytes());
        let SendError::Refused { reason, .. } = error else { panic!("{error:?}") };
        reason
    }

    #[test]
    fn a_reason_is_short_and_holds_no_token() {
        assert_eq!(reason(r#"{"reason":"BadJwtToken"}"#), "BadJwtToken");
        assert_eq!(
            reason(r#"{"code":401,"message":"Request did not validate"}"#),
            "Request did not validate"
        );
        assert_eq!(reason("<HTML><TITLE>Bad\nkey</TITLE>\u{1b}[31m</HTML>"), "Bad key [31m");
        let told = "not https://fcm.googleapis.com/fcm/send/abc or APA91bHPRgkF3JUikC4ENAHEeMrd41Zxv3hVZjC9KtT8OvPVGJ";
        assert_eq!(reason(told), "not … or …");
        assert_eq!(reason(&"word ".repeat(500)).len(), LONGEST_LINE);
        assert_eq!(reason(&"…".repeat(500)), "");
    }
}
