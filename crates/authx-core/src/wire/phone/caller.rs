//! The help desk checks who calls it: each side reads three digits to the other.

use super::{super::login::Rfc3339, Assertion};
use crate::CallerCheckId;
use serde::{Deserialize, Serialize};

#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// Somebody of the help desk checks who is on the telephone. The digits are not in it: they are
/// asked for, with the answer key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct PhoneCallerCheck {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: CallerCheckId,
    /// Who of the help desk, as the company calls them.
    pub agent: String,
    /// When it began (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub asked_at: Rfc3339,
    /// When it is over by itself (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Rfc3339,
}

/// Body of `POST /caller-checks/{id}/digits`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ShowCallerDigits {
    /// That the phone verified its user, where the policy wants that for approvals. Its challenge
    /// is the SHA-256 of the text `authx caller check 1`, a line feed, and the check's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion: Option<Assertion>,
}

/// Answer of `POST /caller-checks/{id}/digits`.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct CallerDigits {
    /// What the help desk has to read first.
    pub agent_reads: String,
    /// What the user reads then.
    pub caller_reads: String,
    /// Until when (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Rfc3339,
}

/// Body of `POST /caller-checks/{id}/endings`: nothing yet.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct DenyCaller {}

impl std::fmt::Debug for CallerDigits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallerDigits").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
