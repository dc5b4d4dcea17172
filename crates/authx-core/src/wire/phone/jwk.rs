//! Public keys on the curve P-256 (RFC 7517, RFC 7518 §6.2).

use super::Base64Url;
use serde::{Deserialize, Serialize};

/// A public key as browsers export it: `{"kty":"EC","crv":"P-256","x":…,"y":…}`. Other members,
/// such as `ext` and `key_ops`, are ignored.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Jwk {
    kty: KeyType,
    crv: Curve,
    /// The coordinate x, 32 bytes.
    x: Base64Url,
    /// The coordinate y, 32 bytes.
    y: Base64Url,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
enum KeyType {
    #[serde(rename = "EC")]
    Ec,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
enum Curve {
    #[serde(rename = "P-256")]
    P256,
}

impl Jwk {
    /// The key of an uncompressed point (SEC 1 §2.3.3).
    pub fn of(point: &[u8; 65]) -> Self {
        let [_, coordinates @ ..] = point;
        let (x, y) = coordinates.split_at(32);
        Self { kty: KeyType::Ec, crv: Curve::P256, x: Base64Url::new(x), y: Base64Url::new(y) }
    }

    /// The uncompressed point. `None` when a coordinate has not 32 bytes; whether it is on the
    /// curve is for whoever uses it to see.
    pub fn point(&self) -> Option<[u8; 65]> {
        let (x, y) = (self.x.as_bytes(), self.y.as_bytes());
        let long = x.len() == 32 && y.len() == 32;
        long.then(|| [&[UNCOMPRESSED], x, y].concat().try_into().ok()).flatten()
    }

    /// The coordinates as text, x before y.
    pub fn coordinates(&self) -> [String; 2] {
        [self.x.text(), self.y.text()]
    }
}

const UNCOMPRESSED: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_export_is_read() {
        let json = r#"{"crv":"P-256","ext":true,"key_ops":["verify"],"kty":"EC",
            "x":"qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA",
            "y":"Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0"}"#;
        let key: Jwk = serde_json::from_str(json).unwrap();
        let point = key.point().unwrap();
        assert_eq!((point[0], point[1], point[64]), (4, 0xa8, 0x5d));
        assert_eq!(Jwk::of(&point), key);
        let other = json.replace("P-256", "P-384");
        assert!(serde_json::from_str::<Jwk>(&other).is_err());
        let short = json.replace("Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0", "Mc4n");
        assert_eq!(serde_json::from_str::<Jwk>(&short).unwrap().point(), None);
    }
}
