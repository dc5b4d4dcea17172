//! Why a signature is refused, in words for whoever writes or runs the caller.

/// Why a signature is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignatureError {
    /// `alg` is not the one of the tag.
    #[error("alg must be “hmac-sha256” for authx-app-1 and “ecdsa-p256-sha256” for authx-phone-1")]
    Algorithm,
    /// Made too long ago or too far ahead.
    #[error(
        "the signature was made at {created_secs}, but it is {now_secs} here (seconds since 1970): correct the clock"
    )]
    Clock {
        /// When the caller says it signed, in seconds since 1970.
        created_secs: u64,
        /// The verifier's time, in seconds since 1970.
        now_secs: u64,
    },
    /// Other components are covered, or in another order.
    #[error("Signature-Input must cover exactly the components of the profile, in its order")]
    Components,
    /// The body is another one than the signature speaks of.
    #[error("the body is not the one that Content-Digest describes")]
    ContentDigest,
    /// A header of the profile is absent.
    #[error("the header {header} is missing")]
    HeaderMissing {
        /// Its name.
        header: &'static str,
    },
    /// A header is there more than once.
    #[error("the header {header} is there more than once")]
    HeaderRepeated {
        /// Its name.
        header: &'static str,
    },
    /// `keyid` is no id of the kind that belongs to the tag.
    #[error(
        "keyid must be an application's id (app_…) for authx-app-1, a phone's (pho_…) for authx-phone-1"
    )]
    KeyId,
    /// Another label, or a second one.
    #[error("Signature-Input and Signature must each hold one signature, labelled “authx”")]
    Label,
    /// A header that is not what the profile prescribes.
    #[error("the header {header} is not of the prescribed form")]
    Malformed {
        /// Its name.
        header: &'static str,
    },
    /// The arithmetic says no.
    #[error(
        "the signature does not fit: another key, or something it covers was changed on the way"
    )]
    Mismatch,
    /// A parameter is not of the prescribed form.
    #[error("the parameter {name} is not of the prescribed form")]
    ParameterMalformed {
        /// Its name.
        name: &'static str,
    },
    /// A parameter is absent.
    #[error("the parameter {name} is missing")]
    ParameterMissing {
        /// Its name.
        name: &'static str,
    },
    /// A parameter is there more than once.
    #[error("the parameter {name} is there more than once")]
    ParameterRepeated {
        /// Its name.
        name: &'static str,
    },
    /// A parameter that the profile does not know.
    #[error("Signature-Input holds a parameter that the profile does not know")]
    ParameterUnknown,
    /// `tag` is not one of ours.
    #[error("tag must be “authx-app-1” or “authx-phone-1”")]
    Tag,
    /// Something covered holds more than printable ASCII.
    #[error("method, authority, path, query and AuthX-Client must be printable ASCII")]
    Unprintable,
}
