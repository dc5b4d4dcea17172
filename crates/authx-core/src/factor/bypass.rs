//! A one-time code that an administrator gives to who cannot use a phone now: good once, until a
//! moment.

use super::{Answer, Description, Verdict, recovery};
use crate::{Cx, Millis, Secret};
use aws_lc_rs::constant_time;
use serde::{Deserialize, Serialize};

/// What names this factor.
pub(super) const DESCRIPTION: Description = Description {
    word: "bypass",
    hint: "the bypass code that you were given",
    prompt: "The bypass code that you were given:",
};

/// What is kept of one code: a salt and its password hash, and until when it counts.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Bypass {
    salt: Secret,
    /// Gone once it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<Secret>,
    until: Millis,
}

impl Bypass {
    /// A new code of 55 bits, as shown: `xxxx-xxxx-xxx`. One letter shorter than a recovery code,
    /// which is how the two are told apart.
    pub fn draw(cx: &mut Cx<'_>) -> String {
        recovery::spell(&cx.bytes::<LETTERS>())
    }

    /// What is kept of it: `digest` is the code's password hash under `salt`. It has fewer than
    /// 112 bits, so SP 800-63B §5.1.2.2 asks for a salted password hash.
    pub fn new(salt: [u8; 16], digest: [u8; 32], until: Millis) -> Self {
        let digest = Some(Secret::new(digest.to_vec()));
        Self { salt: Secret::new(salt.to_vec()), digest, until }
    }

    /// The salt for hashing an answer.
    pub fn salt(&self) -> &[u8] {
        self.salt.expose()
    }

    /// Whether the code would be taken now.
    pub fn counts(&self, now: Millis) -> bool {
        self.digest.is_some() && now < self.until
    }

    /// Until when.
    pub fn until(&self) -> Millis {
        self.until
    }

    /// Judges a code by its digest. A used one is gone, so it is as wrong as any other.
    pub fn answer(&mut self, now: Millis, answer: &Answer<'_>) -> Verdict {
        let Some(digest) = answer.digest.filter(|_| self.counts(now)) else {
            return Verdict::Wrong;
        };
        let fits =
            |kept: &Secret| constant_time::verify_slices_are_equal(kept.expose(), &digest).is_ok();
        if !self.digest.as_ref().is_some_and(fits) {
            return Verdict::Wrong;
        }
        self.digest = None;
        Verdict::Accept
    }
}

/// The one form of a bypass code that is hashed, as that of [a recovery code](recovery::shape).
/// `None` when it is not of the shape.
pub fn shape(text: &str) -> Option<String> {
    recovery::letters(text, LETTERS)
}

const LETTERS: usize = 11;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_once_and_not_too_late() {
        let mut random = |out: &mut [u8]| out.fill(9);
        let code = Bypass::draw(&mut Cx { now: Millis(0), random: &mut random });
        assert_eq!(code, "9999-9999-999");
        assert_eq!(shape(&code).as_deref(), Some("99999999999"));
        assert_eq!(shape("OIL0-0000-000").as_deref(), Some("01100000000"));
        assert_eq!(shape("9999-9999-9999"), None, "a recovery code");

        let kept = Bypass::new([1; 16], [2; 32], Millis(10));
        let right = Answer { text: "", digest: Some([2; 32]) };
        let wrong = Answer { text: "", digest: Some([3; 32]) };
        let mut late = kept.clone();
        assert_eq!(late.answer(Millis(10), &right), Verdict::Wrong);
        let mut code = kept;
        assert_eq!(code.answer(Millis(9), &wrong), Verdict::Wrong);
        assert_eq!(code.answer(Millis(9), &Answer { text: "x", digest: None }), Verdict::Wrong);
        assert_eq!(code.answer(Millis(9), &right), Verdict::Accept);
        assert!(!code.counts(Millis(9)));
        assert_eq!(code.answer(Millis(9), &right), Verdict::Wrong, "spent");
    }
}
