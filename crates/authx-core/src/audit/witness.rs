//! The name of a seal, kept by others.

use crate::id::TenantId;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// Says that a certain seal existed: `ten_…:number:mac`, the MAC in base64url. Every signed answer
/// carries the latest.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Witness {
    /// Whose record it speaks of.
    pub tenant: TenantId,
    /// The seal's number.
    pub number: u64,
    /// The seal's MAC.
    pub mac: [u8; 32],
}

/// Why a text is not a witness.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a witness: expected a tenant's id, a number and 43 characters, joined by colons")]
pub struct InvalidWitness;

impl std::fmt::Display for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.tenant, self.number, URL_SAFE_NO_PAD.encode(self.mac))
    }
}

impl std::str::FromStr for Witness {
    type Err = InvalidWitness;

    fn from_str(text: &str) -> Result<Self, InvalidWitness> {
        let mut parts = text.split(':');
        let (Some(tenant), Some(number), Some(mac), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidWitness);
        };
        let witness = Self {
            tenant: tenant.parse().map_err(|_| InvalidWitness)?,
            number: number.parse().map_err(|_| InvalidWitness)?,
            mac: URL_SAFE_NO_PAD
                .decode(mac)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(InvalidWitness)?,
        };
        // Numbers have one spelling: neither `+7` nor `07`.
        if witness.number.to_string() == number { Ok(witness) } else { Err(InvalidWitness) }
    }
}

impl TryFrom<String> for Witness {
    type Error = InvalidWitness;

    fn try_from(text: String) -> Result<Self, InvalidWitness> {
        text.parse()
    }
}

impl From<Witness> for String {
    fn from(witness: Witness) -> Self {
        witness.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_witness_survives_the_wire(tenant: [u8; 16], number: u64, mac: [u8; 32]) {
            let witness = Witness { tenant: TenantId::from_bytes(tenant), number, mac };
            prop_assert_eq!(witness.to_string().parse(), Ok(witness));
        }

        #[test]
        fn nothing_else_is_a_witness(text in "(ten_[0-7][0-9a-z]{25})?:?\\PC{0,20}:?\\PC{0,50}") {
            if let Ok(witness) = text.parse::<Witness>() {
                prop_assert_eq!(witness.to_string().to_lowercase(), text.to_lowercase());
            }
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        let tenant = TenantId::from_bytes([7; 16]);
        let text = Witness { tenant, number: 7, mac: [1; 32] }.to_string();
        for other in ["+7", "07", "-7", "", "7:7"] {
            assert!(text.replace(":7:", &format!(":{other}:")).parse::<Witness>().is_err());
        }
    }
}
