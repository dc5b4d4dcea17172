//! What the record tells of a login that has ended.

use crate::{
    audit::EventKind,
    factor::FactorKind,
    name::Name,
    policy::FirstFactorKind,
    reason::Reason,
    wire::phone::{AnswerRequest, Statement},
};
use serde::{Deserialize, de::IgnoredAny};
use std::borrow::Cow;

/// What the record tells of a login that has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Past {
    /// How the first factor was or should have been proved.
    pub first_factor: FirstFactorKind,
    /// How it ended.
    pub ended: Ended,
    /// Whether its client signed in by itself.
    pub autologin: bool,
    /// Whether the name in the client's certificate is the one that was typed; `None` without a
    /// certificate.
    pub certificate_fits: Option<bool>,
    /// Wrong answers, but the last one of a login that was refused for it.
    pub wrong: u32,
    /// How long it took.
    pub after_ms: u64,
    /// When a phone was asked last, counted from the beginning.
    pub asked_ms: Option<u64>,
    /// What a phone's approval carried; `None` also where the phone showed a code.
    pub approval: Option<Approval>,
}

/// How a login ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Ended {
    /// Let in.
    Allowed(By),
    /// Given up by the caller.
    Cancelled,
    /// Not finished in time.
    Expired,
    /// Not let in.
    Refused(Reason),
}

/// What let somebody in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum By {
    /// A policy for clients that sign in by themselves.
    Autologin,
    /// A second factor.
    Factor(FactorKind),
    /// Something that no policy decides.
    Other,
    /// A policy that asks for no second factor.
    Policy,
    /// A remembered sign-in.
    Session {
        /// Since when, where that was written down.
        age_ms: Option<u64>,
    },
}

impl Ended {
    /// How it ended, what let it in, and why it was refused: in words.
    pub fn words(self) -> (&'static str, Option<&'static str>, Option<&'static str>) {
        match self {
            Self::Allowed(by) => ("granted", Some(by.word()), None),
            Self::Cancelled => ("cancelled", None, None),
            Self::Expired => ("expired", None, None),
            Self::Refused(reason) => ("refused", None, Some(reason.entry().code)),
        }
    }

    /// The same, without what tells two logins apart that ended alike.
    #[must_use]
    pub fn without_times(self) -> Self {
        if let Self::Allowed(By::Session { .. }) = self {
            return Self::Allowed(By::Session { age_ms: None });
        }
        self
    }
}

impl By {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Autologin => "autologin",
            Self::Factor(kind) => kind.word(),
            Self::Other => "other",
            Self::Policy => "policy",
            Self::Session { .. } => "session",
        }
    }
}

/// What an approval carried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Approval {
    /// The number from the prompt.
    pub number: bool,
    /// The phone's own check of its user.
    pub verified: bool,
}

/// The entries of one login, read in any order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Trail {
    end: Option<Past>,
    wrong: u32,
    asked_ms: Option<u64>,
}

/// What is read of an entry's detail; most of it is not.
#[derive(Deserialize)]
struct Detail<'a> {
    #[serde(default, borrow)]
    user: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    first_factor: Option<Cow<'a, str>>,
    #[serde(default)]
    after_ms: u64,
    #[serde(default)]
    autologin: bool,
    #[serde(default, borrow)]
    certificate: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    by: Option<Cow<'a, str>>,
    #[serde(default)]
    remembered_ms: Option<u64>,
    #[serde(default, borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    answer: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    approval: Option<Signed<'a>>,
    #[serde(default)]
    credential: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Signed<'a> {
    #[serde(default, borrow)]
    body: Option<Cow<'a, str>>,
}

impl Trail {
    /// Takes one entry of a login; what is not about how it ended is passed over.
    pub fn read(&mut self, kind: EventKind, detail: &str) {
        let (answered, asked) = (kind == EventKind::LoginAnswered, kind == EventKind::PhoneAsked);
        if !answered && !asked && !Self::ENDS.contains(&kind) {
            return;
        }
        let Ok(detail) = serde_json::from_str::<Detail<'_>>(detail) else { return };
        if asked {
            self.asked_ms = self.asked_ms.max(Some(detail.after_ms));
        } else if !answered {
            self.end = ended(kind, &detail).and_then(|ended| past(ended, &detail));
        } else if matches!(detail.answer.as_deref(), Some("wrong" | "spent")) {
            self.wrong = self.wrong.saturating_add(1);
        }
    }

    /// What the entries tell; `None` of a login that has not ended.
    pub fn past(&self) -> Option<Past> {
        self.end.map(|end| Past { wrong: self.wrong, asked_ms: self.asked_ms, ..end })
    }

    /// Kinds of entry that end a login.
    pub const ENDS: &'static [EventKind] = &[
        EventKind::LoginAllowed,
        EventKind::LoginCancelled,
        EventKind::LoginExpired,
        EventKind::LoginRefused,
    ];
}

fn ended(kind: EventKind, detail: &Detail<'_>) -> Option<Ended> {
    if kind == EventKind::LoginCancelled {
        return Some(Ended::Cancelled);
    }
    if kind == EventKind::LoginExpired {
        return Some(Ended::Expired);
    }
    if kind == EventKind::LoginRefused {
        let code = detail.reason.as_deref()?;
        let reason = Reason::ALL.iter().find(|reason| reason.entry().code == code)?;
        return Some(Ended::Refused(*reason));
    }
    let word = detail.by.as_deref()?;
    // A bypass or a passkey is nothing that a policy chooses.
    let factor = FactorKind::CHOICES.iter().find(|kind| kind.word() == word);
    Some(Ended::Allowed(match (word, factor) {
        (_, Some(factor)) => By::Factor(*factor),
        ("autologin", None) => By::Autologin,
        ("policy", None) => By::Policy,
        ("session", None) => By::Session { age_ms: detail.remembered_ms },
        (_, None) => By::Other,
    }))
}

fn past(ended: Ended, detail: &Detail<'_>) -> Option<Past> {
    let word = detail.first_factor.as_deref()?;
    let first_factor = FirstFactorKind::ALL.iter().find(|kind| kind.word() == word)?;
    let folded = |name: &str| Name::new(name).ok().map(|name| name.folded());
    let user = detail.user.as_deref().and_then(folded);
    Some(Past {
        first_factor: *first_factor,
        ended,
        autologin: detail.autologin,
        certificate_fits: detail.certificate.as_deref().map(|name| folded(name) == user),
        wrong: 0,
        after_ms: detail.after_ms,
        asked_ms: None,
        approval: detail.approval.as_ref().map(|signed| approval(signed, detail)),
    })
}

fn approval(signed: &Signed<'_>, detail: &Detail<'_>) -> Approval {
    let request: Option<AnswerRequest> =
        signed.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
    let statement: Option<Statement> =
        request.and_then(|request| serde_json::from_str(&request.statement).ok());
    Approval {
        number: statement.is_some_and(|statement| statement.match_number.is_some()),
        verified: detail.credential.is_some(),
    }
}
