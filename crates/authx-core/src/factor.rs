//! The factors: one file each, one list of them all.

pub mod bypass;
pub mod code;
mod passkey;
pub mod push;
pub mod recovery;

use crate::{Cx, FactorId, Millis, guard::Guard};
use serde::{Deserialize, Serialize};

/// The registry: every factor there is, and what names it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// A one-time code from an administrator.
    Bypass,
    /// A code from an authenticator app.
    Code,
    /// A passkey; only at the portal.
    Passkey,
    /// A request on an enrolled phone.
    Push,
    /// One of ten codes on paper.
    Recovery,
}

/// What the rest of the product needs to know about a kind of factor.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The word for it: typed by users, written in policies, stored, logged.
    pub word: &'static str,
    /// Shown to the user beside the word.
    pub hint: &'static str,
    /// Asked when the user chose it.
    pub prompt: &'static str,
}

impl FactorKind {
    /// All of them, in the order in which they are offered.
    pub const ALL: &'static [Self] =
        &[Self::Code, Self::Push, Self::Recovery, Self::Bypass, Self::Passkey];

    /// Those that are answered, or asked for, by typing.
    pub const TYPED: &'static [Self] = &[Self::Code, Self::Push, Self::Recovery, Self::Bypass];

    /// Those that a policy chooses from. A bypass code stands in for them: whoever gives it says
    /// why, and that counts whatever the policy allows. Passkeys count wherever they can be asked for.
    pub const CHOICES: &'static [Self] = &[Self::Code, Self::Push, Self::Recovery];

    /// What names this factor.
    pub fn description(self) -> &'static Description {
        match self {
            Self::Bypass => &bypass::DESCRIPTION,
            Self::Code => &code::DESCRIPTION,
            Self::Passkey => &passkey::DESCRIPTION,
            Self::Push => &push::DESCRIPTION,
            Self::Recovery => &recovery::DESCRIPTION,
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        self.description().word
    }

    /// The factor of a word that is typed: whole or its beginning, in any case.
    pub fn from_word(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let begins = |kind: &&Self| !text.is_empty() && kind.word().starts_with(&text);
        Self::TYPED.iter().find(begins).copied()
    }

    /// The factor whose answer has this shape.
    pub fn recognise(text: &str) -> Option<Self> {
        if code::shape(text) {
            Some(Self::Code)
        } else if recovery::shape(text).is_some() {
            Some(Self::Recovery)
        } else if bypass::shape(text).is_some() {
            Some(Self::Bypass)
        } else {
            None
        }
    }
}

/// What one user enrolled for one factor: kept sealed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enrolment {
    /// The digest of a one-time code.
    Bypass(bypass::Bypass),
    /// The shared secret of an authenticator app.
    Code(code::Code),
    /// What limits the requests on the user's phones.
    Push(push::Push),
    /// Digests of the codes on paper.
    Recovery(recovery::Recovery),
}

/// An answer that has the shape of one factor.
#[derive(Clone)]
pub struct Answer<'a> {
    /// As typed.
    pub text: &'a str,
    /// Of a recovery or bypass code: its password hash under the salt of the enrolment. Worked out by the
    /// caller, since it takes tens of milliseconds and its own place to wait.
    pub digest: Option<[u8; 32]>,
}

impl std::fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer(…)")
    }
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Right, and spent.
    Accept,
    /// Right once, spent before.
    Spent,
    /// Wrong.
    Wrong,
}

/// An enrolment with its count of wrong answers, as one row of the store.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// Which row.
    pub id: FactorId,
    /// What a compare-and-swap on the row compares.
    pub version: u64,
    /// What is enrolled.
    pub enrolment: Enrolment,
    /// Wrong answers so far.
    pub guard: Guard,
}

impl Enrolment {
    /// Which factor this is.
    pub fn kind(&self) -> FactorKind {
        match self {
            Self::Bypass(_) => FactorKind::Bypass,
            Self::Code(_) => FactorKind::Code,
            Self::Push(_) => FactorKind::Push,
            Self::Recovery(_) => FactorKind::Recovery,
        }
    }

    /// Whether it is worth asking for now: a bypass code that was used or is over is not.
    pub fn counts(&self, now: Millis) -> bool {
        match self {
            Self::Bypass(code) => code.counts(now),
            Self::Code(_) | Self::Push(_) | Self::Recovery(_) => true,
        }
    }

    /// Judges an answer, and spends it when it is right.
    pub fn answer(&mut self, cx: &Cx<'_>, answer: &Answer<'_>) -> Verdict {
        match self {
            Self::Bypass(code) => code.answer(cx.now, answer),
            Self::Code(code) => code.answer(cx, answer),
            // A request is answered on the phone; nothing that is typed is an answer to it.
            Self::Push(_) => Verdict::Wrong,
            Self::Recovery(recovery) => recovery.answer(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_case_free_and_may_be_cut_short() {
        for text in ["code", "CODE", "c", "Co"] {
            assert_eq!(FactorKind::from_word(text), Some(FactorKind::Code));
        }
        assert_eq!(FactorKind::from_word("r"), Some(FactorKind::Recovery));
        assert_eq!(FactorKind::from_word("p"), Some(FactorKind::Push));
        for text in ["", "codes", "passkey", "x"] {
            assert_eq!(FactorKind::from_word(text), None);
        }
    }

    #[test]
    fn no_two_typed_words_share_a_first_letter() {
        for kind in FactorKind::TYPED {
            assert_eq!(FactorKind::from_word(&kind.word()[..1]), Some(*kind));
        }
        for kind in FactorKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}
