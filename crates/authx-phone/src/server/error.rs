//! Why a call has no good answer, in words that tell a user what to do.

use super::Trouble;
use authx_core::wire::phone::PhoneProblem;
use std::fmt::{self, Write as _};

/// Why a call has no good answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Something answered, but no AuthX of phones.
    #[error(
        "{server} answers ({status}), but not as AuthX does: is this the address that the link has?"
    )]
    NotAuthx {
        /// Where.
        server: String,
        /// The HTTP status.
        status: u16,
    },
    /// AuthX's answer is not what was asked for.
    #[error(
        "the answer of {server} is not understood: update authx-phone, or tell your administrator"
    )]
    NotUnderstood {
        /// Where.
        server: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// AuthX understood, and says that this cannot be done.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// TLS cannot start on this machine.
    #[error(
        "TLS cannot be used: are there certificates of authorities (the package ca-certificates)?"
    )]
    Tls(#[source] reqwest::Error),
    /// No answer came.
    #[error("{server}: {why}")]
    Unreachable {
        /// Where.
        server: String,
        /// Why.
        why: Trouble,
    },
    /// The request itself is no JSON.
    #[error("the request cannot be written")]
    Unwritable(#[source] serde_json::Error),
}

/// What a server says when it does not do something.
#[derive(Debug)]
pub struct Refusal {
    /// Why.
    pub problem: PhoneProblem,
    /// When a repetition may help, in seconds.
    pub retry_after_secs: Option<u64>,
    /// The server's name for the request, which finds it in the server's log.
    pub request_id: Option<String>,
}

impl CallError {
    /// The stable word of a refusal.
    pub fn code(&self) -> Option<&str> {
        self.refusal().map(|refusal| refusal.problem.code.as_str())
    }

    /// What the server says.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::NotAuthx { .. }
            | Self::NotUnderstood { .. }
            | Self::Tls(_)
            | Self::Unreachable { .. }
            | Self::Unwritable(_) => None,
        }
    }

    /// Whether the same call may be answered in a moment.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NotAuthx { status, .. } => matches!(status, 502..=504),
            Self::Refused(refusal) => matches!(refusal.problem.status, 429 | 500..),
            Self::Unreachable { why, .. } => why.may_pass(),
            Self::NotUnderstood { .. } | Self::Tls(_) | Self::Unwritable(_) => false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let visible = authx_program::output::visible;
        let PhoneProblem { detail, code, left, outcome, .. } = &self.problem;
        f.write_str(&visible(detail))?;
        if let Some(outcome) = outcome {
            write!(f, "; it ended as {}", outcome.word())?;
        }
        match left {
            Some(0) => f.write_str("; no tries are left")?,
            Some(1) => f.write_str("; 1 try is left")?,
            Some(left) => write!(f, "; {left} tries are left")?,
            None => {}
        }
        if let Some(secs) = self.retry_after_secs {
            write!(f, "; try again in {secs} s")?;
        }
        write!(f, " ({}", visible(code))?;
        if let Some(id) = &self.request_id {
            write!(f, ", request {}", visible(id))?;
        }
        f.write_char(')')
    }
}
