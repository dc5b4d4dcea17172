//! Passkeys that are made: each answer counts once, and each credential for one account.

use super::{World, on_each_engine};
use authx::admin::passkeys::{self, Asked, PasskeyError};
use authx_core::{PasskeyId, TenantId, UserId};
use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Something that makes one credential, whoever asks.
struct Authenticator {
    key: EcdsaKeyPair,
}

impl Authenticator {
    fn new() -> Self {
        Self { key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap() }
    }

    /// What a browser hands over (WebAuthn §7.1), without an attestation.
    fn made(&self, asked: &Asked) -> String {
        let options: Value = serde_json::from_str(&asked.options).unwrap();
        let client = json!({
            "type": "webauthn.create",
            "challenge": options["publicKey"]["challenge"],
            "origin": "https://mfa.example.com",
            "crossOrigin": false,
        });
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
            [host.as_ref(), &[0x45, 0, 0, 0, 0], &[0; 16], &[0, 16], &[7; 16], &cose].concat();
        let length = u8::try_from(data.len()).unwrap();
        let attestation =
            [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData"[..], &[0x58, length], &data]
                .concat();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "id": text(&[7; 16]), "rawId": text(&[7; 16]), "type": "public-key", "extensions": {},
            "response": {
                "attestationObject": text(&attestation),
                "clientDataJSON": text(client.to_string().as_bytes()),
            },
        })
        .to_string()
    }
}

async fn add(
    world: &World,
    (tenant, user): (TenantId, UserId),
    asked: &Asked,
    answer: &str,
) -> Result<PasskeyId, PasskeyError> {
    passkeys::add(&world.app, &world.by, tenant, user, "Key", &asked.state, answer).await
}

#[tokio::test]
async fn an_answer_makes_one_passkey() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let anna = (tenant, world.user(tenant, "anna", None).await);
        let asked = passkeys::ask_new(app, anna.0, anna.1).await.unwrap();
        let answer = Authenticator::new().made(&asked);
        let id = add(world, anna, &asked, &answer).await.unwrap();
        let again = add(world, anna, &asked, &answer).await;
        assert!(matches!(again, Err(PasskeyError::Over)), "{again:?}");
        // Removed, it does not come back by what was sent then.
        passkeys::remove(app, by, anna.0, anna.1, id).await.unwrap();
        let again = add(world, anna, &asked, &answer).await;
        assert!(matches!(again, Err(PasskeyError::Over)), "{again:?}");
        assert!(passkeys::list(app, anna.0, anna.1).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_credential_belongs_to_one_account() {
    on_each_engine(async |world| {
        let ours = world.tenant("Example").await;
        let theirs = world.tenant("Other").await;
        let authenticator = Authenticator::new();
        let anna = (ours, world.user(ours, "anna", None).await);
        let asked = passkeys::ask_new(&world.app, anna.0, anna.1).await.unwrap();
        add(world, anna, &asked, &authenticator.made(&asked)).await.unwrap();
        for (tenant, called) in [(ours, "bob"), (theirs, "eve")] {
            let other = (tenant, world.user(tenant, called, None).await);
            let asked = passkeys::ask_new(&world.app, other.0, other.1).await.unwrap();
            let refused = add(world, other, &asked, &authenticator.made(&asked)).await;
            assert!(matches!(refused, Err(PasskeyError::Declined)), "{refused:?}");
        }
    })
    .await;
}
