//! Codes from an authenticator app (RFC 6238).

use super::{Answer, Description, Verdict};
use crate::{
    Cx, Secret,
    otp::{Algorithm, Checked, Digits, Totp},
};
use serde::{Deserialize, Serialize};

/// What names this factor.
pub(super) const DESCRIPTION: Description = Description {
    word: "code",
    hint: "the code in your authenticator app",
    prompt: "Code from your authenticator app:",
};

/// What is enrolled.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Code(Totp);

impl Code {
    /// A new secret in the form that every authenticator app takes: SHA-1, six digits, 30 s, with
    /// the 160 bits that RFC 4226 §4 recommends.
    pub fn enrol(cx: &mut Cx<'_>) -> Self {
        let secret = Secret::new(cx.bytes::<20>().to_vec());
        Self(Totp::new(secret, Algorithm::Sha1, Digits::Six, 30))
    }

    /// A secret that an app already has.
    pub fn import(totp: Totp) -> Self {
        Self(totp)
    }

    /// The secret's generator, to show it to its owner.
    pub fn totp(&self) -> &Totp {
        &self.0
    }

    /// Makes every code up to now count as spent.
    pub fn spend_through(&mut self, now_secs: u64) {
        self.0.spend_through(now_secs);
    }

    /// Judges a code. Also how an enrolment is confirmed, so that the confirming code is spent.
    pub fn answer(&mut self, cx: &Cx<'_>, answer: &Answer<'_>) -> Verdict {
        match self.0.check(cx.now.secs(), &digits(answer.text)) {
            Checked::Accepted => Verdict::Accept,
            Checked::Spent => Verdict::Spent,
            Checked::Wrong => Verdict::Wrong,
        }
    }
}

/// Six or eight digits; apps show them in groups, people type the gap.
pub(super) fn shape(text: &str) -> bool {
    let digits = digits(text);
    matches!(digits.len(), 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn digits(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_recognised_as_people_type_them() {
        for text in ["123456", "123 456", " 123-456 ", "12345678", "1234 5678"] {
            assert!(shape(text), "{text}");
        }
        for text in ["", "12345", "1234567", "123456789", "12345a", "１２３４５６"] {
            assert!(!shape(text), "{text}");
        }
    }
}
