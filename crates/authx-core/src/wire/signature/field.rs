//! The three header fields as text: the small part of structured fields (RFC 9651) that the profile
//! uses, read in exactly the form in which RFC 9651 §4.1 writes it.

use super::{Caller, SignatureError, Tag};
use aws_lc_rs::digest;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// Who calls: `name/version`.
pub const AUTHX_CLIENT: &str = "authx-client";
/// The digest of the body (RFC 9530 §2).
pub const CONTENT_DIGEST: &str = "content-digest";
/// The signature itself (RFC 9421 §4.2).
pub const SIGNATURE: &str = "signature";
/// What the signature covers (RFC 9421 §4.1).
pub const SIGNATURE_INPUT: &str = "signature-input";

/// What a signed message carries besides its own headers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Headers {
    /// The value of `Content-Digest`.
    pub content_digest: String,
    /// The value of `Signature-Input`.
    pub signature_input: String,
    /// The value of `Signature`.
    pub signature: String,
}

impl Headers {
    /// Names, in lower case, and values.
    pub fn fields(&self) -> [(&'static str, &str); 3] {
        [
            (CONTENT_DIGEST, &self.content_digest),
            (SIGNATURE_INPUT, &self.signature_input),
            (SIGNATURE, &self.signature),
        ]
    }
}

/// The value of a header of which there must be exactly one, without white space around it
/// (RFC 9421 §2.1); `values` are all that the message holds under this name.
///
/// # Errors
///
/// [`SignatureError::HeaderMissing`], [`SignatureError::HeaderRepeated`], or
/// [`SignatureError::Malformed`] when it is not ASCII.
pub fn single<'a>(
    header: &'static str,
    values: impl IntoIterator<Item = &'a [u8]>,
) -> Result<&'a str, SignatureError> {
    let mut values = values.into_iter();
    let value = values.next().ok_or(SignatureError::HeaderMissing { header })?;
    if values.next().is_some() {
        return Err(SignatureError::HeaderRepeated { header });
    }
    if !value.is_ascii() {
        return Err(SignatureError::Malformed { header });
    }
    let text = std::str::from_utf8(value).map_err(|_| SignatureError::Malformed { header })?;
    Ok(text.trim_matches([' ', '\t']))
}

/// The digest of a body.
pub(super) fn body_digest(body: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, body);
    // SHA-256 always has 32 bytes, so the default is never taken.
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

pub(super) fn push_content_digest(out: &mut String, digest: &[u8; 32]) {
    out.push_str(DIGEST_START);
    STANDARD.encode_string(digest, out);
    out.push(':');
}

pub(super) fn parse_content_digest(text: &str) -> Result<[u8; 32], SignatureError> {
    text.strip_prefix(DIGEST_START)
        .and_then(bytes)
        .ok_or(SignatureError::Malformed { header: CONTENT_DIGEST })
}

/// `:base64:`, as `Signature` holds it and as an answer covers it.
pub(super) fn push_bytes(out: &mut String, signature: &[u8]) {
    out.push(':');
    STANDARD.encode_string(signature, out);
    out.push(':');
}

pub(super) fn push_signature(out: &mut String, signature: &[u8]) {
    out.push_str(LABEL);
    push_bytes(out, signature);
}

pub(super) fn parse_signature<const N: usize>(text: &str) -> Result<[u8; N], SignatureError> {
    let value = text.strip_prefix(LABEL).ok_or(SignatureError::Label)?;
    // Base64 holds no colon: a third one belongs to a second signature.
    if value.bytes().filter(|&byte| byte == b':').count() > 2 {
        return Err(SignatureError::Label);
    }
    value.strip_prefix(':').and_then(bytes).ok_or(SignatureError::Malformed { header: SIGNATURE })
}

/// Exactly `N` bytes in base64 and the closing colon. Padding and unused bits must be as an encoder
/// writes them, so that there is one text for each value.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.strip_suffix(':')?;
    let mut bytes = [0; N];
    (STANDARD.decode_slice(text, &mut bytes) == Ok(N)).then_some(bytes)
}

