//! Ids: a prefix that says of what, then a UUIDv7 in Crockford's base32.

use crate::{Cx, Millis};
use serde::{Deserialize, Serialize};

/// Why a text is not an id of the expected kind.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a valid id: expected “{expected}_” and 26 characters 0-9 a-z without i, l, o, u")]
pub struct InvalidId {
    /// The prefix that was expected.
    pub expected: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// What every id of this kind begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id: UUIDv7 (RFC 9562 §5.7) of the given time and chance.
            pub fn new(cx: &mut Cx<'_>) -> Self {
                Self(uuid_v7(cx))
            }

            /// The smallest id of a moment: every id made before it is smaller.
            pub fn earliest(at: Millis) -> Self {
                let mut id = [0; 16];
                write_time(&mut id, at);
                Self(id)
            }

            /// When it was made, as it says itself.
            pub fn made(&self) -> Millis {
                read_time(&self.0)
            }

            /// The 16 bytes as the store keeps them.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// From the 16 bytes that the store keeps.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}_{}", $prefix, base32(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            /// Case does not matter; Crockford's look-alikes (`O`, `I`, `L`) are not accepted.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text, $prefix).map(Self).ok_or(InvalidId { expected: $prefix })
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                described($prefix)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    )*};
}

ids! {
    /// Somebody's wish to help a user past the second factor.
    ApprovalId = "apr";
    /// Something protected, such as one company's VPN.
    ApplicationId = "app";
    /// Digits that a caller and an administrator read to each other.
    CallerCheckId = "cal";
    /// A message to be delivered, such as a mail.
    DeliveryId = "del";
    /// One entry of the record.
    EventId = "evt";
    /// Some of a company's people.
    GroupId = "grp";
    /// Users from a file.
    ImportId = "imp";
    /// An invitation to enrol a phone.
    InvitationId = "inv";
    /// One Application Key of an application.
    KeyId = "key";
    /// One attempt to sign in, from its first to its last step.
    LoginId = "log";
    /// A WebAuthn credential for the portal.
    PasskeyId = "pky";
    /// An enrolled authenticator.
    PhoneId = "pho";
    /// What a successful login left remembered.
    SessionId = "ses";
    /// A company.
    TenantId = "ten";
    /// A person who signs in.
    UserId = "usr";
    /// What one user enrolled for one factor.
    FactorId = "fac";
    /// A token for scripts.
    TokenId = "tok";
}

/// As the API's document has it.
#[cfg(feature = "openapi")]
fn described(prefix: &str) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    let id = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String);
    id.pattern(Some(format!("^{prefix}_[0-9a-hjkmnp-tv-z]{{26}}$"))).into()
}

fn uuid_v7(cx: &mut Cx<'_>) -> [u8; 16] {
    let mut id = cx.bytes::<16>();
    write_time(&mut id, cx.now);
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut id;
    *version = *version & 0x0f | 0x70;
    *variant = *variant & 0x3f | 0x80;
    id
}

fn write_time(id: &mut [u8; 16], at: Millis) {
    let [_, _, time @ ..] = at.0.to_be_bytes();
    for (to, from) in id.iter_mut().zip(time) {
        *to = from;
    }
}

fn read_time(id: &[u8; 16]) -> Millis {
    let mut time = [0; 8];
    for (to, from) in time.iter_mut().skip(2).zip(id) {
        *to = *from;
    }
    Millis(u64::from_be_bytes(time))
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

fn base32(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    (0..LENGTH)
        .rev()
        .filter_map(|place| {
            let digit = usize::try_from(number >> (5 * place) & 31).ok()?;
            ALPHABET.get(digit).copied().map(char::from)
        })
        .collect()
}

fn parse(text: &str, prefix: &str) -> Option<[u8; 16]> {
    let (head, digits) = text.split_once('_')?;
    if !head.eq_ignore_ascii_case(prefix) || digits.len() != LENGTH {
        return None;
    }
    let mut number = 0u128;
    for (place, digit) in digits.bytes().enumerate() {
        let digit = digit.to_ascii_lowercase();
        let value = ALPHABET.iter().position(|&letter| letter == digit)?;
        // 26 characters hold 130 bits: the first may use three of its five.
        if place == 0 && value > 7 {
            return None;
        }
        number = number << 5 | u128::try_from(value).ok()?;
    }
    Some(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_a_uuid_of_version_seven() {
        let id = LoginId::new(&mut Cx {
            now: Millis(0x0123_4567_89ab),
            random: &mut |out| out.fill(0xff),
        });
        assert_eq!(id.as_bytes()[..6], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab]);
        assert_eq!((id.as_bytes()[6], id.as_bytes()[8]), (0x7f, 0xbf));
        assert_eq!(id.made(), Millis(0x0123_4567_89ab));
        assert!(LoginId::earliest(Millis(0x0123_4567_89ab)) < id);
        assert!(id < LoginId::earliest(Millis(0x0123_4567_89ac)));
    }

    proptest! {
        #[test]
        fn ids_survive_the_wire(bytes: [u8; 16]) {
            let id = ApplicationId::from_bytes(bytes);
            let text = id.to_string();
            prop_assert_eq!(text.parse(), Ok(id));
            prop_assert_eq!(text.to_uppercase().parse(), Ok(id));
            prop_assert!(text.parse::<LoginId>().is_err(), "another kind's id");
        }

        #[test]
        fn nothing_else_is_an_id(text in "\\PC{0,40}") {
            if let Ok(id) = text.parse::<UserId>() {
                prop_assert_eq!(id.to_string(), text.to_lowercase());
            }
        }
    }
}
