//! Four words that both sides of an enrolment show: whoever put his own keys in between makes them
//! differ, and the user stops.
//!
//! Each side works them out from what it sent and got, and neither tells the other. 44 bits, tried
//! once, at a moment that the attacker does not choose, are plenty. The list is the English one of
//! BIP 39, whose words differ in their first four letters.

use crate::{
    PhoneId, TenantId, UserId, cipher,
    wire::phone::{Base64Url, PhoneKeys, Seed},
};

/// What an enrolment exchanged.
#[derive(Clone, Copy, Debug)]
pub struct Exchanged<'a> {
    /// The phone.
    pub phone: PhoneId,
    /// Its keys.
    pub keys: &'a PhoneKeys,
    /// The seed of its codes, as it travelled.
    pub seed: &'a Seed,
    /// The account's tenant.
    pub tenant: TenantId,
    /// The account.
    pub user: UserId,
}

/// The four words of an enrolment.
pub fn phone_words(exchanged: &Exchanged<'_>) -> [&'static str; 4] {
    let Exchanged { phone, keys, seed, tenant, user } = *exchanged;
    let PhoneKeys { answer, device, r#box } = keys;
    let mut lines = vec![LABEL.to_owned(), phone.to_string()];
    lines.extend([answer, device, r#box].iter().flat_map(|key| key.coordinates()));
    lines.extend([&seed.ephemeral, &seed.iv, &seed.ciphertext].map(Base64Url::text));
    lines.extend([tenant.to_string(), user.to_string()]);
    let digest = cipher::sha256(lines.join("\n").as_bytes());
    let bits = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
    [53, 42, 31, 20].map(|shift| word(bits >> shift & 0x7ff))
}

/// The word of an index of 11 bits.
fn word(index: u64) -> &'static str {
    let index = usize::try_from(index).unwrap_or(0);
    LIST.lines().nth(index).unwrap_or_default()
}

const LABEL: &str = "authx words 1";
const LIST: &str = include_str!("phone_words/english.txt");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;
    use serde::Deserialize;

    #[test]
    fn the_list_is_that_of_bip_39() {
        let digest = hex(&cipher::sha256(LIST.as_bytes()));
        assert_eq!(digest, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
        assert_eq!((word(0), word(2_047)), ("abandon", "zoo"));
    }

    #[derive(Deserialize)]
    struct Vectors {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        phone: PhoneId,
        keys: PhoneKeys,
        seed: Seed,
        tenant: TenantId,
        user: UserId,
        words: Vec<String>,
    }

    /// The same cases are checked in TypeScript.
    #[test]
    fn the_words_are_those_of_the_vectors() {
        let vectors: Vectors =
            serde_json::from_str(include_str!("../vectors/phone_words.json")).unwrap();
        assert!(!vectors.cases.is_empty());
        for Case { phone, keys, seed, tenant, user, words } in vectors.cases {
            let exchanged = Exchanged { phone, keys: &keys, seed: &seed, tenant, user };
            assert_eq!(phone_words(&exchanged).to_vec(), words);
            let swapped = PhoneKeys {
                answer: keys.device.clone(),
                device: keys.answer.clone(),
                ..keys.clone()
            };
            let swapped = phone_words(&Exchanged { keys: &swapped, ..exchanged });
            assert_ne!(swapped.to_vec(), words, "keys in each other's place");
        }
    }
}
