//! Errors as RFC 9457 problem details.

use serde::{Deserialize, Serialize};

/// `application/problem+json` (RFC 9457 §3) with a stable word for programs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong and what to do.
    pub detail: String,
    /// The stable word.
    pub code: String,
    /// With a request for administration that cannot be meant: where in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// With 401 for a clock that is too far off: the server's time in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_time: Option<u64>,
    /// The newest seal of the record, in a signed answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}
