//! A signed request: made by a caller, read and proved by the server.

use super::{
    AppKey, Headers, PhoneKey, SignatureError,
    field::{
        LABEL, body_digest, parse_content_digest, parse_signature, parse_signature_input,
        push_content_digest, push_signature,
    },
};
use crate::id::{ApplicationId, PhoneId};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::borrow::Cow;

/// What of a request is covered. Everything is taken as it stands on the wire: no decoding, no
/// normalising, except that the authority is compared in lower case.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// In capitals, such as `PUT`.
    pub method: &'a str,
    /// Host and port of the origin that the operator configured, without the scheme's default port;
    /// see [`authority`].
    pub authority: &'a str,
    /// From the first slash to the question mark; `/` when empty.
    pub path: &'a str,
    /// What follows the question mark; empty when there is none.
    pub query: &'a str,
    /// The value of `AuthX-Client`.
    pub client: &'a str,
    /// The body as sent.
    pub body: &'a [u8],
}

/// Whose key signed, as `keyid` says it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Caller {
    /// An application; any of its active keys may have signed.
    Application(ApplicationId),
    /// A phone.
    Phone(PhoneId),
}

impl Caller {
    /// The tag of this kind of caller.
    pub fn tag(self) -> Tag {
        match self {
            Self::Application(_) => Tag::App,
            Self::Phone(_) => Tag::Phone,
        }
    }

    pub(super) fn parse(tag: Tag, keyid: &str) -> Result<Self, SignatureError> {
        match tag {
            Tag::App => keyid.parse().map(Self::Application),
            Tag::Phone => keyid.parse().map(Self::Phone),
        }
        .map_err(|_| SignatureError::KeyId)
    }
}

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Application(id) => id.fmt(f),
            Self::Phone(id) => id.fmt(f),
        }
    }
}

/// Which protocol a signature belongs to; decides the algorithm too.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tag {
    /// Applications, with HMAC-SHA-256.
    App,
    /// Phones, with ECDSA on P-256 and SHA-256.
    Phone,
}

impl Tag {
    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "authx-app-1",
            Self::Phone => "authx-phone-1",
        }
    }

    /// The algorithm's name in the registry of RFC 9421 §6.2.
    pub fn algorithm(self) -> &'static str {
        match self {
            Self::App => "hmac-sha256",
            Self::Phone => "ecdsa-p256-sha256",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, SignatureError> {
        [Self::App, Self::Phone]
            .into_iter()
            .find(|tag| tag.as_str() == text)
            .ok_or(SignatureError::Tag)
    }
}

/// Signs a request as an application. `nonce` is fresh chance for every call, also for a repetition.
///
/// A request that holds anything but printable ASCII is signed like any other and refused by every
/// server.
pub fn sign_request(
    key: &AppKey,
    app: ApplicationId,
    request: &Request<'_>,
    created_secs: u64,
    nonce: [u8; 16],
) -> Headers {
    let mut signed = String::with_capacity(COMPONENTS.len() + 160);
    push_params(&mut signed, Caller::Application(app), created_secs, nonce);
    let digest = body_digest(request.body);
    let base = base(request, &digest, &signed);
    let mut content_digest = String::with_capacity(54);
    push_content_digest(&mut content_digest, &digest);
    let mut signature = String::with_capacity(52);
    push_signature(&mut signature, key.sign(base.as_bytes()).as_ref());
    signed.insert_str(0, LABEL);
    Headers { content_digest, signature_input: signed, signature }
}

/// What a request says about its signature; proves nothing before [`Presented::verify`].
#[derive(Clone, Debug)]
pub struct Presented {
    /// Whose key is said to have signed.
    pub caller: Caller,
    /// When the caller says it signed, in seconds since 1970.
    pub created_secs: u64,
    /// Different for every request, so that a repetition can be seen.
    pub nonce: [u8; 16],
    /// The signature itself.
    pub proof: Proof,
    digest: [u8; 32],
    signed: Box<str>,
}

/// The bytes of a signature, by the algorithm that made them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// r and s of ECDSA on P-256, 32 bytes each (RFC 9421 §3.3.4).
    Ecdsa([u8; 64]),
    /// HMAC-SHA-256 (RFC 9421 §3.3.3).
    Mac([u8; 32]),
}

