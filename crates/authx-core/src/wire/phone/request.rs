//! What a phone is asked, and what it answers.

use super::{
    super::{
        login::{Rfc3339, Server},
        text::{Label, MatchNumber, SupportCode},
    },
    Base64Url, NamedApplication, NamedTenant, PhoneCallerCheck, ReachWay,
};
use crate::{ApplicationId, LoginId};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// Answer of `GET /requests`, and each event of `GET /requests/live`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct RequestsView {
    /// Rises with every change of what this phone is asked.
    pub version: u64,
    /// What waits for an answer, newest first.
    pub requests: Vec<Request>,
    /// The check of a caller that is open for this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_check: Option<PhoneCallerCheck>,
}

/// One sign-in that waits for this phone.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Request {
    /// The login's id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: LoginId,
    /// What may be answered.
    pub kind: RequestKind,
    /// What is signed in to.
    pub application: NamedApplication,
    /// The company.
    pub tenant: NamedTenant,
    /// Who signs in.
    pub user: AskedUser,
    /// Where from.
    pub client: RequestClient,
    /// The VPN server.
    #[serde(default)]
    pub server: Server,
    /// Finds the login in the logs.
    pub support_code: SupportCode,
    /// When (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub asked_at: Rfc3339,
    /// Until when (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Rfc3339,
    /// Match numbers that may still be tried.
    pub tries_left: u8,
    /// Whether an approval carries the match number.
    pub match_number: RequestMatch,
    /// Whether an approval carries a WebAuthn assertion.
    pub user_verification: bool,
    /// The client tried again: this takes that one's place, without a new notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub replaces: Option<LoginId>,
}

/// What may be answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Yes or no.
    Approval,
    /// The client can show nothing: the phone may ask for a code to be typed there.
    Code,
}

impl RequestKind {
    /// As it is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Code => "code",
        }
    }
}

/// Whether an approval carries the match number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestMatch {
    /// It does not.
    Off,
    /// It does.
    Required,
}

/// Who signs in.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct AskedUser {
    /// Their name.
    pub name: String,
}

/// The VPN client, as far as it is known.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct RequestClient {
    /// Its address as the VPN server sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub address: Option<IpAddr>,
    /// Program and version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<Label>,
    /// Operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Label>,
    /// What it calls its device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Label>,
    /// The user has never signed in from this network.
    pub new_network: bool,
}

/// Body of `POST /requests/{id}/answers` and `POST /requests/{id}/codes`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct AnswerRequest {
    /// A [`Statement`] as JSON text: what is signed, what an assertion's challenge is the hash of,
    /// and what is kept as evidence, byte for byte.
    pub statement: String,
    /// That the phone verified its user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion: Option<Assertion>,
}

/// What an answer says. A member that is unknown here is refused, so that nothing is signed that
/// nobody read.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The answer.
    pub answer: AnswerWord,
    /// The login.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub login: LoginId,
    /// The application that the request showed.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub application: ApplicationId,
    /// The address that the request showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub address: Option<IpAddr>,
    /// The digits that the user typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_number: Option<MatchNumber>,
}

/// The answers there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerWord {
    /// It was me.
    Approve,
    /// Show me a code for the client.
    Code,
    /// I changed my mind.
    Deny,
    /// It was not me.
    Fraud,
}

/// A WebAuthn assertion (WebAuthn 3 §6.3.3) whose challenge is the SHA-256 of the statement.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Assertion {
    /// The credential's id.
    pub id: Base64Url,
    /// What the browser says it did, JSON.
    pub client_data: Base64Url,
    /// What the authenticator says.
    pub authenticator_data: Base64Url,
    /// ES256, in DER.
    pub signature: Base64Url,
}

/// Answer of `POST /requests/{id}/answers`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Answered {
    /// What became of the request.
    pub outcome: Outcome,
    /// After a wrong number: those that may still be tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
    /// When (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Rfc3339,
    /// Finds the login in the logs.
    pub support_code: SupportCode,
    /// A session was left that `POST /requests/{id}/endings` ends.
    pub session: bool,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Approved here.
    Approved,
    /// Given up at the VPN.
    Cancelled,
    /// A code was shown.
    CodeShown,
    /// And it was typed at the VPN.
    CodeUsed,
    /// Denied here.
    Denied,
    /// Answered by another phone, or by a code.
    Elsewhere,
    /// Nobody answered in time.
    Expired,
    /// Reported here.
    Fraud,
    /// The client tried again.
    Replaced,
    /// The digits were wrong.
    WrongNumber,
}

impl Outcome {
    /// Every one.
    pub const ALL: &'static [Self] = &[
        Self::Approved,
        Self::Cancelled,
        Self::CodeShown,
        Self::CodeUsed,
        Self::Denied,
        Self::Elsewhere,
        Self::Expired,
        Self::Fraud,
        Self::Replaced,
        Self::WrongNumber,
    ];

    /// As it is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Cancelled => "cancelled",
            Self::CodeShown => "code_shown",
            Self::CodeUsed => "code_used",
            Self::Denied => "denied",
            Self::Elsewhere => "elsewhere",
            Self::Expired => "expired",
            Self::Fraud => "fraud",
            Self::Replaced => "replaced",
            Self::WrongNumber => "wrong_number",
        }
    }
}

/// Answer of `POST /requests/{id}/codes`.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct PhoneCode {
    /// Six digits, to be typed at the VPN.
    pub code: String,
    /// Until when (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Rfc3339,
}

impl std::fmt::Debug for PhoneCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhoneCode").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Body of `POST /requests/{id}/endings`: nothing yet.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct EndRequest {}

/// Body of `POST /receipts`: these requests arrived.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Receipts {
    /// By which way.
    pub by: ReachWay,
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub requests: Vec<LoginId>,
}

/// Answer of `GET /history`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct HistoryView {
    /// Newest first, at most 50.
    pub entries: Vec<Entry>,
}

/// A request that is over.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Entry {
    /// The login's id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: LoginId,
    /// What could be answered.
    pub kind: RequestKind,
    /// What was signed in to.
    pub application: NamedApplication,
    /// What became of it.
    pub outcome: Outcome,
    /// When it ended (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Rfc3339,
    /// Where from.
    pub client: RequestClient,
    /// Finds the login in the logs.
    pub support_code: SupportCode,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_says_nothing_that_is_not_read() {
        let good = r#"{"answer":"approve","login":"log_01k9zc3r5y7w2g8j4s6p0f3a1c",
            "application":"app_01k9zc3r5y7w2g8j4s6p0f3a1c","address":"203.0.113.24",
            "match_number":"482913"}"#;
        let statement: Statement = serde_json::from_str(good).unwrap();
        assert_eq!(statement.answer, AnswerWord::Approve);
        let more = good.replacen('{', r#"{"amount":1,"#, 1);
        assert!(serde_json::from_str::<Statement>(&more).is_err());
    }

    #[test]
    fn every_outcome_travels_by_its_word() {
        for &outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.word());
        }
    }
}
