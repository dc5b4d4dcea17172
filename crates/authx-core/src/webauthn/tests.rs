use super::*;
use crate::{testing::with_cx, wire::signature::PhoneSigner};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

const PLACE: Place<'_> =
    Place { origin: "https://phone.mfa.example.com", host: "phone.mfa.example.com" };
const CHALLENGE: [u8; 32] = [9; 32];
const ID: &[u8] = b"a credential";

/// An authenticator, and what it is told to say.
struct Authenticator {
    point: [u8; 65],
    secret: [u8; 32],
    host: &'static str,
    flags: u8,
    count: u32,
    client: Value,
}

impl Authenticator {
    fn new() -> Self {
        let key = with_cx(3, PhoneSigner::draw);
        Self {
            point: *key.point(),
            secret: *key.secret(),
            host: PLACE.host,
            flags: USER_PRESENT | USER_VERIFIED,
            count: 0,
            client: json!({
                "type": "webauthn.get",
                "challenge": URL_SAFE_NO_PAD.encode(CHALLENGE),
                "origin": PLACE.origin,
                "crossOrigin": false,
            }),
        }
    }

    fn data(&self) -> Vec<u8> {
        let host = cipher::sha256(self.host.as_bytes());
        [&host[..], &[self.flags], &self.count.to_be_bytes()].concat()
    }

    fn credential(&self) -> Credential {
        Credential { id: Base64Url::new(ID), public_key: Base64Url::new(self.point), sign_count: 0 }
    }

    fn verified(&self, credential: &Credential) -> Result<u32, WebauthnError> {
        let client = self.client.to_string();
        let data = self.data();
        let covered = [&data[..], &cipher::sha256(client.as_bytes())].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &self.secret,
            &self.point,
        )
        .unwrap();
        let signature = pair.sign(&aws_lc_rs::rand::SystemRandom::new(), &covered).unwrap();
        let signed = Signed {
            id: ID,
            client_data: client.as_bytes(),
            authenticator_data: &data,
            signature: signature.as_ref(),
        };
        verify(PLACE, &CHALLENGE, credential, &signed)
    }

    fn registered(&self) -> Result<Credential, WebauthnError> {
        let client = self.client.to_string();
        let length = u16::try_from(ID.len()).unwrap().to_be_bytes();
        let data = [&self.data()[..], &[0; 16], &length, ID, b"cose"].concat();
        let made = Registration {
            id: ID,
            public_key: &[SPKI_P256, &self.point].concat(),
            client_data: client.as_bytes(),
            authenticator_data: &data,
        };
        register(PLACE, &CHALLENGE, &made)
    }
}

#[test]
fn what_it_says_right_counts() {
    let mut good = Authenticator::new();
    assert_eq!(good.verified(&good.credential()), Ok(0));
    good.count = 7;
    assert_eq!(good.verified(&good.credential()), Ok(7));
}

#[test]
fn everything_that_it_says_is_looked_at() {
    let other_key = Credential {
        public_key: Base64Url::new(*with_cx(4, PhoneSigner::draw).point()),
        ..Authenticator::new().credential()
    };
    assert_eq!(Authenticator::new().verified(&other_key), Err(WebauthnError::Signature));
    let other_id = Credential { id: Base64Url::new(*b"x"), ..Authenticator::new().credential() };
    assert_eq!(Authenticator::new().verified(&other_id), Err(WebauthnError::Credential));
    let counted = Credential { sign_count: 7, ..Authenticator::new().credential() };
    assert_eq!(Authenticator::new().verified(&counted), Err(WebauthnError::Count));

    let spoilt = |spoil: &dyn Fn(&mut Authenticator)| {
        let mut bad = Authenticator::new();
        spoil(&mut bad);
        bad.verified(&bad.credential())
    };
    let verification = Err(WebauthnError::UserVerification);
    assert_eq!(spoilt(&|bad| bad.flags = USER_PRESENT), verification);
    assert_eq!(spoilt(&|bad| bad.flags = USER_VERIFIED), verification);
    assert_eq!(spoilt(&|bad| bad.host = "example.com"), Err(WebauthnError::Origin));
    let client =
        |member: &'static str, value: Value| spoilt(&move |bad| bad.client[member] = value.clone());
    let malformed = Err(WebauthnError::Malformed("clientDataJSON"));
    assert_eq!(client("type", "webauthn.create".into()), malformed);
    assert_eq!(client("challenge", 7.into()), malformed);
    assert_eq!(client("challenge", "AAAA".into()), Err(WebauthnError::Challenge));
    for origin in ["https://mfa.example.com", "https://phone.mfa.example.com/", "null"] {
        assert_eq!(client("origin", origin.into()), Err(WebauthnError::Origin), "{origin}");
    }
    assert_eq!(client("crossOrigin", true.into()), Err(WebauthnError::Origin));
}

#[test]
fn a_credential_is_registered_with_its_own_data() {
    let mut new = Authenticator::new();
    new.client["type"] = "webauthn.create".into();
    new.flags |= ATTESTED;
    assert_eq!(new.registered(), Ok(new.credential()));
    new.flags &= !ATTESTED;
    assert_eq!(new.registered(), Err(WebauthnError::Credential), "no credential in it");
    new.flags = ATTESTED | USER_PRESENT;
    assert_eq!(new.registered(), Err(WebauthnError::UserVerification));
    new.flags |= USER_VERIFIED;
    new.point[64] ^= 1;
    assert_eq!(new.registered(), Err(WebauthnError::Key), "no point on the curve");
}

#[test]
fn a_credential_of_another_form_is_refused() {
    let mut new = Authenticator::new();
    new.client["type"] = "webauthn.create".into();
    let client = new.client.to_string();
    for data in [&b""[..], &[0; 36], &new.data()] {
        let made = Registration {
            id: ID,
            public_key: b"",
            client_data: client.as_bytes(),
            authenticator_data: data,
        };
        assert!(register(PLACE, &CHALLENGE, &made).is_err());
    }
}

#[test]
fn each_phone_has_its_own_challenge() {
    let [one, two] = [1, 2].map(|id| registration_challenge(PhoneId::from_bytes([id; 16])));
    assert_ne!(one, two);
}
