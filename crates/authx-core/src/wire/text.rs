//! Small texts inside requests, checked or cleaned as they are read.

use crate::{Cx, name::is_invisible};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a person typed: a password or an answer. Hidden in `Debug`, wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, max_length = 1024))]
#[serde(try_from = "String", into = "String")]
pub struct Typed(Zeroizing<String>);

impl Typed {
    /// The longest text, in bytes: OpenVPN's `USER_PASS_LEN` is 128, of 4,096 with PKCS#11.
    pub const MAX_BYTES: usize = 1_024;

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Typed {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = Zeroizing::new(text);
        if text.len() > Self::MAX_BYTES {
            return Err("a password or answer has at most 1,024 bytes");
        }
        Ok(Self(text))
    }
}

impl From<Typed> for String {
    fn from(typed: Typed) -> Self {
        typed.0.as_str().to_owned()
    }
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(…)")
    }
}

/// Something that a VPN client says of itself: cut at 100 characters, control and invisible
/// characters dropped.
/// Strangers choose these, so they are cleaned rather than refused.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(from = "String")]
pub struct Label(String);

impl Label {
    /// As kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Self(text.chars().filter(|&c| !c.is_control() && !is_invisible(c)).take(100).collect())
    }
}

/// The secret of a dynamic challenge: 128 bits in base64url. Hidden in `Debug`, wiped when dropped:
/// with the answer it stands for the proved password.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, max_length = 22))]
#[serde(from = "String", into = "String")]
pub struct ChallengeSecret(Zeroizing<String>);

impl ChallengeSecret {
    /// The text itself. Every caller is a place to look at in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whatever came back: whether it fits is for the server to say.
impl From<String> for ChallengeSecret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for ChallengeSecret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<ChallengeSecret> for String {
    fn from(secret: ChallengeSecret) -> Self {
        secret.expose().to_owned()
    }
}

impl std::fmt::Debug for ChallengeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChallengeSecret(…)")
    }
}

/// How an answer comes from the user to the caller.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Method {
    /// Behind the password, in one field.
    Append,
    /// OpenVPN's question in the pending step.
    CrText,
    /// OpenVPN's dynamic challenge: a refusal with a question, then another connection.
    Crv1,
    /// OpenVPN's static challenge: a field of its own beside the password.
    Scrv1,
    /// Another caller's own word.
    Other(Label),
}

impl Method {
    /// The word for it.
    pub fn word(&self) -> &str {
        match self {
            Self::Append => "append",
            Self::CrText => "cr_text",
            Self::Crv1 => "crv1",
            Self::Scrv1 => "scrv1",
            Self::Other(label) => label.as_str(),
        }
    }
}

impl From<String> for Method {
    fn from(text: String) -> Self {
        match text.as_str() {
            "append" => Self::Append,
            "cr_text" => Self::CrText,
            "crv1" => Self::Crv1,
            "scrv1" => Self::Scrv1,
            _ => Self::Other(text.into()),
        }
    }
}

impl From<Method> for String {
    fn from(method: Method) -> Self {
        method.word().to_owned()
    }
}

/// Six characters that find a login in the log: drawn by the caller, so that its own log has them
/// even when AuthX could not be reached.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[2-9A-HJKMNP-TV-Z]{6}$"))]
#[serde(try_from = "String", into = "String")]
pub struct SupportCode(String);

impl SupportCode {
    /// Draws one.
    pub fn draw(cx: &mut Cx<'_>) -> Self {
        let mut text = String::with_capacity(6);
        while text.len() < 6 {
            let [byte] = cx.bytes::<1>();
            // Taking only what is below a multiple of 30 keeps every letter equally likely.
            if byte < 240 {
                let at = usize::from(byte % 30);
                text.extend(SUPPORT_ALPHABET.get(at).copied().map(char::from));
            }
        }
        Self(text)
    }

    /// The six characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SupportCode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.to_ascii_uppercase();
        if text.len() == 6 && text.bytes().all(|byte| SUPPORT_ALPHABET.contains(&byte)) {
            Ok(Self(text))
        } else {
            Err("a support code is six characters of 23456789ABCDEFGHJKMNPQRSTVWXYZ")
        }
    }
}

impl From<SupportCode> for String {
    fn from(code: SupportCode) -> Self {
        code.0
    }
}

impl std::fmt::Display for SupportCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Six digits shown at the VPN prompt, to be typed on the phone.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[0-9]{6}$"))]
#[serde(try_from = "String", into = "String")]
pub struct MatchNumber(String);

impl MatchNumber {
    /// Draws one.
    pub fn draw(cx: &mut Cx<'_>) -> Self {
        // 2^64 is so much larger than a million that no digit is favoured measurably.
        Self(format!("{:06}", u64::from_be_bytes(cx.bytes()) % 1_000_000))
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MatchNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err("a match number is six digits")
        }
    }
}

impl From<MatchNumber> for String {
    fn from(number: MatchNumber) -> Self {
        number.0
    }
}

const SUPPORT_ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Millis;
    use proptest::prelude::*;

    #[test]
    fn what_was_typed_is_not_printed() {
        let typed = Typed::try_from("hunter2".to_owned()).unwrap();
        assert_eq!(format!("{typed:?}"), "Typed(…)");
        assert!(Typed::try_from("x".repeat(1_025)).is_err());
    }

    #[test]
    fn a_method_is_known_or_kept() {
        for word in ["append", "cr_text", "crv1", "scrv1"] {
            let method = Method::from(word.to_owned());
            assert!(!matches!(method, Method::Other(_)));
            assert_eq!(String::from(method), word);
        }
        assert_eq!(Method::from("web\n".to_owned()).word(), "web");
    }

    #[test]
    fn a_client_cannot_write_into_our_logs() {
        let label = Label::from("OpenVPN\n\u{1b}[31m\u{202e} GUI".to_owned());
        assert_eq!(label.as_str(), "OpenVPN[31m GUI");
        assert_eq!(Label::from("é".repeat(1_000)).as_str().chars().count(), 100);
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_accepted(seed: u64) {
            let mut state = seed;
            let mut random = |out: &mut [u8]| for byte in out {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = state.to_be_bytes()[0];
            };
            let mut cx = Cx { now: Millis(0), random: &mut random };
            let code = String::from(SupportCode::draw(&mut cx));
            prop_assert!(SupportCode::try_from(code.to_lowercase()).is_ok());
            let number = String::from(MatchNumber::draw(&mut cx));
            prop_assert!(MatchNumber::try_from(number).is_ok());
        }
    }
}
