//! `otpauth://` URIs: how a secret travels to an authenticator app, and from another product to us.
//! The format is Google Authenticator's "Key Uri Format"; no RFC exists.

use super::{Algorithm, Digits, Totp};
use crate::Secret;
use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What the app shows beside the code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Label {
    /// Who issued the secret: the company.
    pub issuer: String,
    /// Whose secret it is.
    pub account: String,
}

/// Why a text is not an `otpauth://totp/` URI that we can use.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidUri {
    /// The hash is unknown.
    #[error("the algorithm is SHA1, SHA256 or SHA512")]
    Algorithm,
    /// The number of digits is not 6 or 8.
    #[error("a code has 6 or 8 digits")]
    Digits,
    /// It is counter-based, or no otpauth URI at all.
    #[error("expected a text that begins with otpauth://totp/")]
    NotTotp,
    /// The period is out of range.
    #[error("the period is 15 to 120 seconds")]
    Period,
    /// The secret is missing, not base32, or of the wrong length.
    #[error("the secret is base32 (RFC 4648) of 16 to 64 bytes")]
    Secret,
    /// A name in it is not UTF-8, or the URI is too long.
    #[error("the text is longer than 1,024 characters or not UTF-8")]
    Text,
}

impl Totp {
    /// The URI for an authenticator app. It contains the secret.
    pub fn to_uri(&self, label: &Label) -> String {
        let issuer = utf8_percent_encode(&label.issuer, NON_ALPHANUMERIC);
        let account = utf8_percent_encode(&label.account, NON_ALPHANUMERIC);
        let secret = BASE32_NOPAD.encode(self.secret.expose());
        let algorithm = match self.algorithm {
            Algorithm::Sha1 => "SHA1",
            Algorithm::Sha256 => "SHA256",
            Algorithm::Sha512 => "SHA512",
        };
        let (digits, period) = (u8::from(self.digits), self.period_secs);
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}\
             &algorithm={algorithm}&digits={digits}&period={period}"
        )
    }

    /// The secret alone, in base32, for typing.
    pub fn secret_text(&self) -> String {
        BASE32_NOPAD.encode(self.secret.expose())
    }

    /// Takes over a secret that an app already has.
    ///
    /// # Errors
    ///
    /// [`InvalidUri`] says which part cannot be used.
    pub fn from_uri(text: &str) -> Result<Self, InvalidUri> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidUri::Text);
        }
        let rest = text.strip_prefix("otpauth://totp/").ok_or(InvalidUri::NotTotp)?;
        let (label, query) = rest.split_once('?').ok_or(InvalidUri::Secret)?;
        percent_decode_str(label).decode_utf8().map_err(|_| InvalidUri::Text)?;
        let mut totp = Self::new(Secret::new(vec![]), Algorithm::Sha1, Digits::Six, 30);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "secret" => totp.secret = secret(&value)?,
                "algorithm" => totp.algorithm = algorithm(&value)?,
                "digits" => {
                    let digits = value.parse::<u8>().map_err(|_| InvalidUri::Digits)?;
                    totp.digits = digits.try_into().map_err(|_| InvalidUri::Digits)?;
                }
                "period" => totp.period_secs = period(&value)?,
                _ => {}
            }
        }
        if totp.secret.expose().is_empty() { Err(InvalidUri::Secret) } else { Ok(totp) }
    }
}

fn secret(text: &str) -> Result<Secret, InvalidUri> {
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '=')).collect();
    let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes());
    let bytes = bytes.map_err(|_| InvalidUri::Secret)?;
    // RFC 4226 §4 R6 asks for 16 bytes; apps in use since before hand out 10, which we refuse.
    if (16..=64).contains(&bytes.len()) { Ok(Secret::new(bytes)) } else { Err(InvalidUri::Secret) }
}

fn algorithm(text: &str) -> Result<Algorithm, InvalidUri> {
    match text.to_ascii_uppercase().as_str() {
        "SHA1" => Ok(Algorithm::Sha1),
        "SHA256" => Ok(Algorithm::Sha256),
        "SHA512" => Ok(Algorithm::Sha512),
        _ => Err(InvalidUri::Algorithm),
    }
}

fn period(text: &str) -> Result<u64, InvalidUri> {
    match text.parse() {
        Ok(secs @ 15..=120) => Ok(secs),
        _ => Err(InvalidUri::Period),
    }
}

const MAX_LENGTH: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_uri_as_apps_expect_it() {
        let totp = Totp::new(Secret::new(vec![0xab; 20]), Algorithm::Sha256, Digits::Eight, 60);
        let label = Label { issuer: "Müller & Co".into(), account: "al:ice".into() };
        let uri = totp.to_uri(&label);
        assert_eq!(
            uri,
            "otpauth://totp/M%C3%BCller%20%26%20Co:al%3Aice?secret=VOV2XK5LVOV2XK5LVOV2XK5LVOV2XK5L\
             &issuer=M%C3%BCller%20%26%20Co&algorithm=SHA256&digits=8&period=60"
        );
        assert_eq!(Totp::from_uri(&uri), Ok(totp));
    }

    #[test]
    fn what_is_missing_is_named() {
        let parse = |text: &str| Totp::from_uri(text).map(|_| ());
        let good = "otpauth://totp/a?secret=VOV2XK5LVOV2XK5LVOV2XK5LVOV2XK5L";
        assert_eq!(parse(good), Ok(()));
        assert_eq!(parse("otpauth://hotp/a?secret=VOV2XK5L"), Err(InvalidUri::NotTotp));
        assert_eq!(parse("otpauth://totp/a"), Err(InvalidUri::Secret));
        assert_eq!(parse("otpauth://totp/a?secret=MFRGG"), Err(InvalidUri::Secret));
        assert_eq!(parse(&format!("{good}&digits=7")), Err(InvalidUri::Digits));
        assert_eq!(parse(&format!("{good}&period=1")), Err(InvalidUri::Period));
        assert_eq!(parse(&format!("{good}&algorithm=MD5")), Err(InvalidUri::Algorithm));
        assert_eq!(parse(&format!("{good}&x={}", "y".repeat(2_000))), Err(InvalidUri::Text));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "(otpauth://totp/)?\\PC{0,80}(secret=[A-Z2-7=]{0,60})?\\PC{0,20}") {
            if let Ok(totp) = Totp::from_uri(&text) {
                let label = Label { issuer: "i".into(), account: "a".into() };
                prop_assert_eq!(Totp::from_uri(&totp.to_uri(&label)), Ok(totp));
            }
        }
    }
}
