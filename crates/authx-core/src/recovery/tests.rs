use super::*;
use crate::testing::{unhex, with_cx};
use proptest::prelude::*;

fn key() -> RecoveryKey {
    with_cx(3, RecoveryKey::generate)
}

fn seal(plain: &[u8], piece: usize) -> Vec<u8> {
    let mut sealer = with_cx(4, |cx| Sealer::new(cx, &key().public()).unwrap());
    let mut out = Vec::new();
    for piece in plain.chunks(piece) {
        sealer.push(piece, &mut out);
    }
    sealer.finish(&mut out);
    out
}

fn open_with(key: &RecoveryKey, sealed: &[u8], piece: usize) -> Result<Vec<u8>, BackupError> {
    let mut opener = Opener::new(key);
    let mut out = Vec::new();
    for piece in sealed.chunks(piece) {
        opener.push(piece, &mut out)?;
    }
    opener.finish(&mut out)?;
    Ok(out)
}

fn open(sealed: &[u8]) -> Result<Vec<u8>, BackupError> {
    open_with(&key(), sealed, 100_000)
}

/// The sealed chunks of a backup, without its header.
fn chunks(sealed: &[u8]) -> Vec<&[u8]> {
    sealed[HEADER..].chunks(SEALED_CHUNK).collect()
}

fn joined(sealed: &[u8], chunks: &[&[u8]]) -> Vec<u8> {
    [&sealed[..HEADER], &chunks.concat()].concat()
}

fn data(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251).to_be_bytes()[7]).collect()
}

/// Backups made by an independent implementation of RFC 9180 (Python's `pyhpke`) from this module's
/// description: what is on somebody's shelf must open for ever, and without this program too.
#[test]
fn backups_of_another_implementation_open_and_are_made_alike() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/backup.json")).unwrap();
    let text = |name: &str| vectors[name].as_str().unwrap();
    let key = RecoveryKey::parse(text("recovery_key")).unwrap();
    assert_eq!(key.public().to_string(), text("recovery_public"));
    let stored = unhex(text("sealed"));
    assert_eq!(open_with(&key, &stored, 7).unwrap(), text("plain").as_bytes());
    let ephemeral = unhex(text("ephemeral"));
    let again = |plain: &[u8]| {
        let mut random = |out: &mut [u8]| out.copy_from_slice(&ephemeral);
        let mut cx = Cx { now: crate::Millis(0), random: &mut random };
        let mut sealer = Sealer::new(&mut cx, &key.public()).unwrap();
        let mut out = Vec::new();
        sealer.push(plain, &mut out);
        sealer.finish(&mut out);
        out
    };
    assert_eq!(again(text("plain").as_bytes()), stored);
    let long = usize::try_from(vectors["long"]["bytes"].as_u64().unwrap()).unwrap();
    let digest = crate::cipher::sha256(&again(&vec![b'a'; long]));
    assert_eq!(crate::testing::hex(&digest), vectors["long"]["sha256"], "several chunks");
}

#[test]
fn any_length_comes_back_in_any_pieces() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
        let plain = data(length);
        let sealed = seal(&plain, 10_007);
        assert_eq!(sealed, seal(&plain, CHUNK), "{length}");
        for piece in [1_009, CHUNK, 1_000_000] {
            assert_eq!(open_with(&key(), &sealed, piece).unwrap(), plain, "{length} by {piece}");
        }
    }
}

#[test]
fn chunks_cannot_be_removed_exchanged_repeated_or_added() {
    let sealed = seal(&data(3 * CHUNK + 5), CHUNK);
    let whole = chunks(&sealed);
    assert_eq!(open(&joined(&sealed, &whole)), Ok(data(3 * CHUNK + 5)));
    let [a, b, c, last] = whole[..] else { panic!("four chunks") };
    let forged: [&[&[u8]]; 8] = [
        &[],
        &[a, b, c],
        &[a, b, last],
        &[b, a, c, last],
        &[a, b, c, last, last],
        &[a, a, b, c, last],
        &[b, c, last],
        &[a, b, c, last, b"more"],
    ];
    for chunks in forged {
        assert_eq!(open(&joined(&sealed, chunks)), Err(BackupError::Damaged));
    }
    let exact = seal(&data(2 * CHUNK), CHUNK);
    assert_eq!(open(&joined(&exact, &chunks(&exact)[..1])), Err(BackupError::Damaged));
}

#[test]
fn chunks_of_two_backups_cannot_be_mixed() {
    let one = seal(&data(2 * CHUNK), CHUNK);
    let mut sealer = with_cx(5, |cx| Sealer::new(cx, &key().public()).unwrap());
    let mut other = Vec::new();
    sealer.push(&data(2 * CHUNK), &mut other);
    sealer.finish(&mut other);
    let mixed = joined(&one, &[chunks(&one)[0], chunks(&other)[1]]);
    assert_eq!(open(&mixed), Err(BackupError::Damaged));
}

#[test]
fn what_is_offered_wrongly_is_named() {
    let sealed = seal(b"data", 10);
    let other = with_cx(9, RecoveryKey::generate);
    assert_eq!(open_with(&other, &sealed, 10), Err(BackupError::OtherKey));
    assert_eq!(open(b"SQLite format 3\0"), Err(BackupError::NotABackup));
    let mut newer = sealed.clone();
    newer[MAGIC.len()] = 2;
    assert_eq!(open(&newer), Err(BackupError::NewerVersion));
    assert_eq!(open(b""), Err(BackupError::Damaged));
}

#[test]
fn keys_survive_paper_and_the_database() {
    let text = key().to_text();
    assert_eq!(RecoveryKey::parse(&text).unwrap().public(), key().public());
    assert_eq!(key().public().to_string().parse(), Ok(key().public()));
    assert_eq!("AAAA".parse::<RecoveryPublic>(), Err(InvalidRecoveryPublic));
    assert!(!format!("{:?}", key()).contains(&text[4..]));
    let small_order = RecoveryPublic([0; 32]);
    assert!(with_cx(1, |cx| Sealer::new(cx, &small_order).is_err()));
}

proptest! {
    #[test]
    fn no_bit_can_be_flipped(bit in 0usize..8 * (HEADER + 20 + 16)) {
        let mut sealed = seal(&[5; 20], 20);
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(open(&sealed).is_err());
    }

    #[test]
    fn no_end_can_be_cut_off(keep in 0.0..1.0f64, whole in 0usize..3, rest in 0usize..40) {
        let sealed = seal(&data(whole * CHUNK + rest), CHUNK);
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss,
            clippy::cast_precision_loss, reason = "a test's choice of a length")]
        let length = (sealed.len() as f64 * keep) as usize;
        prop_assert!(open(&sealed[..length]).is_err());
    }

    #[test]
    fn anything_may_be_offered(bytes in prop::collection::vec(any::<u8>(), 0..200), header: bool) {
        let sealed = seal(b"", 1);
        let start = if header { &sealed[..HEADER] } else { &[] };
        prop_assert!(open(&[start, &bytes].concat()).is_err());
    }
}
