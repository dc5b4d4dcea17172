//! A passkey without a browser.

use authx::admin::passkeys::Asked;
use authx_core::UserId;
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Something that makes one credential, whoever asks, and answers with it.
pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: [u8; 16],
}

impl Authenticator {
    /// Its credential is called by that number.
    pub(crate) fn new(number: u8) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { key, id: [number; 16] }
    }

    /// What a browser hands over (WebAuthn §7.1), without an attestation.
    pub(crate) fn made(&self, asked: &Asked) -> String {
        let client = client("webauthn.create", &asked.options);
        let point = self.key.public_key().as_ref();
        // COSE: EC2, ES256, P-256 (RFC 9053 §7.1).
        let cose = [
            &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..],
            &point[1..33],
            &[0x22, 0x58, 32],
            &point[33..],
        ]
        .concat();
        let host = digest(&SHA256, b"mfa.example.com");
        let data =
            [host.as_ref(), &[0x45, 0, 0, 0, 0], &[0; 16], &[0, 16], &self.id, &cose].concat();
        let length = u8::try_from(data.len()).unwrap();
        let attestation =
            [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData"[..], &[0x58, length], &data]
                .concat();
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key", "extensions": {},
            "response": {
                "attestationObject": text(&attestation),
                "clientDataJSON": text(client.to_string().as_bytes()),
            },
        })
        .to_string()
    }

    /// What a browser hands over when it is asked for a passkey (WebAuthn §7.2): that of `owner`.
    pub(crate) fn answer(&self, options: &str, owner: UserId) -> String {
        let client = client("webauthn.get", options).to_string();
        let host = digest(&SHA256, b"mfa.example.com");
        let data = [host.as_ref(), &[5, 0, 0, 0, 0]].concat();
        let signed = [&data, digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key", "extensions": {},
            "response": {
                "authenticatorData": text(&data),
                "clientDataJSON": text(client.as_bytes()),
                "signature": text(signature.as_ref()),
                "userHandle": text(owner.as_bytes()),
            },
        })
        .to_string()
    }
}

fn client(what: &str, options: &str) -> Value {
    let options: Value = serde_json::from_str(options).unwrap();
    json!({
        "type": what,
        "challenge": options["publicKey"]["challenge"],
        "origin": "https://mfa.example.com",
        "crossOrigin": false,
    })
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