/// The parameters of a signature as text, each present or not.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    created: Option<&'a str>,
    nonce: Option<&'a str>,
    keyid: Option<&'a str>,
    alg: Option<&'a str>,
    tag: Option<&'a str>,
}

impl<'a> Parameters<'a> {
    /// Reads `;name=value` until the end. Any order is good, because RFC 9421 gives it no meaning,
    /// libraries write different ones, and the text itself is signed.
    fn parse(mut rest: &'a str) -> Result<Self, SignatureError> {
        let mut found = Self::default();
        while !rest.is_empty() {
            // A comma begins a second signature.
            let parameter = rest.strip_prefix(';').ok_or(SignatureError::Label)?;
            let (name, value) =
                parameter.split_once('=').ok_or(SignatureError::ParameterUnknown)?;
            let (name, slot) = match name {
                "created" => ("created", &mut found.created),
                "nonce" => ("nonce", &mut found.nonce),
                "keyid" => ("keyid", &mut found.keyid),
                "alg" => ("alg", &mut found.alg),
                "tag" => ("tag", &mut found.tag),
                _ => return Err(SignatureError::ParameterUnknown),
            };
            let (value, after) = if name == "created" {
                value.split_at_checked(value.find([';', ',']).unwrap_or(value.len()))
            } else {
                value.strip_prefix('"').and_then(|value| value.split_once('"'))
            }
            .ok_or(SignatureError::ParameterMalformed { name })?;
            if slot.replace(value).is_some() {
                return Err(SignatureError::ParameterRepeated { name });
            }
            rest = after;
        }
        Ok(found)
    }

    /// Seconds since 1970, as an integer is written: no sign, no zeros before it, 15 digits at most
    /// (RFC 9651 §3.3.1).
    pub(super) fn created_secs(&self) -> Result<u64, SignatureError> {
        let text = required("created", self.created)?;
        let wrong = SignatureError::ParameterMalformed { name: "created" };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || text.len() > 15 || (text.len() > 1 && text.starts_with('0')) {
            return Err(wrong);
        }
        text.parse().map_err(|_| wrong)
    }

    pub(super) fn nonce(&self) -> Result<[u8; 16], SignatureError> {
        let text = required("nonce", self.nonce)?;
        let mut nonce = [0; 16];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut nonce) {
            Ok(16) => Ok(nonce),
            Ok(_) | Err(_) => Err(SignatureError::ParameterMalformed { name: "nonce" }),
        }
    }

    /// Whose key signed: what `tag`, `alg` and `keyid` say together.
    pub(super) fn caller(&self) -> Result<Caller, SignatureError> {
        let tag = Tag::parse(required("tag", self.tag)?)?;
        if required("alg", self.alg)? != tag.algorithm() {
            return Err(SignatureError::Algorithm);
        }
        Caller::parse(tag, required("keyid", self.keyid)?)
    }

    /// An answer has no nonce: the request's signature, which it covers, is one.
    pub(super) fn without_nonce(&self) -> Result<(), SignatureError> {
        if self.nonce.is_some() { Err(SignatureError::ParameterUnknown) } else { Ok(()) }
    }
}

fn required<'a>(name: &'static str, value: Option<&'a str>) -> Result<&'a str, SignatureError> {
    value.ok_or(SignatureError::ParameterMissing { name })
}

/// The text after the label, which is what is signed, and the parameters in it.
pub(super) fn parse_signature_input<'a>(
    text: &'a str,
    components: &str,
) -> Result<(&'a str, Parameters<'a>), SignatureError> {
    if text.len() > MAX_SIGNATURE_INPUT || !text.is_ascii() {
        return Err(SignatureError::Malformed { header: SIGNATURE_INPUT });
    }
    let signed = text.strip_prefix(LABEL).ok_or(SignatureError::Label)?;
    let parameters = signed.strip_prefix(components).ok_or(SignatureError::Components)?;
    Ok((signed, Parameters::parse(parameters)?))
}

/// The only label, and the sign between it and its value.
pub(super) const LABEL: &str = "authx=";
const DIGEST_START: &str = "sha-256=:";
/// Twice what the profile needs; keeps a hostile caller's work small.
const MAX_SIGNATURE_INPUT: usize = 512;