impl Proof {
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ecdsa(bytes) => bytes,
            Self::Mac(bytes) => bytes,
        }
    }
}

impl Presented {
    /// Reads the three headers. Each must be there once, see [`single`](super::single).
    ///
    /// # Errors
    ///
    /// Whatever differs from the profile is refused, and named.
    pub fn parse(
        content_digest: &str,
        signature_input: &str,
        signature: &str,
    ) -> Result<Self, SignatureError> {
        let (signed, parameters) = parse_signature_input(signature_input, COMPONENTS)?;
        let caller = parameters.caller()?;
        Ok(Self {
            caller,
            created_secs: parameters.created_secs()?,
            nonce: parameters.nonce()?,
            proof: match caller.tag() {
                Tag::App => Proof::Mac(parse_signature(signature)?),
                Tag::Phone => Proof::Ecdsa(parse_signature(signature)?),
            },
            digest: parse_content_digest(content_digest)?,
            signed: signed.into(),
        })
    }

    /// Whether `key` signed exactly this request. For several keys of one application use
    /// [`Presented::verify_any`], which does the common work once.
    ///
    /// # Errors
    ///
    /// [`SignatureError::ContentDigest`], [`SignatureError::Mismatch`],
    /// [`SignatureError::Unprintable`], or [`SignatureError::Algorithm`] for a phone's signature.
    pub fn verify(&self, request: &Request<'_>, key: &AppKey) -> Result<(), SignatureError> {
        self.verify_any(request, [((), key)])
    }

    /// Which of the keys signed exactly this request; each comes with what the caller knows it by.
    ///
    /// # Errors
    ///
    /// As [`Presented::verify`].
    pub fn verify_any<'k, Name>(
        &self,
        request: &Request<'_>,
        keys: impl IntoIterator<Item = (Name, &'k AppKey)>,
    ) -> Result<Name, SignatureError> {
        let name = self.verify_head(request, keys)?;
        self.check_body(request.body)?;
        Ok(name)
    }

    /// Which of the keys signed this request, as far as it is known before its body was read: the
    /// signature covers the digest that the header claims. So a server need keep nothing of a
    /// stranger's body. [`Presented::check_body`] has to follow; `request.body` is not looked at.
    ///
    /// # Errors
    ///
    /// As [`Presented::verify`], but for [`SignatureError::ContentDigest`].
    pub fn verify_head<'k, Name>(
        &self,
        request: &Request<'_>,
        keys: impl IntoIterator<Item = (Name, &'k AppKey)>,
    ) -> Result<Name, SignatureError> {
        let Proof::Mac(mac) = &self.proof else { return Err(SignatureError::Algorithm) };
        let base = self.base(request)?;
        keys.into_iter()
            .find(|(_, key)| key.verify(base.as_bytes(), mac).is_ok())
            .map(|(name, _)| name)
            .ok_or(SignatureError::Mismatch)
    }

    /// Whether this is the body that the signature speaks of.
    ///
    /// # Errors
    ///
    /// [`SignatureError::ContentDigest`].
    pub fn check_body(&self, body: &[u8]) -> Result<(), SignatureError> {
        // Not secret: whoever sends the request knows both.
        if body_digest(body) == self.digest { Ok(()) } else { Err(SignatureError::ContentDigest) }
    }

    /// Whether the phone with this key signed exactly this request.
    ///
    /// # Errors
    ///
    /// As [`Presented::verify`]; [`SignatureError::Algorithm`] for an application's signature.
    pub fn verify_phone(
        &self,
        request: &Request<'_>,
        key: &PhoneKey,
    ) -> Result<(), SignatureError> {
        self.verify_phone_head(request, [((), key)])?;
        self.check_body(request.body)
    }

    /// Which of a phone's keys signed this request, as far as it is known before its body was read.
    /// [`Presented::check_body`] has to follow; `request.body` is not looked at.
    ///
    /// # Errors
    ///
    /// As [`Presented::verify_phone`], but for [`SignatureError::ContentDigest`].
    pub fn verify_phone_head<'k, Name>(
        &self,
        request: &Request<'_>,
        keys: impl IntoIterator<Item = (Name, &'k PhoneKey)>,
    ) -> Result<Name, SignatureError> {
        let Proof::Ecdsa(signature) = &self.proof else { return Err(SignatureError::Algorithm) };
        let base = self.base(request)?;
        keys.into_iter()
            .find(|(_, key)| key.verify(base.as_bytes(), signature).is_ok())
            .map(|(name, _)| name)
            .ok_or(SignatureError::Mismatch)
    }

