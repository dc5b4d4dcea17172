//! Which passwords may be set: the rules, with word lists behind them.

use authx_core::password_rules::{Guess, NewPassword, PasswordRefused};
use zxcvbn::matching::patterns::MatchPattern;

/// Checks a new password against the rules and zxcvbn's word lists. `known` is what others know of
/// the user: names, aliases, the company. Takes milliseconds, and some tenths of a second
/// (unoptimised) for a password made to be slow: a server has [`super::Passwords::accept`] do it.
///
/// # Errors
///
/// The first rule that is broken.
pub fn accept(typed: &str, known: &[&str]) -> Result<NewPassword, PasswordRefused> {
    judged(typed, known, |password| {
        let estimate = zxcvbn::zxcvbn(password, &[]);
        match estimate.sequence() {
            [only] if matches!(only.pattern, MatchPattern::Dictionary(_)) => Guess::Listed,
            _ => Guess::Tries(estimate.guesses()),
        }
    })
}

/// What stands behind [`JUDGED_CHARS`] makes no password weaker, and the lists take all the longer
/// over it: they try substitutions in all combinations, from each letter to each other one.
fn judged(
    typed: &str,
    known: &[&str],
    estimate: impl FnOnce(&str) -> Guess,
) -> Result<NewPassword, PasswordRefused> {
    NewPassword::parse(typed, known, |password| {
        match password.char_indices().nth(JUDGED_CHARS) {
            None => estimate(password),
            Some((end, _)) => match estimate(password.get(..end).unwrap_or(password)) {
                // A list has the beginning, not all of it.
                Guess::Listed => Guess::Tries(0),
                tries @ Guess::Tries(_) => tries,
            },
        }
    })
}

/// As much of a password as is judged.
const JUDGED_CHARS: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_lists_know_what_people_choose() {
        let refusal = |text| accept(text, &["alice", "Example Ltd"]).err();
        for listed in ["password", "P@ssw0rd", "iloveyou", "password123", "drowssap"] {
            assert_eq!(refusal(listed), Some(PasswordRefused::Common), "{listed}");
        }
        for pattern in ["abcdefgh", "aaaaaaaaaaaa", "summer2026", "19.11.1985", "qwertyqwerty"] {
            assert_eq!(refusal(pattern), Some(PasswordRefused::Guessable), "{pattern}");
        }
        for personal in ["Alice-2026!", "9_Example.Ltd_9"] {
            assert_eq!(refusal(personal), Some(PasswordRefused::Personal), "{personal}");
        }
        assert_eq!(refusal("correct horse battery staple"), None);
        assert_eq!(refusal("x7#Kq9mZ"), None);
    }

    /// The lists take 14 s, unoptimised, over all of this one.
    #[test]
    fn a_hostile_password_is_judged_by_its_beginning() {
        let hostile: String = "4@8({[<3691!|0$5+7%2/".chars().cycle().take(128).collect();
        let mut seen = 0;
        let good = judged(&hostile, &["alice"], |password| {
            seen = password.chars().count();
            Guess::Tries(u64::MAX)
        });
        assert!(good.is_ok());
        assert_eq!(seen, 48);
        assert!(accept(&hostile, &["alice"]).is_ok());
        let listed = judged(&hostile, &[], |_| Guess::Listed).err();
        assert_eq!(listed, Some(PasswordRefused::Guessable));
    }
}
