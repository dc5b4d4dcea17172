//! The body of a message, which only the phone can open: RFC 8291 (keys for Web Push) over RFC 8188
//! (`aes128gcm`), as one record.

use super::InvalidSubscription;
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, ParsedPublicKey, PrivateKey, UnparsedPublicKey, agree},
    error::Unspecified,
    hmac::{self, HMAC_SHA256},
};
use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

/// The public key and the secret that a browser made for one subscription.
#[derive(Clone)]
pub(super) struct Recipient {
    point: [u8; POINT],
    auth: Zeroizing<[u8; AUTH]>,
}

impl Recipient {
    /// From the two texts of the browser's subscription, base64url.
    pub(super) fn parse(p256dh: &str, auth: &str) -> Result<Self, InvalidSubscription> {
        let point = decode(p256dh).ok_or(InvalidSubscription::Key)?;
        let auth = decode(auth).ok_or(InvalidSubscription::Auth)?;
        // Only the form that RFC 8291 §3.1 knows: the point is hashed as it stands.
        let is_point = point.first() == Some(&UNCOMPRESSED)
            && ParsedPublicKey::try_from(UnparsedPublicKey::new(&ECDH_P256, *point)).is_ok();
        if !is_point {
            return Err(InvalidSubscription::Key);
        }
        Ok(Self { point: *point, auth })
    }
}

/// Encrypts `plain` to `recipient`. `ephemeral` and `salt` are used for this one body and never
/// again; both go with it in clear, the key's public half only.
///
/// # Errors
///
/// [`Unspecified`]: more than [`MOST`] bytes, or a key that is none of the curve.
pub(super) fn encrypt(
    recipient: &Recipient,
    ephemeral: &PrivateKey,
    salt: &[u8; SALT],
    plain: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    if plain.len() > MOST {
        return Err(Unspecified);
    }
    let sender = ephemeral.compute_public_key()?;
    let sender = sender.as_ref();
    let peer = UnparsedPublicKey::new(&ECDH_P256, recipient.point);
    let input = agree(ephemeral, peer, Unspecified, |shared| {
        let extracted = mac(&recipient.auth[..], &[shared]);
        let info: [&[u8]; 4] = [b"WebPush: info\0", &recipient.point, sender, &[1]];
        Ok(mac(&extracted[..], &info))
    })?;
    let extracted = mac(salt, &[&input[..]]);
    let key = expanded::<16>(&extracted, b"Content-Encoding: aes128gcm\0");
    let nonce = expanded::<12>(&extracted, b"Content-Encoding: nonce\0");

    let mut body = Vec::with_capacity(HEADER + plain.len() + 1 + TAG);
    body.extend_from_slice(salt);
    body.extend_from_slice(&RECORD.to_be_bytes());
    body.extend_from_slice(&[POINT_LENGTH]);
    body.extend_from_slice(sender);
    body.extend_from_slice(plain);
    body.push(LAST_RECORD);
    let (_, record) = body.split_at_mut(HEADER);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..])?);
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), record)?;
    body.extend_from_slice(tag.as_ref());
    Ok(body)
}

/// HKDF-Expand (RFC 5869 §2.3) to at most one block.
fn expanded<const N: usize>(key: &Zeroizing<[u8; 32]>, info: &[u8]) -> Zeroizing<[u8; N]> {
    let block = mac(&key[..], &[info, &[1]]);
    let mut out = Zeroizing::new([0; N]);
    for (to, from) in out.iter_mut().zip(block.iter()) {
        *to = *from;
    }
    out
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let mut out = Zeroizing::new([0; 32]);
    out.copy_from_slice(context.sign().as_ref());
    out
}

/// Base64url of exactly so many bytes; browsers leave the padding away, some libraries do not.
fn decode<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    // Enough for the longest, and nothing that a stranger may choose.
    if text.len() > 2 * N {
        return None;
    }
    let bytes = Zeroizing::new(LENIENT.decode(text).ok()?);
    <[u8; N]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const POINT: usize = 65;
