//! Approvals with the phone's own user verification: a credential as an authenticator makes one, in
//! software.

use crate::{
    phone::Phone,
    site::{NUMBER, Site, answers, on_each_engine, push, said},
    world::{AUTHORITY, Reply},
};
use authx_core::{
    LoginId,
    webauthn::{registration_challenge, statement_challenge},
    wire::phone::Base64Url,
};
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

pub(crate) struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
}

/// What an assertion says, for a test to spoil.
pub(crate) struct Says {
    kind: &'static str,
    origin: String,
    host: String,
    flags: u8,
    cross: bool,
}

impl Says {
    pub(crate) fn honestly() -> Self {
        let (origin, host) = (format!("https://{AUTHORITY}"), AUTHORITY.to_owned());
        Self { kind: "webauthn.get", origin, host, flags: 0x05, cross: false }
    }

    fn client_data(&self, challenge: &[u8; 32]) -> String {
        let challenge = Base64Url::new(*challenge).text();
        json!({ "type": self.kind, "challenge": challenge, "origin": self.origin,
            "crossOrigin": self.cross })
        .to_string()
    }

    fn data(&self) -> Vec<u8> {
        let host = digest(&SHA256, self.host.as_bytes());
        [host.as_ref(), &[self.flags], &[0; 4]].concat()
    }
}

impl Authenticator {
    pub(crate) fn new(id: &[u8]) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { key, id: id.to_vec() }
    }

    pub(crate) async fn register(&self, site: &Site, phone: &Phone) {
        let says = Says { kind: "webauthn.create", ..Says::honestly() };
        let says = Says { flags: 0x45, ..says };
        let client = says.client_data(&registration_challenge(phone.id));
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = [&says.data()[..], &[0; 16], &length, &self.id, b"cose"].concat();
        let spki = [
            &[0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8][..],
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3, 0x42, 0],
            self.key.public_key().as_ref(),
        ]
        .concat();
        let body = json!({
            "id": Base64Url::new(self.id.clone()), "public_key": Base64Url::new(spki),
            "client_data": Base64Url::new(client), "authenticator_data": Base64Url::new(data),
        });
        let reply = phone.call(site, &phone.answer, "PUT", "/credential", &body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    pub(crate) fn assertion(&self, says: &Says, challenge: &[u8; 32]) -> Value {
        let (client, data) = (says.client_data(challenge), says.data());
        let covered = [&data[..], digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &covered).unwrap();
        json!({
            "id": Base64Url::new(self.id.clone()), "client_data": Base64Url::new(client),
            "authenticator_data": Base64Url::new(data),
            "signature": Base64Url::new(signature.as_ref()),
        })
    }
}

async fn approve(site: &Site, phone: &Phone, id: LoginId, assertion: &Value) -> Reply {
    let statement = site.statement(id, "approve", Some(NUMBER)).to_string();
    let body = json!({ "statement": statement, "assertion": assertion });
    phone.post(site, &answers(id), &body).await
}

