//! Secrets as text that people copy: a prefix that says what it is, 32 random bytes, and a checksum
//! that notices a slip before anything is sent.
//!
//! The prefix lets scanners of source code and logs find a leaked secret. The checksum is the first
//! four bytes of the SHA-256 of everything before it, so that a program in any language can check it.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Begins an activation, which binds a phone within minutes.
pub const ACTIVATION: &str = "axe_";
/// Begins an Application Key, with which an application signs its requests.
pub const APPLICATION_KEY: &str = "axk_";
/// Begins the audit key, under which the record is sealed.
pub const AUDIT_KEY: &str = "axd_";
/// Begins an invitation to enrol a phone.
pub const INVITATION: &str = "axi_";
/// Begins the master key, which seals every other secret at rest.
pub const MASTER_KEY: &str = "axm_";
/// Begins the recovery key, which opens backups.
pub const RECOVERY_KEY: &str = "axr_";
/// Begins an admin token, with which scripts administer.
pub const TOKEN: &str = "axt_";

/// Why a text is not a secret of the expected kind. Never holds the text itself.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidSecretText {
    /// A character that no secret holds.
    #[error(
        "it holds a character other than a-z, A-Z, 0-9, “-” and “_”: copy it again, without quotes or spaces"
    )]
    WrongCharacter,
    /// The characters are possible, but not these together.
    #[error("it is mistyped: its last {CHECKSUM} characters do not fit the others; copy it again")]
    WrongChecksum,
    /// Cut off, or something stuck to it.
    #[error(
        "it is {actual} characters long instead of {expected}: copy all of it, and nothing else"
    )]
    WrongLength {
        /// How many characters there are.
        actual: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A secret of another kind, or something else altogether.
    #[error("it does not begin with “{expected}”: this is not the secret that is asked for here")]
    WrongPrefix {
        /// The prefix that was expected.
        expected: String,
    },
}

/// The text of a secret: `prefix`, 43 characters of base64url, 6 characters of checksum.
pub fn format(prefix: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
    // The room is taken at once: growing would leave a copy of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + BODY + CHECKSUM));
    text.push_str(prefix);
    URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
    let checksum = checksum(&text);
    URL_SAFE_NO_PAD.encode_string(checksum, &mut text);
    text
}

/// The bytes of a secret that begins with `prefix`; white space around it does not matter.
///
/// # Errors
///
/// Says what is wrong with the text in words for the person who copied it.
pub fn parse(prefix: &str, text: &str) -> Result<Zeroizing<[u8; 32]>, InvalidSecretText> {
    let text = text.trim_ascii();
    let Some(rest) = text.strip_prefix(prefix) else {
        return Err(InvalidSecretText::WrongPrefix { expected: prefix.to_owned() });
    };
    if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Err(InvalidSecretText::WrongCharacter);
    }
    let expected = prefix.len() + BODY + CHECKSUM;
    let wrong_length = InvalidSecretText::WrongLength { actual: text.len(), expected };
    if text.len() != expected {
        return Err(wrong_length);
    }
    let (covered, sum) = text.split_at_checked(prefix.len() + BODY).ok_or(wrong_length)?;
    if URL_SAFE_NO_PAD.encode(checksum(covered)) != sum {
        return Err(InvalidSecretText::WrongChecksum);
    }
    let body = covered.strip_prefix(prefix).unwrap_or_default();
    let mut bytes = Zeroizing::new([0; 32]);
    match URL_SAFE_NO_PAD.decode_slice(body, bytes.as_mut_slice()) {
        Ok(32) => Ok(bytes),
        // The last character holds two bits that must be zero.
        Ok(_) | Err(_) => Err(InvalidSecretText::WrongCharacter),
    }
}

fn checksum(covered: &str) -> [u8; 4] {
    let digest = digest::digest(&digest::SHA256, covered.as_bytes());
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

/// 32 bytes in base64url without padding.
const BODY: usize = 43;
/// 4 bytes in base64url without padding.
const CHECKSUM: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_form_is_the_documented_one() {
        let text = format(APPLICATION_KEY, &[7; 32]);
        assert_eq!(*text, "axk_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcBEuV0A");
        assert_eq!(parse(APPLICATION_KEY, &text).as_deref(), Ok(&[7; 32]));
        assert_eq!(parse(APPLICATION_KEY, &format!(" {}\n", *text)).as_deref(), Ok(&[7; 32]));
    }

    #[test]
    fn errors_say_what_to_do_and_keep_the_secret() {
        let good = format(APPLICATION_KEY, &[7; 32]);
        let cases = [
            (good.replace("axk_", "axt_"), "does not begin with “axk_”"),
            (good[..52].to_owned(), "52 characters long instead of 53"),
            (format!("{}x", *good), "54 characters long instead of 53"),
            (good.replacen('w', "W", 1), "mistyped"),
            (good.replacen('w', " ", 1), "holds a character"),
            (good.replacen('w', "ß", 1), "holds a character"),
        ];
        for (text, why) in cases {
            let error = parse(APPLICATION_KEY, &text).expect_err(&text).to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains(&good[4..12]), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_slip_of_one_character_is_noticed(bytes: [u8; 32], at in 0usize..53, to in "[ -~]") {
            let good = format(MASTER_KEY, &bytes);
            let mut slip = String::clone(&good);
            slip.replace_range(at..=at, &to);
            let expected = (slip == *good).then_some(bytes);
            prop_assert_eq!(parse(MASTER_KEY, &slip).ok().map(|bytes| *bytes), expected);
        }

        #[test]
        fn anything_may_come_in(text in "(axk_)?\\PC{0,60}") {
            if let Ok(bytes) = parse(APPLICATION_KEY, &text) {
                let again = format(APPLICATION_KEY, &bytes);
                prop_assert_eq!(again.as_str(), text.trim_ascii());
            }
        }
    }
}
