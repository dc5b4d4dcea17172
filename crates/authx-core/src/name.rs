//! Names as people type them, and the one form in which they are looked up.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// The name of a user, tenant, application or key: 1 to [`Name::MAX_CHARS`] characters, none of
/// them a control character, kept as typed without surrounding white space.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, max_length = 128))]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text is no [`Name`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidName {
    /// It has a character that cannot be seen.
    #[error("a name has no control or invisible characters; remove them")]
    ControlCharacter,
    /// Nothing is left without white space.
    #[error("a name needs at least one visible character")]
    Empty,
    /// It is longer than [`Name::MAX_CHARS`] characters.
    #[error("a name has at most {} characters; choose a shorter one", Name::MAX_CHARS)]
    TooLong,
}

impl Name {
    /// The longest name, in characters. OpenVPN itself stops at 128 bytes (`USER_PASS_LEN`), so
    /// that no name that can reach us from a VPN is cut off.
    pub const MAX_CHARS: usize = 128;

    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] says which rule the text breaks.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(InvalidName::TooLong);
        }
        if text.chars().any(|c| c.is_control() || is_invisible(c)) {
            return Err(InvalidName::ControlCharacter);
        }
        Ok(Self(text.to_owned()))
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which it is looked up: NFKC, then full case folding (Unicode 3.13), so that
    /// `Alice`, `alice` and `ａｌｉｃｅ` are one.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// The form in which a name, or a part of one, is compared: see [`Name::folded`].
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Folding can undo the normal form, so it is normalised once more (Unicode 3.13, X7).
    let folded = caseless::default_case_fold_str(&text.nfkc().collect::<String>());
    folded.nfkc().collect()
}

/// Characters that make two texts look the same without being the same, or one look like another:
/// those of `Default_Ignorable_Code_Point` and `Bidi_Control` (Unicode 5.21, 23.3), and the two
/// separators that end a line like a control character.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_person_however_the_name_is_typed() {
        for other in ["ALICE", " alice ", "ａｌｉｃｅ"] {
            assert_eq!(Name::new(other).unwrap().folded(), "alice");
        }
        assert_eq!(Name::new("STRASSE").unwrap().folded(), Name::new("straße").unwrap().folded());
        assert_eq!(Name::new("😀 O'Brien \"x\"").unwrap().as_str(), "😀 O'Brien \"x\"");
    }

    #[test]
    fn what_is_no_name() {
        assert_eq!(Name::new(" \t"), Err(InvalidName::Empty));
        assert_eq!(Name::new("a\nb"), Err(InvalidName::ControlCharacter));
        for hidden in ['\u{202e}', '\u{61c}', '\u{ad}', '\u{2028}', '\u{3164}', '\u{e0061}'] {
            let name = format!("a{hidden}b");
            assert_eq!(Name::new(&name), Err(InvalidName::ControlCharacter), "{hidden:?}");
        }
        assert_eq!(Name::new(&"x".repeat(64 * 1024)), Err(InvalidName::TooLong));
    }

    proptest! {
        #[test]
        fn folding_is_stable(text in "\\PC{1,40}") {
            if let Ok(name) = Name::new(&text) {
                let once = name.folded();
                if let Ok(again) = Name::new(&once) {
                    let twice = again.folded();
                    prop_assert_eq!(twice.trim(), once.trim());
                }
            }
        }
    }
}
