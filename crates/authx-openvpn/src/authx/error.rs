//! Why AuthX gave no answer, in words that tell an operator what to do.

use super::{
    place::Place,
    trouble::{NoVerdict, Trouble},
};
use crate::config::SecretFile;
use authx_core::{secret_text::InvalidSecretText, wire::problem::Problem};
use authx_program::config::SecretFileError;
use rustls::pki_types::pem;
use std::path::PathBuf;

/// Why there is nobody to ask with this configuration.
#[derive(Debug, thiserror::Error)]
pub enum AuthxError {
    /// The file of further authorities holds none.
    #[error("{} holds no certificate in PEM that could be read; authx.certificate_authority names it", file.display())]
    Authority {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: Option<pem::Error>,
    },
    /// What the file holds is no Application Key.
    #[error("{file} holds no Application Key as `authx application create` prints it: {source}")]
    Key {
        /// The file.
        file: SecretFile,
        /// What is wrong with it.
        source: InvalidSecretText,
    },
    /// The Application Key cannot be had.
    #[error("there is no Application Key")]
    KeyFile(#[from] SecretFileError),
    /// The TLS library does not start.
    #[error(
        "TLS cannot be used: are there certificates of authorities (the package ca-certificates)?"
    )]
    Tls(#[source] reqwest::Error),
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Something answered, but not AuthX: as if nothing had come.
    #[error("{place}: {why}")]
    NoVerdict {
        /// Where.
        place: String,
        /// What it was.
        why: NoVerdict,
    },
    /// AuthX understood, and says that this cannot be done.
    #[error("AuthX refuses the request ({}): {}", problem.code, problem.detail)]
    Refused {
        /// What is wrong.
        problem: Box<Problem>,
        /// When a repetition may help.
        retry_after_secs: Option<u64>,
    },
    /// No place gives an answer.
    #[error("{}", listed(.0))]
    Unreachable(Vec<Failure>),
    /// A server that does not know this key; unsigned, for there is no key that both trust.
    #[error(
        "{place} does not accept the Application Key: {detail}. Was the key revoked, does it belong to another application than application_id says, is the Application URL the one that the server has as public_url?"
    )]
    Unsigned401 {
        /// Where.
        place: String,
        /// What the server says.
        detail: String,
    },
    /// The request itself is no JSON.
    #[error("the request cannot be written")]
    Unwritable(#[source] serde_json::Error),
}

/// A place that gave no answer.
#[derive(Debug)]
pub struct Failure {
    /// The address or socket.
    pub place: String,
    /// Why.
    pub trouble: Trouble,
}

impl CallError {
    /// Of what happened at each place, the most telling.
    pub(super) fn of(mut failures: Vec<Failure>) -> Self {
        let rank = |failure: &Failure| match failure.trouble {
            Trouble::Unsigned401 { .. } => 0,
            Trouble::NoVerdict(_) => 1,
            Trouble::Broken { .. }
            | Trouble::Connect { .. }
            | Trouble::Name { .. }
            | Trouble::TimedOut { .. }
            | Trouble::Tls { .. } => 2,
        };
        let telling = (0..failures.len()).min_by_key(|&at| failures.get(at).map(rank));
        let Some(at) = telling else { return Self::Unreachable(failures) };
        let Failure { place, trouble } = failures.swap_remove(at);
        match trouble {
            Trouble::Unsigned401 { detail } => Self::Unsigned401 { place, detail },
            Trouble::NoVerdict(why) => Self::NoVerdict { place, why },
            trouble @ (Trouble::Broken { .. }
            | Trouble::Connect { .. }
            | Trouble::Name { .. }
            | Trouble::TimedOut { .. }
            | Trouble::Tls { .. }) => {
                failures.push(Failure { place, trouble });
                let end = failures.len().saturating_sub(1);
                failures.swap(at.min(end), end);
                Self::Unreachable(failures)
            }
        }
    }

    /// Whether AuthX is away or unable, so that the user can do nothing about it: not a key that is
    /// not accepted, and not a request that makes no sense.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::NoVerdict { .. } | Self::Unreachable(_) => true,
            Self::Refused { problem, .. } => problem.status >= 500,
            Self::Unsigned401 { .. } | Self::Unwritable(_) => false,
        }
    }

    /// The stable word of a signed refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => Some(&problem.code),
            Self::NoVerdict { .. }
            | Self::Unreachable(_)
            | Self::Unsigned401 { .. }
            | Self::Unwritable(_) => None,
        }
    }
}

impl Failure {
    pub(super) fn new(place: &Place, trouble: Trouble) -> Self {
        Self { place: place.name().to_owned(), trouble }
    }
}

fn listed(failures: &[Failure]) -> String {
    let all: Vec<_> =
        failures.iter().map(|Failure { place, trouble }| format!("{place}: {trouble}")).collect();
    if all.is_empty() { "AuthX has no address".to_owned() } else { all.join("; ") }
}
