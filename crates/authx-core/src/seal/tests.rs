use super::*;
use crate::testing::{hex, unhex, with_cx};
use proptest::prelude::*;

fn tenant() -> TenantId {
    TenantId::from_bytes([1; 16])
}

fn place() -> Place<'static> {
    Place { tenant: tenant(), table: "factor", column: "record", row: b"row" }
}

fn data_key() -> DataKey {
    with_cx(7, DataKey::generate)
}

/// Values sealed by an earlier version: a change of the format would lose every stored secret.
/// Checked once with an independent AES-GCM and HKDF (Python's `cryptography`).
#[test]
fn stored_values_still_open() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/seal.json")).unwrap();
    let text = |name: &str| vectors[name].as_str().unwrap();
    let master = MasterKey::parse(text("master_key")).unwrap();
    let tenant = text("tenant").parse().unwrap();
    let key = master.unwrap(tenant, &unhex(text("wrapped_data_key"))).unwrap();
    assert_eq!(hex(key.0.bytes.as_ref()), text("data_key"));
    let row = unhex(text("row"));
    let place = Place { tenant, table: text("table"), column: text("column"), row: &row };
    let opened = key.open(&place, &unhex(text("sealed"))).unwrap();
    assert_eq!(opened.expose(), text("plain").as_bytes());
    let fingerprint = key.fingerprint(text("label"), text("plain").as_bytes());
    assert_eq!(hex(&fingerprint), text("fingerprint"));
}

#[test]
fn another_key_is_told_from_damage() {
    let (mine, theirs) = with_cx(1, |cx| (MasterKey::generate(cx), MasterKey::generate(cx)));
    let wrapped = with_cx(2, |cx| mine.wrap(cx, tenant(), &data_key()));
    assert_eq!(theirs.unwrap(tenant(), &wrapped).unwrap_err(), SealError::OtherKey);
    let other = TenantId::from_bytes([2; 16]);
    assert_eq!(mine.unwrap(other, &wrapped).unwrap_err(), SealError::Damaged);
    assert!(mine.unwrap(tenant(), &wrapped).is_ok());
}

#[test]
fn a_master_key_survives_its_file() {
    let key = with_cx(1, MasterKey::generate);
    let text = key.to_text();
    assert_eq!(MasterKey::parse(&text).unwrap().0.bytes, key.0.bytes);
    assert!(MasterKey::parse(&text.replacen("axm_", "axd_", 1)).is_err());
    assert!(!format!("{key:?}").contains(&text[4..]));
}

#[test]
fn fingerprints_differ_by_label_data_and_key() {
    let (key, other) = (data_key(), with_cx(8, DataKey::generate));
    let all = [
        key.fingerprint("code", b"1"),
        key.fingerprint("code", b"2"),
        key.fingerprint("phone", b"1"),
        other.fingerprint("code", b"1"),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(all.iter().skip(at + 1).all(|other| other != one));
    }
}

/// The vector of RFC 5869 A.1, as far as one block goes.
#[test]
fn keys_are_derived_as_hkdf_does() {
    let prk = cipher::extract(&unhex("000102030405060708090a0b0c"), &[&[0x0b; 22]]);
    assert_eq!(hex(&*prk), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    let okm = cipher::expand(&cipher::hmac_key(&*prk), &[&unhex("f0f1f2f3f4f5f6f7f8f9")]);
    assert_eq!(hex(&*okm), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

proptest! {
    #[test]
    fn a_value_opens_where_it_was_sealed(
        plain in prop::collection::vec(any::<u8>(), 0..200), seed: u64,
    ) {
        let sealed = with_cx(seed, |cx| data_key().seal(cx, &place(), &plain));
        prop_assert_eq!(sealed.len(), plain.len() + 33);
        let opened = data_key().open(&place(), &sealed).unwrap();
        prop_assert_eq!(opened.expose(), plain);
    }

    #[test]
    fn no_bit_can_be_flipped(bit in 0usize..8 * 43) {
        let mut sealed = with_cx(1, |cx| data_key().seal(cx, &place(), &[5; 10]));
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(data_key().open(&place(), &sealed).is_err());
    }

    #[test]
    fn nothing_can_be_cut_or_added(length in 0usize..43, more: u8) {
        let mut sealed = with_cx(1, |cx| data_key().seal(cx, &place(), &[5; 10]));
        prop_assert!(data_key().open(&place(), &sealed[..length]).is_err());
        sealed.push(more);
        prop_assert!(data_key().open(&place(), &sealed).is_err());
    }

    /// Names as short as these meet often, so that `a`+`bb` and `ab`+`b` are tried too.
    #[test]
    fn no_other_place_opens_it(
        one in (any::<bool>(), "[ab]{0,3}", "[ab]{0,3}", "[ab]{0,3}"),
        other in (any::<bool>(), "[ab]{0,3}", "[ab]{0,3}", "[ab]{0,3}"),
    ) {
        fn at((tenant, table, column, row): &(bool, String, String, String)) -> Place<'_> {
            let tenant = TenantId::from_bytes([u8::from(*tenant); 16]);
            Place { tenant, table, column, row: row.as_bytes() }
        }
        let sealed = with_cx(1, |cx| data_key().seal(cx, &at(&one), b"secret"));
        prop_assert_eq!(data_key().open(&at(&other), &sealed).is_ok(), one == other);
    }

    #[test]
    fn anything_may_be_offered(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(data_key().open(&place(), &bytes).is_err());
        prop_assert!(with_cx(1, MasterKey::generate).unwrap(tenant(), &bytes).is_err());
    }
}
