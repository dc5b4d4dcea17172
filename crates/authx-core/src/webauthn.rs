//! What is checked of a WebAuthn credential: that the phone's own authenticator verified its user,
//! for this origin and this challenge, with a key that was registered before (WebAuthn 3 §7).
//!
//! The browser hands the public key and the authenticator data over separately, so nothing here
//! reads CBOR. Attestation is not asked for: what keeps the key is the user's own choice of phone.

use crate::{
    CallerCheckId, PhoneId, cipher,
    wire::phone::{Assertion, Base64Url},
};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// Where a credential counts.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The origin of the authenticator, as browsers write it: without a slash at its end.
    pub origin: &'a str,
    /// Its host: the credential's RP ID.
    pub host: &'a str,
}

/// A credential that was registered: what is kept of it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Credential {
    /// Its id.
    pub id: Base64Url,
    /// Its public key, an uncompressed point on P-256.
    pub public_key: Base64Url,
    /// How often it had signed when it was last seen; 0 where the authenticator does not count.
    pub sign_count: u32,
}

/// What a browser hands over of a new credential.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// The credential's id.
    pub id: &'a [u8],
    /// Its public key as `SubjectPublicKeyInfo` (`getPublicKey()`).
    pub public_key: &'a [u8],
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `getAuthenticatorData()`.
    pub authenticator_data: &'a [u8],
}

/// What a browser hands over of a signature.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The credential's id.
    pub id: &'a [u8],
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// ES256, in DER.
    pub signature: &'a [u8],
}

/// Why a credential or a signature of it does not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WebauthnError {
    /// Made for another challenge.
    #[error("the assertion belongs to something else than what was to be confirmed")]
    Challenge,
    /// The count of signatures did not rise.
    #[error("the authenticator has signed fewer times than before: it may have been copied")]
    Count,
    /// Another credential.
    #[error("the assertion comes from another credential than the registered one")]
    Credential,
    /// The public key is no point on P-256.
    #[error("the credential's public key is not for ES256")]
    Key,
    /// Not of the prescribed form.
    #[error("{0} is not of the prescribed form")]
    Malformed(&'static str),
    /// Made for another site.
    #[error("the assertion was made for another site")]
    Origin,
    /// The arithmetic says no.
    #[error("the assertion's signature does not fit")]
    Signature,
    /// The authenticator did not verify its user.
    #[error("the phone did not verify its user")]
    UserVerification,
}

/// Checks a new credential.
///
/// # Errors
///
/// [`WebauthnError`].
pub fn register(
    place: Place<'_>,
    challenge: &[u8; 32],
    made: &Registration<'_>,
) -> Result<Credential, WebauthnError> {
    check_client(place, "webauthn.create", challenge, made.client_data)?;
    let (flags, sign_count, rest) = check_authenticator(place, made.authenticator_data)?;
    if flags & ATTESTED == 0 || attested_id(rest) != Some(made.id) {
        return Err(WebauthnError::Credential);
    }
    let point = point_of(made.public_key).ok_or(WebauthnError::Key)?;
    Ok(Credential { id: Base64Url::new(made.id), public_key: Base64Url::new(point), sign_count })
}

/// Checks a signature of a registered credential. Gives the number of signatures that the
/// authenticator now counts, to be kept.
///
/// # Errors
///
/// [`WebauthnError`].
pub fn verify(
    place: Place<'_>,
    challenge: &[u8; 32],
    credential: &Credential,
    signed: &Signed<'_>,
) -> Result<u32, WebauthnError> {
    if signed.id != credential.id.as_bytes() {
        return Err(WebauthnError::Credential);
    }
    check_client(place, "webauthn.get", challenge, signed.client_data)?;
    let (_, sign_count, _) = check_authenticator(place, signed.authenticator_data)?;
    let covered = [signed.authenticator_data, &cipher::sha256(signed.client_data)[..]].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, credential.public_key.as_bytes())
        .verify(&covered, signed.signature)
        .map_err(|_| WebauthnError::Signature)?;
    // §7.2 step 22: an authenticator that does not count says 0 each time.
    if (sign_count, credential.sign_count) != (0, 0) && sign_count <= credential.sign_count {
        return Err(WebauthnError::Count);
    }
    Ok(sign_count)
}

