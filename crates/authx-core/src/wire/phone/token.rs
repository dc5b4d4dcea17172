//! What opens an enrolment: read from a link, a QR code, or a keyboard.

use super::ShortCode;
use crate::secret_text::{self, ACTIVATION, INVITATION, InvalidSecretText};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// An invitation, an activation, or the short code of either. Hidden in `Debug`.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Token {
    /// `axe_…`: binds a phone within minutes.
    Activation(Zeroizing<[u8; 32]>),
    /// `axi_…`: opens a page.
    Invitation(Zeroizing<[u8; 32]>),
    /// Eight characters.
    Short(ShortCode),
}

/// Why a text opens nothing. Never holds the text itself.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidToken {
    /// It begins like a token and is none.
    #[error(transparent)]
    Secret(#[from] InvalidSecretText),
    /// It is nothing that is known.
    #[error("neither an invitation (axi_…, axe_…) nor a code of eight characters (ABCD-EFGH)")]
    Unknown,
}

impl Token {
    /// Reads a token, or what a QR code holds: a link with a token behind its `#`.
    ///
    /// # Errors
    ///
    /// Says what is wrong in words for the person who typed.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let text = text.trim();
        let text = text.split_once('#').map_or(text, |(_, token)| token);
        if text.starts_with(INVITATION) {
            return Ok(Self::Invitation(secret_text::parse(INVITATION, text)?));
        }
        if text.starts_with(ACTIVATION) {
            return Ok(Self::Activation(secret_text::parse(ACTIVATION, text)?));
        }
        ShortCode::parse(text).map(Self::Short).map_err(|_| InvalidToken::Unknown)
    }

    /// As it travels.
    pub fn text(&self) -> Zeroizing<String> {
        match self {
            Self::Activation(bytes) => secret_text::format(ACTIVATION, bytes),
            Self::Invitation(bytes) => secret_text::format(INVITATION, bytes),
            Self::Short(code) => code.shown(),
        }
    }
}

impl TryFrom<String> for Token {
    type Error = InvalidToken;

    fn try_from(text: String) -> Result<Self, InvalidToken> {
        Self::parse(&Zeroizing::new(text))
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.text().as_str().to_owned()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_beginning() {
        for token in [
            Token::Activation(Zeroizing::new([1; 32])),
            Token::Invitation(Zeroizing::new([2; 32])),
            Token::Short(ShortCode::parse("K7QF2M9X").unwrap()),
        ] {
            let text = token.text();
            assert_eq!(Token::parse(&text), Ok(token.clone()));
            let link = format!("https://phone.mfa.example.com/#{}", *text);
            assert_eq!(Token::parse(&link), Ok(token.clone()));
            assert_eq!(format!("{token:?}"), "Token(…)");
        }
    }

    #[test]
    fn a_slip_is_named_and_the_token_kept() {
        let good = Token::Invitation(Zeroizing::new([2; 32])).text();
        let slip = Token::parse(&good.replacen("AgI", "AgJ", 1)).unwrap_err().to_string();
        assert!(slip.contains("mistyped") && !slip.contains("AgJ"), "{slip}");
        assert_eq!(Token::parse("axk_x"), Err(InvalidToken::Unknown));
    }
}
