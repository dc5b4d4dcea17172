//! How a phone comes to an account: invitation, proof, activation, first use.

use super::{
    super::{
        login::Rfc3339,
        text::{Label, Typed},
    },
    Account, AccountState, Base64Url, Jwk, NamedTenant, NamedUser, PhoneClass, Token,
};
use crate::PhoneId;
use serde::{Deserialize, Serialize};

#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// Answer of `GET /server`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ServerView {
    /// The server's version.
    pub version: String,
    /// Its time (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub now: Rfc3339,
    /// The public key of its notices, an uncompressed point (RFC 8292 §3.2). Absent where it sends
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vapid_public_key: Option<Base64Url>,
    /// Older authenticators are told to update.
    pub oldest_client: String,
    /// What the app calls it: the host of its origin.
    pub name: String,
}

/// Body of `POST /invitations`: looks, and spends nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct LookInvitation {
    /// `axi_…`, `axe_…` or eight characters.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub invitation: Token,
}

/// Answer of `POST /invitations`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct InvitationView {
    /// What may be enrolled: one account, or all of a phone that moves.
    pub accounts: Vec<InvitedAccount>,
    /// What has to be proved before.
    pub proof: InvitationProof,
    /// Until when (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Rfc3339,
    /// Of an invitation that was named by its link: the code that opens the same, for typing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_code: Option<String>,
    /// Phones that were made from it.
    pub phones: Vec<MadePhone>,
}

/// An account that may be enrolled.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct InvitedAccount {
    /// The company.
    pub tenant: NamedTenant,
    /// Who signs in.
    pub user: NamedUser,
    /// The phone that it leaves, to be named in the activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub moves: Option<PhoneId>,
}

/// What has to be proved before an activation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvitationProof {
    /// Eight digits that came another way.
    Code,
    /// Nothing: it is an activation already.
    None,
    /// The password that AuthX keeps.
    Password,
}

impl InvitationProof {
    /// As it is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::None => "none",
            Self::Password => "password",
        }
    }
}

/// A phone that was made from an invitation.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct MadePhone {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub phone: PhoneId,
    /// What its owner calls it.
    pub name: String,
    /// What it runs on.
    pub platform: String,
    /// Four words that it has to show too.
    pub words: Vec<String>,
    /// Whether it counts.
    pub state: AccountState,
    /// When it was made (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Rfc3339,
}

/// Body of `POST /proofs`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Prove {
    /// `axi_…` or eight characters.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub invitation: Token,
    /// The proof that it demands.
    pub proof: GivenProof,
}

/// A proof.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GivenProof {
    /// Eight digits that came another way; spaces do not matter.
    Code {
        /// As typed.
        code: Typed,
    },
    /// The password that AuthX keeps.
    Password {
        /// As typed.
        password: Typed,
    },
}

/// Answer of `POST /proofs` and `POST /moves`: what binds a phone.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ActivationView {
    /// `axe_…`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub activation: Token,
    /// Until when (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Rfc3339,
}

/// Body of `POST /activations`, signed with the answer key that it brings; `keyid` is the new
/// phone's id.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Activate {
    /// `axe_…` or eight characters.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub activation: Token,
    /// The id that the phone made for itself.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub phone: PhoneId,
    /// What its owner calls it.
    pub name: Label,
    /// What it runs on.
    pub platform: Label,
    /// What keeps its keys.
    pub class: PhoneClass,
    /// Its keys, for this account alone.
    pub keys: PhoneKeys,
    /// The phone that the account leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub moves: Option<PhoneId>,
}

/// The public keys of one account on one phone.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct PhoneKeys {
    /// Signs what counts.
    pub answer: Jwk,
    /// Signs what a locked phone may do.
    pub device: Jwk,
    /// Receives the seed.
    pub r#box: Jwk,
}

/// Answer of `POST /activations`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Activated {
    /// The account.
    pub account: Account,
    /// The seed of its codes, which only the phone can open.
    pub seed: Seed,
    /// What codes are made with it.
    pub totp: TotpForm,
}

/// The seed of a phone's codes, sealed to its box key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Seed {
    /// The sender's key, an uncompressed point.
    pub ephemeral: Base64Url,
    /// 12 bytes.
    pub iv: Base64Url,
    /// AES-256-GCM, the tag at its end.
    pub ciphertext: Base64Url,
}

/// What codes are made with a seed (RFC 6238).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct TotpForm {
    /// The hash of the HMAC, by the name it has in browsers.
    pub algorithm: String,
    /// Digits of a code.
    pub digits: u8,
    /// Seconds that a code is shown.
    pub period_secs: u64,
}

impl Default for TotpForm {
    /// The one form that there is.
    fn default() -> Self {
        Self { algorithm: "SHA-256".to_owned(), digits: 6, period_secs: 30 }
    }
}

/// Body of `POST /confirmations`: the first good use.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Confirm {
    /// The code that the phone shows now.
    pub code: Typed,
}
