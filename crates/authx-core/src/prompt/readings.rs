//! A password with an answer behind it, in one field.

use crate::factor::FactorKind;

/// One way to read what was typed as a password.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Reading<'a> {
    /// What would be the password.
    pub password: &'a str,
    /// What would be the answer for the second factor.
    pub answer: Option<&'a str>,
}

/// Both are secrets.
impl std::fmt::Debug for Reading<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").field("answer", &self.answer.is_some()).finish_non_exhaustive()
    }
}

/// What a text from a password field may mean, the likeliest first: password and answer divided at
/// the last comma, or six digits behind the password; then the whole text as a password, since a
/// password may look like either. How many there are depends on the text alone, never on a user.
pub fn readings(text: &str) -> Vec<Reading<'_>> {
    let whole = Reading { password: text, answer: None };
    let divided = at_the_comma(text).or_else(|| before_the_digits(text));
    divided.into_iter().chain([whole]).collect()
}

fn at_the_comma(text: &str) -> Option<Reading<'_>> {
    let (password, answer) = text.rsplit_once(',')?;
    is_answer(answer).then_some(Reading { password, answer: Some(answer) })
}

fn before_the_digits(text: &str) -> Option<Reading<'_>> {
    let (password, code) = text.split_at_checked(text.len().checked_sub(DIGITS)?)?;
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(Reading { password, answer: Some(code) })
}

/// Whether somebody who typed this will have meant it as an answer. A code of seven digits is one
/// with a slip in it.
fn is_answer(text: &str) -> bool {
    let text = text.trim();
    let seven = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = text.trim_end_matches(|c: char| c.is_ascii_digit());
    // Nobody has to choose a bypass code by its word before typing it.
    let chosen =
        FactorKind::from_word(word).is_some_and(|kind| FactorKind::CHOICES.contains(&kind));
    seven || FactorKind::recognise(text).is_some() || chosen
}

/// A code without a comma before it has to have a fixed length: six digits, as every authenticator
/// app shows unless it was set up otherwise.
const DIGITS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn divided(text: &str) -> Option<(&str, &str)> {
        let readings = readings(text);
        assert_eq!(readings.last(), Some(&Reading { password: text, answer: None }));
        assert!(readings.len() <= 2);
        readings.first().and_then(|first| Some((first.password, first.answer?)))
    }

    #[test]
    fn what_people_type_behind_a_password() {
        for (text, expected) in [
            ("owls,123456", Some(("owls", "123456"))),
            ("owls,123 456", Some(("owls", "123 456"))),
            ("owls,1234567", Some(("owls", "1234567"))),
            ("owls,12345678", Some(("owls", "12345678"))),
            ("owls, 123456 ", Some(("owls", " 123456 "))),
            ("owls,abcd-efgh-jkmn", Some(("owls", "abcd-efgh-jkmn"))),
            ("owls,Code", Some(("owls", "Code"))),
            ("owls,r", Some(("owls", "r"))),
            ("owls,code2", Some(("owls", "code2"))),
            ("a,b,,123456", Some(("a,b,", "123456"))),
            (",123456", Some(("", "123456"))),
            ("owls123456", Some(("owls", "123456"))),
            ("owls7123456", Some(("owls7", "123456"))),
            ("123456", Some(("", "123456"))),
            ("a,b123456", Some(("a,b", "123456"))),
            ("ü123456", Some(("ü", "123456"))),
            ("SCRV1:b3dscw==:MTIzNDU2", None),
            ("SCRV1:a:b,123456", Some(("SCRV1:a:b", "123456"))),
            ("CRV1::log_x::123456", Some(("CRV1::log_x::", "123456"))),
            ("owls,hello", None),
            ("owls,", None),
            ("owls,12345", None),
            ("ü12345", None),
            ("12345", None),
            ("", None),
        ] {
            assert_eq!(divided(text), expected, "{text}");
        }
    }

    #[test]
    fn neither_password_nor_answer_is_printed() {
        assert_eq!(format!("{:?}", readings("owls,123456")[0]), "Reading { answer: true, .. }");
    }

    proptest! {
        /// Whatever the password holds, commas, digits and forms of other methods included.
        #[test]
        fn a_code_behind_any_password_is_found(
            password in "\\PC{0,40}|[a-z,]{0,6}[0-9]{0,8}|SCRV1:[a-zA-Z=:]{0,12}|[,:0-9]{0,9}",
            code in "[0-9]{6}|[0-9]{8}|[0-9]{3} [0-9]{3}|code|r|[a-z0-9]{4}-[2-9]{4}-[2-9]{4}",
        ) {
            prop_assume!(is_answer(&code));
            let text = format!("{password},{code}");
            let readings = readings(&text);
            let wanted = Reading { password: &password, answer: Some(&code) };
            prop_assert_eq!(readings.first(), Some(&wanted));
            prop_assert_eq!(readings.last(), Some(&Reading { password: &text, answer: None }));
            prop_assert_eq!(readings.len(), 2);
        }

        #[test]
        fn six_digits_need_no_comma(password in "\\PC{0,40}", code in "[0-9]{6}") {
            let text = format!("{password}{code}");
            prop_assume!(at_the_comma(&text).is_none());
            let wanted = Reading { password: &password, answer: Some(&code) };
            let readings = readings(&text);
            prop_assert_eq!(readings.first(), Some(&wanted));
        }

        #[test]
        fn any_text_can_be_read(text in "\\PC{0,60}") {
            let readings = readings(&text);
            prop_assert!((1..=2).contains(&readings.len()));
            prop_assert_eq!(readings.last().map(|whole| whole.password), Some(text.as_str()));
        }
    }
}
