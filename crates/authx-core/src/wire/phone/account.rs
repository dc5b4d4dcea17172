//! One account on one phone.

use super::super::login::Rfc3339;
pub use crate::policy::{AppLock, MatchNumber, PhoneClass, UserVerification};
use crate::{ApplicationId, PhoneId, TenantId, UserId};
use serde::{Deserialize, Serialize};

#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// One account on one phone, as the phone sees it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Account {
    /// The phone, for this account.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub phone: PhoneId,
    /// What its owner calls it.
    pub name: String,
    /// Whether it counts.
    pub state: AccountState,
    /// What keeps its keys.
    pub class: PhoneClass,
    /// The company.
    pub tenant: NamedTenant,
    /// Who signs in.
    pub user: NamedUser,
    /// What the user may sign in to.
    pub applications: Vec<NamedApplication>,
    /// What the tenant demands of the phone.
    pub policy: AccountPolicy,
    /// A WebAuthn credential is registered.
    pub credential: bool,
    /// Whether requests reach it.
    pub reach: Reach,
    /// The server can send it notices.
    pub subscribed: bool,
}

/// Whether a phone counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// It has had its first good use.
    Active,
    /// Its keys are proved, nothing counts yet.
    Pending,
}

impl AccountState {
    /// As it is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
        }
    }
}

/// A company, as people see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct NamedTenant {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: TenantId,
    /// As the operator calls it.
    pub name: String,
    /// One of the eight colours, 1 to 8: always the same for one tenant.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 8))]
    pub hue: u8,
}

/// A user, as people see them.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct NamedUser {
    /// Who.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: UserId,
    /// Their name.
    pub name: String,
}

/// An application, as people see it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct NamedApplication {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: ApplicationId,
    /// As the operator calls it.
    pub name: String,
}

/// What the tenant demands of the phone, all its applications taken together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct AccountPolicy {
    /// Whether an approval carries a match number.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^(off|required|where_shown)$"))]
    pub match_number: MatchNumber,
    /// Whether an approval carries a WebAuthn assertion.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^(off|required)$"))]
    pub user_verification: UserVerification,
    /// Whether the app has to be locked.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^(optional|required)$"))]
    pub app_lock: AppLock,
}

/// Whether requests reach a phone.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Reach {
    /// What is known.
    pub state: ReachState,
    /// By which way it was last reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ReachWay>,
    /// When (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub at: Option<Rfc3339>,
    /// Since when it has not been (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub since: Option<Rfc3339>,
}

/// What is known of a phone's reach.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReachState {
    /// The last request arrived.
    Reachable,
    /// Nothing has been sent yet.
    Unknown,
    /// Requests do not arrive.
    Unreachable,
}

/// A way to a phone.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReachWay {
    /// The app was open and held a stream.
    Live,
    /// The app asked.
    Poll,
    /// A notice woke it.
    Push,
}

impl ReachWay {
    /// As it is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Poll => "poll",
            Self::Push => "push",
        }
    }
}
