//! Secrets as people copy them: a prefix that says of what, the secret, and a checksum that notices
//! a slip of typing before anything is sent.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Why a text is not a secret of the expected kind. Never contains the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidSecretText {
    /// A character that is not of base64url.
    #[error("contains a character other than A-Z a-z 0-9 - _; copy it again")]
    WrongCharacter,
    /// The last six characters do not fit the rest.
    #[error("has a typing slip (its checksum does not fit); copy it again")]
    WrongChecksum,
    /// Cut off, or with something after it.
    #[error("is too short or too long; copy it again, whole")]
    WrongLength,
    /// A secret of another kind, or none.
    #[error("does not begin as this kind of secret does; check that it is the right one")]
    WrongPrefix,
}

/// The text of 32 secret bytes: `prefix`, 43 characters of base64url, 6 characters of checksum.
pub fn format(prefix: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + SECRET + CHECKSUM));
    text.push_str(prefix);
    URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
    let checksum = checksum(&text);
    text.push_str(&checksum);
    text
}

/// The 32 bytes that [`format()`] wrote.
///
/// # Errors
///
/// [`InvalidSecretText`] says what is wrong with the text.
pub fn parse(prefix: &str, text: &str) -> Result<Zeroizing<[u8; 32]>, InvalidSecretText> {
    let digits = text.strip_prefix(prefix).ok_or(InvalidSecretText::WrongPrefix)?;
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Err(InvalidSecretText::WrongCharacter);
    }
    if digits.len() != SECRET + CHECKSUM {
        return Err(InvalidSecretText::WrongLength);
    }
    let (body, check) = text.split_at(prefix.len() + SECRET);
    if checksum(body) != check {
        return Err(InvalidSecretText::WrongChecksum);
    }
    let (_, secret) = body.split_at(prefix.len());
    let bytes = Zeroizing::new(
        URL_SAFE_NO_PAD.decode(secret).map_err(|_| InvalidSecretText::WrongCharacter)?,
    );
    let mut out = Zeroizing::new([0; 32]);
    out.copy_from_slice(bytes.get(..32).ok_or(InvalidSecretText::WrongLength)?);
    Ok(out)
}

fn checksum(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.as_ref().iter().copied().take(4).collect::<Vec<_>>())
}

const SECRET: usize = 43;
const CHECKSUM: usize = 6;
