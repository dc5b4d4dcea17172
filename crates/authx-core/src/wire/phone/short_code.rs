//! An invitation that can be typed.

use crate::Cx;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Eight characters of the support code's alphabet, 39 bits, for those who cannot scan: shown as
/// `ABCD-EFGH`, read in any case, with or without the dash or spaces. Hidden in `Debug`: it stands
/// for an invitation.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$"))]
#[serde(try_from = "String", into = "String")]
pub struct ShortCode(Zeroizing<String>);

impl ShortCode {
    /// Draws one.
    pub fn draw(cx: &mut Cx<'_>) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        while text.len() < LENGTH {
            let [byte] = cx.bytes::<1>();
            // Taking only what is below a multiple of 30 keeps every letter equally likely.
            if byte < 240 {
                text.extend(ALPHABET.get(usize::from(byte % 30)).copied().map(char::from));
            }
        }
        Self(text)
    }

    /// The eight characters, without the dash: what a digest is made of.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// As people see it: `ABCD-EFGH`.
    pub fn shown(&self) -> Zeroizing<String> {
        let (first, second) = self.0.split_at_checked(LENGTH / 2).unwrap_or_default();
        Zeroizing::new(format!("{first}-{second}"))
    }

    /// Reads what somebody typed.
    ///
    /// # Errors
    ///
    /// Says what a code looks like.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut code = Zeroizing::new(String::with_capacity(LENGTH));
        for letter in text.chars().filter(|letter| !matches!(letter, '-' | ' ')) {
            let letter = letter.to_ascii_uppercase();
            let known = ALPHABET.iter().any(|&known| char::from(known) == letter);
            if !known || code.len() == LENGTH {
                return Err(WRONG);
            }
            code.push(letter);
        }
        if code.len() == LENGTH { Ok(Self(code)) } else { Err(WRONG) }
    }
}

impl TryFrom<String> for ShortCode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&Zeroizing::new(text))
    }
}

impl From<ShortCode> for String {
    fn from(code: ShortCode) -> Self {
        code.shown().as_str().to_owned()
    }
}

impl std::fmt::Debug for ShortCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShortCode(…)")
    }
}

const LENGTH: usize = 8;
const WRONG: &str = "a short code is eight characters of 23456789ABCDEFGHJKMNPQRSTVWXYZ";
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_cx;
    use proptest::prelude::*;

    #[test]
    fn however_it_is_typed() {
        let code = ShortCode::parse("K7QF2M9X").unwrap();
        assert_eq!(code.shown().as_str(), "K7QF-2M9X");
        for typed in ["k7qf-2m9x", " K7QF 2M9X ", "k7qf2m9x"] {
            assert_eq!(ShortCode::parse(typed).as_ref(), Ok(&code), "{typed}");
        }
        for typed in ["", "K7QF2M9", "K7QF2M9XX", "K7QF2M9O", "K7QF2M9é", "K7QF_2M9X"] {
            assert!(ShortCode::parse(typed).is_err(), "{typed}");
        }
        assert_eq!(format!("{code:?}"), "ShortCode(…)");
    }

    proptest! {
        #[test]
        fn what_is_drawn_survives_the_wire(seed: u64) {
            let code = with_cx(seed, ShortCode::draw);
            let json = serde_json::to_string(&code).unwrap();
            prop_assert_eq!(serde_json::from_str::<ShortCode>(&json).unwrap(), code);
        }
    }
}
