//! A signed answer: made by the server with the key that proved the request, and bound to that
//! request by covering its signature.
//!
//! That one component is enough. A MAC under the same key stands for one request only, nonce
//! included, and the caller knows which: so an answer to another login, or to an earlier request for
//! the same one, does not fit.

use super::{
    AppKey, Headers, Presented, Proof, SignatureError,
    field::{
        LABEL, body_digest, parse_content_digest, parse_signature, parse_signature_input,
        push_bytes, push_content_digest, push_signature,
    },
    request::push_caller,
};

/// Signs the answer to a request that `key` proved.
pub fn sign_response(
    key: &AppKey,
    request: &Presented,
    status: u16,
    body: &[u8],
    created_secs: u64,
) -> Headers {
    let mut signed = String::with_capacity(COMPONENTS.len() + 128);
    signed.push_str(COMPONENTS);
    signed.push_str(";created=");
    signed.push_str(&created_secs.to_string());
    push_caller(&mut signed, request.caller);
    let mut content_digest = String::with_capacity(54);
    push_content_digest(&mut content_digest, &body_digest(body));
    let base = base(status, &content_digest, &request.proof, &signed);
    let mut signature = String::with_capacity(52);
    push_signature(&mut signature, key.sign(base.as_bytes()).as_ref());
    signed.insert_str(0, LABEL);
    Headers { content_digest, signature_input: signed, signature }
}

/// Whether `key` signed exactly this answer to the request that was sent with the headers `request`.
/// Gives the server's time in seconds since 1970, from which a caller with a wrong clock corrects
/// itself.
///
/// # Errors
///
/// Whatever differs from the profile is refused, and named. An answer that is refused says nothing:
/// it must be treated as if none had come.
pub fn verify_response(
    key: &AppKey,
    request: &Headers,
    status: u16,
    body: &[u8],
    answer: &Headers,
) -> Result<u64, SignatureError> {
    let Headers { content_digest, signature_input, signature } = request;
    let request = Presented::parse(content_digest, signature_input, signature)?;
    let (signed, parameters) = parse_signature_input(&answer.signature_input, COMPONENTS)?;
    parameters.without_nonce()?;
    let created_secs = parameters.created_secs()?;
    if parameters.caller()? != request.caller {
        return Err(SignatureError::KeyId);
    }
    let mac = parse_signature(&answer.signature)?;
    if parse_content_digest(&answer.content_digest)? != body_digest(body) {
        return Err(SignatureError::ContentDigest);
    }
    let base = base(status, &answer.content_digest, &request.proof, signed);
    key.verify(base.as_bytes(), &mac)?;
    Ok(created_secs)
}

fn base(status: u16, content_digest: &str, request: &Proof, signed: &str) -> String {
    let mut base = String::with_capacity(signed.len() + 256);
    base.push_str("\"@status\": ");
    base.push_str(&status.to_string());
    base.push_str("\n\"content-digest\": ");
    base.push_str(content_digest);
    base.push_str("\n\"signature\";req;key=\"authx\": ");
    push_bytes(&mut base, request.as_bytes());
    base.push_str("\n\"@signature-params\": ");
    base.push_str(signed);
    base
}

/// What every answer covers, in this order.
const COMPONENTS: &str = r#"("@status" "content-digest" "signature";req;key="authx")"#;