fn challenge(site: &Site, id: LoginId) -> [u8; 32] {
    statement_challenge(&site.statement(id, "approve", Some(NUMBER)).to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_with_the_phones_own_verification_counts_and_is_kept() {
    on_each_engine(async |site| {
        site.policy(json!({ "user_verification": "required" })).await;
        let phone = site.phone().await;
        let authenticator = Authenticator::new(b"of alice");
        authenticator.register(site, &phone).await;
        let id = site.asked(&push()).await;
        assert_eq!(site.request(&phone).await["user_verification"], true);
        let none = site.approve(&phone, id, NUMBER).await;
        assert_eq!((none.status, said(&none).as_str()), (403, "verification_needed"));
        let assertion = authenticator.assertion(&Says::honestly(), &challenge(site, id));
        assert_eq!(said(&approve(site, &phone, id, &assertion).await), "approved");
        let record = site.record(100).await;
        let allowed = record.iter().find(|entry| entry.event == "login_allowed").unwrap();
        let key = Base64Url::new(authenticator.key.public_key().as_ref());
        assert_eq!(allowed.detail["credential"], json!(key));
        let report = authx::admin::audit::verify(&site.app, &[]).await.unwrap();
        assert!(report.is_intact(), "{report:?}");

        // To deny needs nobody's finger.
        let id = site.asked(&push()).await;
        let deny = site.statement(id, "deny", None);
        assert_eq!(said(&site.say_with(&phone, &phone.device, id, &deny).await), "denied");
    })
    .await;
}

/// What looks like the assertion of an approval, and is none.
fn spoiled(
    authenticator: &Authenticator,
    good: [u8; 32],
    denied: [u8; 32],
) -> Vec<(&'static str, Value)> {
    let honest = Says::honestly;
    let other = Authenticator::new(b"of nobody");
    let same_id = Authenticator::new(b"of alice");
    let mut signature = authenticator.assertion(&honest(), &good);
    signature["signature"] = authenticator.assertion(&honest(), &good)["id"].clone();
    let mut data = authenticator.assertion(&honest(), &good);
    let without = Says { flags: 0x01, ..honest() };
    data["authenticator_data"] = json!(Base64Url::new(without.data()));
    vec![
        ("not verified", authenticator.assertion(&without, &good)),
        ("nobody there", authenticator.assertion(&Says { flags: 0x04, ..honest() }, &good)),
        ("another challenge", authenticator.assertion(&honest(), &[7; 32])),
        ("another statement", authenticator.assertion(&honest(), &denied)),
        (
            "another origin",
            authenticator.assertion(&Says { origin: "https://evil.dev".into(), ..honest() }, &good),
        ),
        (
            "the API's origin",
            authenticator
                .assertion(&Says { origin: "https://mfa.example.com".into(), ..honest() }, &good),
        ),
        (
            "another host",
            authenticator.assertion(&Says { host: "mfa.example.com".into(), ..honest() }, &good),
        ),
        ("in a frame", authenticator.assertion(&Says { cross: true, ..honest() }, &good)),
        (
            "a registration",
            authenticator.assertion(&Says { kind: "webauthn.create", ..honest() }, &good),
        ),
        ("another credential", other.assertion(&honest(), &good)),
        ("another key", same_id.assertion(&honest(), &good)),
        ("no signature", signature),
        ("changed data", data),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_that_is_not_for_this_approval_is_refused() {
    on_each_engine(async |site| {
        site.policy(json!({ "user_verification": "required" })).await;
        let phone = site.phone().await;
        let authenticator = Authenticator::new(b"of alice");
        authenticator.register(site, &phone).await;
        let id = site.asked(&push()).await;
        let good = challenge(site, id);
        let denied = site.statement(id, "deny", None).to_string();
        let denied = statement_challenge(&denied);
        for (what, assertion) in spoiled(&authenticator, good, denied) {
            let reply = approve(site, &phone, id, &assertion).await;
            assert_eq!(
                (reply.status, said(&reply).as_str()),
                (403, "verification_failed"),
                "{what}"
            );
        }
        assert_eq!(site.outcome(id).await, "awaiting_phone");
        assert_eq!(site.request(&phone).await["tries_left"], 2, "no number was tried");
        let assertion = authenticator.assertion(&Says::honestly(), &good);
        assert_eq!(said(&approve(site, &phone, id, &assertion).await), "approved");
    })
    .await;
}

/// A phone without a credential cannot claim one, and one of another phone does not count.
#[tokio::test(flavor = "multi_thread")]
async fn a_credential_belongs_to_one_phone() {
    on_each_engine(async |site| {
        site.policy(json!({ "user_verification": "required" })).await;
        let (one, two) = (site.phone().await, site.phone().await);
        let authenticator = Authenticator::new(b"of the other phone");
        authenticator.register(site, &two).await;
        let id = site.asked(&push()).await;
        let assertion = authenticator.assertion(&Says::honestly(), &challenge(site, id));
        let reply = approve(site, &one, id, &assertion).await;
        assert_eq!((reply.status, said(&reply).as_str()), (403, "verification_needed"));
        assert_eq!(site.events("login_allowed").await, 0);
    })
    .await;
}