    /// Whether the signature is at most [`MAX_AGE_SECS`] old, and not further ahead either. To be
    /// asked after the proof, so that the answer to a wrong clock can be signed.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Clock`].
    pub fn check_age(&self, now_secs: u64) -> Result<(), SignatureError> {
        let created_secs = self.created_secs;
        if created_secs.abs_diff(now_secs) > MAX_AGE_SECS {
            return Err(SignatureError::Clock { created_secs, now_secs });
        }
        Ok(())
    }

    fn base(&self, request: &Request<'_>) -> Result<String, SignatureError> {
        let Request { method, authority, path, query, client, body: _ } = request;
        let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if ![method, authority, path, query, client].into_iter().all(|text| printable(text)) {
            return Err(SignatureError::Unprintable);
        }
        Ok(base(request, &self.digest, &self.signed))
    }
}

/// The authority of an origin such as `https://Mfa.example.com:443`, in the form that is signed:
/// lower case, without the scheme's default port (RFC 9421 §2.2.3). `None` when it is no origin.
pub fn authority(origin: &str) -> Option<Cow<'_, str>> {
    let (scheme, rest) = origin.split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.is_empty() || authority.contains(['/', '?', '#', '@', ' ']) {
        return None;
    }
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let authority = authority.strip_suffix(default_port).unwrap_or(authority);
    Some(if authority.bytes().any(|byte| byte.is_ascii_uppercase()) {
        authority.to_ascii_lowercase().into()
    } else {
        authority.into()
    })
}

/// The signature base (RFC 9421 §2.5). Nothing in it may hold a line feed, which the verifier sees
/// to: then no two requests have the same base.
pub(super) fn base(request: &Request<'_>, digest: &[u8; 32], signed: &str) -> String {
    let Request { method, authority, path, query, client, body: _ } = *request;
    let given = [method, authority, path, query, client, signed].map(str::len);
    // The fixed texts and the digest take 189 bytes.
    let mut base = String::with_capacity(given.iter().sum::<usize>() + 192);
    base.push_str("\"@method\": ");
    base.push_str(method);
    base.push_str("\n\"@authority\": ");
    base.extend(authority.chars().map(|letter| letter.to_ascii_lowercase()));
    base.push_str("\n\"@path\": ");
    base.push_str(if path.is_empty() { "/" } else { path });
    base.push_str("\n\"@query\": ?");
    base.push_str(query);
    base.push_str("\n\"content-digest\": ");
    push_content_digest(&mut base, digest);
    base.push_str("\n\"authx-client\": ");
    base.push_str(client.trim_matches([' ', '\t']));
    base.push_str("\n\"@signature-params\": ");
    base.push_str(signed);
    base
}

/// The parameters of a request.
pub(super) fn push_params(out: &mut String, caller: Caller, created_secs: u64, nonce: [u8; 16]) {
    out.push_str(COMPONENTS);
    out.push_str(";created=");
    out.push_str(&created_secs.to_string());
    out.push_str(";nonce=\"");
    URL_SAFE_NO_PAD.encode_string(nonce, out);
    out.push('"');
    push_caller(out, caller);
}

/// The parameters that requests and answers share.
pub(super) fn push_caller(out: &mut String, caller: Caller) {
    let tag = caller.tag();
    out.push_str(";keyid=\"");
    out.push_str(&caller.to_string());
    out.push_str("\";alg=\"");
    out.push_str(tag.algorithm());
    out.push_str("\";tag=\"");
    out.push_str(tag.as_str());
    out.push('"');
}

/// How far a caller's clock may be off, in seconds, either way.
pub const MAX_AGE_SECS: u64 = 300;

/// What every request covers, in this order.
const COMPONENTS: &str =
    r#"("@method" "@authority" "@path" "@query" "content-digest" "authx-client")"#;
