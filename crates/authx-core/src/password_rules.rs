//! Which passwords may be set, after NIST SP 800-63B-4 §3.1.1.2: long enough, not among those that
//! are tried first, not built from what everyone knows about the user. No demand for digits or
//! signs, and no expiry.
//!
//! How many tries a password withstands is the caller's to estimate: word lists are data, and the
//! agent on a VPN host needs none of them.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A password that may be set, in the form that is hashed.
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// Takes what was typed, unless it breaks a rule. `known` is what others know of the user
    /// (names, aliases, the company); `guess` estimates what it takes to find a password.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, in words for the person who chose the password.
    pub fn parse(
        typed: &str,
        known: &[&str],
        guess: impl FnOnce(&str) -> Guess,
    ) -> Result<Self, PasswordRefused> {
        let password = normalised(typed);
        let length = password.chars().count();
        if length < MIN_CHARS {
            return Err(PasswordRefused::TooShort);
        }
        if length > MAX_CHARS {
            return Err(PasswordRefused::TooLong);
        }
        if password.chars().any(char::is_control) {
            return Err(PasswordRefused::ControlCharacter);
        }
        match guess(&password) {
            Guess::Listed => return Err(PasswordRefused::Common),
            Guess::Tries(tries) if tries < MIN_TRIES => return Err(PasswordRefused::Guessable),
            Guess::Tries(_) => {}
        }
        if without(&password, known) < MIN_CHARS {
            return Err(PasswordRefused::Personal);
        }
        Ok(Self(password))
    }

    /// The normalised text. Every caller is a place to look at in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

/// How an attacker would come by a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Guess {
    /// The whole password stands in a list that is tried first.
    Listed,
    /// By about so many tries, the likely ones first.
    Tries(u64),
}

/// Why a password may not be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordRefused {
    /// It stands in a list of common passwords.
    #[error("this password is in the lists attackers try first; choose one nobody else would use")]
    Common,
    /// It contains a tab, a line break or the like, which a VPN client cannot send.
    #[error("the password contains a control character, such as a tab or a line break")]
    ControlCharacter,
    /// A pattern, a date, a common word with a number behind it.
    #[error(
        "this password follows a pattern that is quickly guessed; three or four random words are better"
    )]
    Guessable,
    /// Strong for a stranger, weak for someone who knows the user's name or company.
    #[error(
        "this password is little more than the name of the user or the company; add something else"
    )]
    Personal,
    /// Longer than [`MAX_CHARS`].
    #[error("the password is too long; at most {MAX_CHARS} characters")]
    TooLong,
    /// Shorter than [`MIN_CHARS`].
    #[error("the password is too short; at least {MIN_CHARS} characters")]
    TooShort,
}

/// The form in which passwords are hashed and compared: NFKC, so that the same keys pressed on a
/// phone and on a laptop give the same bytes (SP 800-63B-4 §3.1.1.2).
pub fn normalised(typed: &str) -> Zeroizing<String> {
    // Measured first: a string that grows leaves copies of the password behind.
    let length = typed.nfkc().map(char::len_utf8).sum();
    let mut out = Zeroizing::new(String::with_capacity(length));
    out.extend(typed.nfkc());
    out
}

/// How many characters are left when known names, and their parts, are taken out: of `alice.smith`
/// also `alice`. A name inside a long password is no fault (SP 800-63B-4 wants whole passwords
/// compared); it only counts for nothing.
fn without(password: &str, known: &[&str]) -> usize {
    let fold = |text: &str| Zeroizing::new(caseless::default_case_fold_str(&normalised(text)));
    let mut rest = fold(password);
    for name in known.iter().map(|name| fold(name)) {
        for part in name.split(|c: char| !c.is_alphanumeric()) {
            if part.chars().count() >= MIN_NAME_CHARS {
                rest = Zeroizing::new(rest.replace(part, ""));
            }
        }
    }
    rest.chars().count()
}

/// Fewest characters; 8 is what SP 800-63B-4 demands of a password that is never the only factor.
pub const MIN_CHARS: usize = 8;
/// Most characters: twice what SP 800-63B-4 wants accepted. OpenVPN built without PKCS#11 cuts a
/// password at 128 bytes.
pub const MAX_CHARS: usize = 128;
/// Fewest tries; the border between "throttled guessing succeeds" and "does not" in Wheeler,
/// "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security 2016.
const MIN_TRIES: u64 = 1_000_000;
/// Shorter parts of a name stand in too many words by chance.
const MIN_NAME_CHARS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Stands in for the word lists.
    fn guess(password: &str) -> Guess {
        if password == "password" { Guess::Listed } else { Guess::Tries(MIN_TRIES) }
    }

    fn refusal(typed: &str) -> Option<PasswordRefused> {
        let known = [r"CORP\alice.smith", "Example Ltd"];
        NewPassword::parse(typed, &known, guess).err()
    }

    #[test]
    fn length_is_counted_in_characters_after_normalisation() {
        assert_eq!(refusal("1234567"), Some(PasswordRefused::TooShort));
        assert_eq!(refusal("пароль78"), None);
        assert_eq!(refusal("🦀🦀🦀🦀🦀🦀🦀"), Some(PasswordRefused::TooShort));
        // "e" and a combining accent are one character, so these are seven.
        assert_eq!(refusal("cafe\u{301}123"), Some(PasswordRefused::TooShort));
        assert_eq!(refusal(&"x".repeat(MAX_CHARS)), None);
        assert_eq!(refusal(&"x".repeat(MAX_CHARS + 1)), Some(PasswordRefused::TooLong));
    }

    #[test]
    fn common_passwords_are_refused_also_in_other_clothes() {
        assert_eq!(refusal("password"), Some(PasswordRefused::Common));
        assert_eq!(refusal("ｐａｓｓｗｏｒｄ"), Some(PasswordRefused::Common), "full width");
    }

    #[test]
    fn names_in_a_password_count_for_nothing() {
        assert_eq!(refusal("alice-12"), Some(PasswordRefused::Personal));
        assert_eq!(refusal("AliceSmith99"), Some(PasswordRefused::Personal));
        assert_eq!(refusal("EXAMPLE-ltd-2026"), Some(PasswordRefused::Personal));
        assert_eq!(refusal("alice likes purple owls"), None, "what is left is strong enough");
    }

    #[test]
    fn a_line_break_cannot_be_typed_in_a_vpn_client() {
        assert_eq!(refusal("correct\nhorse"), Some(PasswordRefused::ControlCharacter));
        assert_eq!(refusal("correct\0horse"), Some(PasswordRefused::ControlCharacter));
    }

    #[test]
    fn a_border_case_of_tries() {
        let tries = |tries| NewPassword::parse("abcdefgh", &[], |_| Guess::Tries(tries));
        assert_eq!(tries(MIN_TRIES - 1).err(), Some(PasswordRefused::Guessable));
        assert!(tries(MIN_TRIES).is_ok());
    }

    #[test]
    fn debug_shows_nothing() {
        let password = NewPassword::parse("correct horse", &[], guess).unwrap();
        assert_eq!(format!("{password:?}"), "NewPassword(…)");
    }

    proptest! {
        /// Normalising twice changes nothing, so a password read back from anywhere still matches.
        #[test]
        fn normalisation_is_stable(typed in "\\PC{0,64}") {
            let once = normalised(&typed);
            prop_assert_eq!(normalised(&once), once);
        }

        #[test]
        fn any_input_is_answered(typed in any::<String>(), known in any::<String>()) {
            let _ = NewPassword::parse(&typed, &[&known], guess);
        }
    }
}