/// Whether this credential confirmed this challenge with a verified user: what is left to check of
/// an assertion in the record, once its origin and its count were checked.
pub(crate) fn is_signed_by(
    public_key: &Base64Url,
    challenge: &[u8; 32],
    assertion: &Assertion,
) -> bool {
    let (client, data) =
        (assertion.client_data.as_bytes(), assertion.authenticator_data.as_bytes());
    let Ok(said) = serde_json::from_slice::<ClientData>(client) else { return false };
    let verified = data.get(32).is_some_and(|flags| flags & USER_VERIFIED != 0);
    let covered = [data, &cipher::sha256(client)[..]].concat();
    let signed = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key.as_bytes())
        .verify(&covered, assertion.signature.as_bytes());
    said.kind == "webauthn.get"
        && said.challenge == URL_SAFE_NO_PAD.encode(challenge)
        && verified
        && signed.is_ok()
}

/// The challenge with which a phone makes its credential.
pub fn registration_challenge(phone: PhoneId) -> [u8; 32] {
    cipher::sha256(format!("authx credential 1\n{phone}").as_bytes())
}

/// The challenge with which a phone asks for the digits of a caller's check.
pub fn caller_check_challenge(check: CallerCheckId) -> [u8; 32] {
    cipher::sha256(format!("authx caller check 1\n{check}").as_bytes())
}

/// The challenge with which an answer is confirmed: `statement` as it is signed.
pub fn statement_challenge(statement: &str) -> [u8; 32] {
    cipher::sha256(statement.as_bytes())
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

fn check_client(
    place: Place<'_>,
    kind: &str,
    challenge: &[u8; 32],
    client_data: &[u8],
) -> Result<(), WebauthnError> {
    let malformed = WebauthnError::Malformed("clientDataJSON");
    let client: ClientData = serde_json::from_slice(client_data).map_err(|_| malformed)?;
    if client.kind != kind {
        return Err(malformed);
    }
    if client.challenge != URL_SAFE_NO_PAD.encode(challenge) {
        return Err(WebauthnError::Challenge);
    }
    if client.origin != place.origin || client.cross_origin {
        return Err(WebauthnError::Origin);
    }
    Ok(())
}

/// Flags, number of signatures, and what follows them (§6.1).
fn check_authenticator<'d>(
    place: Place<'_>,
    data: &'d [u8],
) -> Result<(u8, u32, &'d [u8]), WebauthnError> {
    let malformed = WebauthnError::Malformed("authenticator data");
    let (host, rest) = data.split_first_chunk::<32>().ok_or(malformed)?;
    let (&[flags, a, b, c, d], rest) = rest.split_first_chunk::<5>().ok_or(malformed)?;
    if *host != cipher::sha256(place.host.as_bytes()) {
        return Err(WebauthnError::Origin);
    }
    if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
        return Err(WebauthnError::UserVerification);
    }
    Ok((flags, u32::from_be_bytes([a, b, c, d]), rest))
}

/// The credential's id in attested credential data (§6.5.1), behind the AAGUID.
fn attested_id(data: &[u8]) -> Option<&[u8]> {
    let (_, rest) = data.split_at_checked(16)?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}

/// The point of a `SubjectPublicKeyInfo` that says P-256 (RFC 5480): one beginning, then the point.
fn point_of(spki: &[u8]) -> Option<[u8; 65]> {
    let point = <[u8; 65]>::try_from(spki.strip_prefix(SPKI_P256)?).ok()?;
    crate::wire::signature::PhoneKey::new(&point).map(|_| point)
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;
const SPKI_P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

#[cfg(test)]
mod tests;