const POINT_LENGTH: u8 = 65;
const UNCOMPRESSED: u8 = 4;
const AUTH: usize = 16;
/// Bytes of the salt.
pub(super) const SALT: usize = 16;
const TAG: usize = 16;
/// Salt, record size, length of the key id, key id (RFC 8188 §2.1).
const HEADER: usize = SALT + 4 + 1 + POINT;
/// The record size that is announced; every push service takes bodies of 4,096 bytes (RFC 8030
/// §7.2).
const RECORD: u32 = 4_096;
/// Ends the plaintext of the last record (RFC 8188 §2).
const LAST_RECORD: u8 = 2;
/// The longest plaintext that makes a body of 4,096 bytes.
pub(super) const MOST: usize = 4_096 - HEADER - TAG - 1;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    // RFC 8291, Appendix A and §5.
    const PLAIN: &[u8] = b"When I grow up, I want to be a watermelon";
    const SENDER_PRIVATE: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    const RECEIVER_PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    const RECEIVER_PUBLIC: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH_SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    const SALT_TEXT: &str = "DGv6ra1nlYgDCS1FRnbzlw";
    const BODY: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    fn private(bytes: &[u8]) -> PrivateKey {
        PrivateKey::from_private_key(&ECDH_P256, bytes).unwrap()
    }

    /// The phone's side, written from the RFC's other end: splits the header, works the keys out
    /// from the private one, opens, and takes the padding off.
    pub(in crate::senders::web_push) fn decrypt(
        receiver: &PrivateKey,
        auth: &[u8],
        body: &[u8],
    ) -> Vec<u8> {
        let (salt, rest) = body.split_at(16);
        assert_eq!(rest[..5], [0, 0, 16, 0, 65]);
        let (sender, record) = rest[5..].split_at(65);
        let own = receiver.compute_public_key().unwrap();
        let peer = UnparsedPublicKey::new(&ECDH_P256, sender);
        let shared = agree(receiver, peer, (), |shared| Ok(shared.to_vec())).unwrap();
        let hkdf = |salt: &[u8], input: &[u8], info: &[u8], length: usize| {
            use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
            struct Length(usize);
            impl KeyType for Length {
                fn len(&self) -> usize {
                    self.0
                }
            }
            let mut out = vec![0; length];
            let extracted = Salt::new(HKDF_SHA256, salt).extract(input);
            extracted.expand(&[info], Length(length)).unwrap().fill(&mut out).unwrap();
            out
        };
        let info = [b"WebPush: info\0", own.as_ref(), sender].concat();
        let input = hkdf(auth, &shared, &info, 32);
        let key = hkdf(salt, &input, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = hkdf(salt, &input, b"Content-Encoding: nonce\0", 12);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&nonce).unwrap();
        let mut record = record.to_vec();
        let plain = key.open_in_place(nonce, Aad::empty(), &mut record).unwrap();
        let end = plain.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!(plain[end], 2, "the last record");
        plain[..end].to_vec()
    }

    #[test]
    fn the_vector_of_rfc_8291() {
        let recipient = Recipient::parse(RECEIVER_PUBLIC, AUTH_SECRET).unwrap();
        let salt = bytes(SALT_TEXT).try_into().unwrap();
        let made = encrypt(&recipient, &private(&bytes(SENDER_PRIVATE)), &salt, PLAIN).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(&made), BODY);
        let opened = decrypt(&private(&bytes(RECEIVER_PRIVATE)), &bytes(AUTH_SECRET), &made);
        assert_eq!(opened, PLAIN);
    }

    #[test]
    fn only_keys_of_the_curve_are_taken() {
        let parse = |p256dh: &str, auth: &str| Recipient::parse(p256dh, auth).err();
        assert_eq!(parse(RECEIVER_PUBLIC, AUTH_SECRET), None);
        assert_eq!(parse(&format!("{RECEIVER_PUBLIC}="), &format!("{AUTH_SECRET}==")), None);
        for auth in ["", "AAAA", "BTBZMqHH6r4Tts7J_aSI!!", "BTBZMqHH6r4Tts7J_aSIggAA"] {
            assert_eq!(parse(RECEIVER_PUBLIC, auth), Some(InvalidSubscription::Auth), "{auth}");
        }
        let mut off = bytes(RECEIVER_PUBLIC);
        off[64] ^= 1;
        let mut hybrid = bytes(RECEIVER_PUBLIC);
        hybrid[0] = 6;
        let compressed = [&[2], &bytes(RECEIVER_PUBLIC)[1..33]].concat();
        for wrong in [off, hybrid, compressed, vec![], vec![0; 65], vec![4; 65], vec![4; 200_000]] {
            let text = URL_SAFE_NO_PAD.encode(&wrong);
            assert_eq!(parse(&text, AUTH_SECRET), Some(InvalidSubscription::Key));
        }
    }

    proptest! {
        #[test]
        fn what_is_encrypted_opens(
            plain in prop::collection::vec(any::<u8>(), 0..=MOST),
            own in prop::array::uniform32(1_u8..=0xfe),
            other in prop::array::uniform32(1_u8..=0xfe),
            salt: [u8; 16],
            auth: [u8; 16],
        ) {
            let (own, other) = (private(&own), private(&other));
            let p256dh = URL_SAFE_NO_PAD.encode(other.compute_public_key().unwrap());
            let recipient = Recipient::parse(&p256dh, &URL_SAFE_NO_PAD.encode(auth)).unwrap();
            let body = encrypt(&recipient, &own, &salt, &plain).unwrap();
            prop_assert!(body.len() <= 4_096);
            prop_assert_eq!(decrypt(&other, &auth, &body), plain);
        }
    }

    #[test]
    fn more_than_a_service_must_take_is_refused() {
        let recipient = Recipient::parse(RECEIVER_PUBLIC, AUTH_SECRET).unwrap();
        let key = private(&bytes(SENDER_PRIVATE));
        let most = encrypt(&recipient, &key, &[0; 16], &[7; MOST]).unwrap();
        assert_eq!(most.len(), 4_096);
        assert!(encrypt(&recipient, &key, &[0; 16], &[7; MOST + 1]).is_err());
    }
}
