//! The keys of one account: three on the curve P-256.

use authx_core::{
    Cx, Secret,
    phone_box::PhoneBox,
    wire::{
        phone::{Jwk, PhoneKeys},
        signature::PhoneSigner,
    },
};
use serde::{Deserialize, Serialize};

/// The private keys of one account on this machine.
#[derive(Debug)]
pub struct Keys {
    /// Signs what counts.
    pub answer: PhoneSigner,
    /// Signs what a locked phone may do.
    pub device: PhoneSigner,
    /// Receives the seed of codes.
    pub r#box: PhoneBox,
}

/// [`Keys`] as they are kept: 32 bytes each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptKeys {
    answer: Secret,
    device: Secret,
    r#box: Secret,
}

/// What was kept is no key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the keys are damaged")]
pub struct DamagedKeys;

impl Keys {
    /// New ones.
    pub fn draw(cx: &mut Cx<'_>) -> Self {
        Self {
            answer: PhoneSigner::draw(cx),
            device: PhoneSigner::draw(cx),
            r#box: PhoneBox::draw(cx),
        }
    }

    /// What a server is told of them.
    pub fn public(&self) -> PhoneKeys {
        PhoneKeys {
            answer: Jwk::of(self.answer.point()),
            device: Jwk::of(self.device.point()),
            r#box: Jwk::of(self.r#box.point()),
        }
    }

    /// To be kept.
    pub fn keep(&self) -> KeptKeys {
        let secret = |bytes: &[u8; 32]| Secret::new(bytes.to_vec());
        KeptKeys {
            answer: secret(self.answer.secret()),
            device: secret(self.device.secret()),
            r#box: secret(self.r#box.secret()),
        }
    }
}

impl TryFrom<&KeptKeys> for Keys {
    type Error = DamagedKeys;

    fn try_from(KeptKeys { answer, device, r#box }: &KeptKeys) -> Result<Self, DamagedKeys> {
        let key = |secret: &Secret| {
            secret.expose().try_into().ok().and_then(PhoneSigner::from_secret).ok_or(DamagedKeys)
        };
        let seal = r#box.expose().try_into().ok().and_then(PhoneBox::from_secret);
        Ok(Self { answer: key(answer)?, device: key(device)?, r#box: seal.ok_or(DamagedKeys)? })
    }
}
