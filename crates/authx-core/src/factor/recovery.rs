//! Recovery codes: ten look-up secrets on paper (NIST SP 800-63B §5.1.2), each good once.

use super::{Answer, Description, Verdict};
use crate::{Cx, Secret};
use aws_lc_rs::constant_time;
use serde::{Deserialize, Serialize};

/// What names this factor.
pub(super) const DESCRIPTION: Description = Description {
    word: "recovery",
    hint: "one of your recovery codes",
    prompt: "One of your recovery codes:",
};

/// What is enrolled: a salt and the password hashes of the codes that are left.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    salt: Secret,
    unused: Vec<Secret>,
}

impl Recovery {
    /// How many codes a user gets.
    pub const CODES: usize = 10;

    /// Ten new codes of 60 bits each, as shown to the user: `xxxx-xxxx-xxxx`.
    pub fn draw(cx: &mut Cx<'_>) -> Vec<String> {
        (0..Self::CODES).map(|_| spell(&cx.bytes::<LETTERS>())).collect()
    }

    /// What is kept of them: `digests` are the codes' password hashes under `salt`. They have
    /// fewer than 112 bits, so SP 800-63B §5.1.2.2 asks for a salted password hash.
    pub fn new(salt: [u8; 16], digests: &[[u8; 32]]) -> Self {
        let unused = digests.iter().map(|digest| Secret::new(digest.to_vec())).collect();
        Self { salt: Secret::new(salt.to_vec()), unused }
    }

    /// The salt for hashing an answer.
    pub fn salt(&self) -> &[u8] {
        self.salt.expose()
    }

    /// How many codes are left.
    pub fn left(&self) -> usize {
        self.unused.len()
    }

    /// Judges a code by its digest. A used one is gone, so it is as wrong as any other.
    pub fn answer(&mut self, answer: &Answer<'_>) -> Verdict {
        let Some(digest) = answer.digest else { return Verdict::Wrong };
        let mut hit = None;
        for (at, unused) in self.unused.iter().enumerate() {
            if constant_time::verify_slices_are_equal(unused.expose(), &digest).is_ok() {
                hit = Some(at);
            }
        }
        let Some(at) = hit else { return Verdict::Wrong };
        self.unused.remove(at);
        Verdict::Accept
    }
}

/// The one form of a recovery code that is hashed: twelve letters and digits, lower case, no
/// dashes, look-alikes resolved (`O` is 0, `I` and `L` are 1). `None` when it is not of the shape.
pub fn shape(text: &str) -> Option<String> {
    letters(text, LETTERS)
}

/// So many letters of the alphabet, in their one form.
pub(super) fn letters(text: &str, many: usize) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        })
        .collect();
    let fits = code.len() == many && code.bytes().all(|byte| ALPHABET.contains(&byte));
    fits.then_some(code)
}

/// A letter for each byte, in groups of four.
pub(super) fn spell(random: &[u8]) -> String {
    let mut code = String::with_capacity(random.len() + 2);
    for (place, byte) in random.iter().enumerate() {
        if place != 0 && place % 4 == 0 {
            code.push('-');
        }
        // 256 is a multiple of 32, so every letter is equally likely.
        let letter = ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'0');
        code.push(char::from(letter));
    }
    code
}

/// Crockford's base32: no letter that could be read as another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Millis;

    #[test]
    fn ten_codes_each_good_once() {
        let mut counter = 0u8;
        let mut random = |out: &mut [u8]| {
            for byte in out {
                counter = counter.wrapping_mul(5).wrapping_add(3);
                *byte = counter;
            }
        };
        let codes = Recovery::draw(&mut Cx { now: Millis(0), random: &mut random });
        assert_eq!(codes.len(), 10);
        assert!(codes.iter().all(|code| shape(code).is_some() && code.len() == 14));

        let mut recovery = Recovery::new([1; 16], &[[1; 32], [2; 32]]);
        let mut answer = |byte| recovery.answer(&Answer { text: "", digest: Some([byte; 32]) });
        assert_eq!(answer(3), Verdict::Wrong);
        assert_eq!(answer(2), Verdict::Accept);
        assert_eq!(answer(2), Verdict::Wrong, "spent");
        assert_eq!(recovery.left(), 1);
        assert_eq!(recovery.answer(&Answer { text: "x", digest: None }), Verdict::Wrong);
    }

    #[test]
    fn a_code_is_read_as_people_copy_it() {
        assert_eq!(shape("ABCD-EFGH-JKMN"), Some("abcdefghjkmn".into()));
        assert_eq!(shape("oOiI lL00 1111"), Some("001111001111".into()));
        for text in ["", "abcd-efgh-jkm", "abcd-efgh-jkmnp", "abcd-efgh-jkm!", "äbcd-efgh-jk"] {
            assert_eq!(shape(text), None, "{text}");
        }
    }
}
