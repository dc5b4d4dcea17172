//! `/api/v1/logins`: what a caller sends and gets.

use super::text::{ChallengeSecret, Label, MatchNumber, Method, SupportCode, Typed};
use crate::{LoginId, Millis, SessionId, factor::FactorKind, name::Name};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::net::IpAddr;

#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// Body of `PUT /logins/{id}`: begins a login. The caller makes the id, so a repeated request is
/// the same login.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct BeginLogin {
    /// Who signs in: a user's name or alias.
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 128))]
    pub user: Name,
    /// How the first factor was or is proved.
    pub first_factor: FirstFactor,
    /// What the user has already typed for the second one: a code, or a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Typed>,
    /// The name in the client's certificate, which OpenVPN verified. Demanded where a certificate
    /// is the first factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    pub certificate: Option<Name>,
    /// How the answer comes from the user, for the record: `scrv1`, `append`, `cr_text`, `crv1`, or
    /// another word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub method: Option<Method>,
    /// The client signs in by itself, with its certificate alone, as with an autologin profile of
    /// Access Server: nobody can be asked, whatever else is said here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub autologin: bool,
    /// Six digits that the caller has already shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_number: Option<MatchNumber>,
    /// The VPN client.
    #[serde(default)]
    pub client: Client,
    /// The VPN server.
    #[serde(default)]
    pub server: Server,
    /// What the way to the user can carry.
    #[serde(default)]
    pub can: Can,
    /// A session that an earlier login left remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub session: Option<SessionId>,
    /// Finds this login in both logs; drawn by the server when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_code: Option<SupportCode>,
    /// The user's language (BCP 47), kept with the login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Label>,
}

/// The first factor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FirstFactor {
    /// For AuthX to check.
    Password {
        /// As the user typed it.
        password: Typed,
        /// The answer for the second factor may stand behind it: `password,answer`, or the
        /// password and six digits. Without effect beside an `answer`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        appended: bool,
    },
    /// Proved by the caller already.
    Proved {
        /// How.
        by: ProvedBy,
    },
}

/// How a caller can have proved a first factor itself. Not by a password that AuthX keeps: that
/// one has to be shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProvedBy {
    /// OpenVPN Access Server's primary authentication.
    AccessServer,
    /// A client certificate that OpenVPN verified.
    Certificate,
    /// The VPN host's PAM stack.
    Pam,
    /// AuthX's own portal: a session that gives a second factor once more, or a link that was
    /// mailed. Nobody else can claim it.
    #[serde(skip_deserializing)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    Portal,
}

/// The VPN client, as far as it is known.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct Client {
    /// Its address as the VPN server sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub address: Option<IpAddr>,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Program and version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<Label>,
    /// Operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Label>,
    /// What it calls its device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Label>,
}

/// The VPN server.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct Server {
    /// What the operator calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
}

/// What the way to the user can carry.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own, and travels so")]
pub struct Can {
    /// A question can be shown and answered.
    pub text: bool,
    /// More than one question can be asked.
    pub several: bool,
    /// A page can be opened.
    pub web: bool,
    /// A question can be shown with a refusal, and its answer comes by another connection: a
    /// dynamic challenge.
    pub reconnect: bool,
}

/// Body of `POST /logins/{id}/answers`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct AnswerLogin {
    /// 1 for the first answer sent this way, then one more each time. A repeated number is the
    /// same answer.
    pub seq: u32,
    /// What the user typed.
    pub text: Typed,
    /// Of a login with a [`challenge`](LoginView::challenge): what came back with the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<ChallengeAnswer>,
}

/// What another connection brings with its answer, to show that the question was its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ChallengeAnswer {
    /// The question's secret, as the client sent it back.
    pub secret: ChallengeSecret,
    /// Who signs in, as this connection says: the same name as at the beginning.
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 128))]
    pub user: Name,
    /// The name in this connection's certificate: the same as at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    pub certificate: Option<Name>,
    /// A new id for each connection: tells a repetition of this request, which is answered alike,
    /// from the same answer brought once more by another connection, which is not. Without it no
    /// repetition is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub attempt: Option<LoginId>,
}

/// A login as its caller sees it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct LoginView {
    /// Its id, as the caller made it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: LoginId,
    /// Rises with every change.
    pub version: u64,
    /// Where it stands.
    pub state: LoginState,
    /// The user's name as it was sent.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub user: Name,
    /// What to ask, while something is to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    /// With an open question whose answer comes by another connection: what that one has to send
    /// back. Good for one answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<ChallengeSecret>,
    /// The digits to compare on the phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_number: Option<MatchNumber>,
    /// The factor that decided, or is being waited for.
    #[serde(default, deserialize_with = "known_factor", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub factor: Option<FactorKind>,
    /// How a code or request travels to the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonView>,
    /// Finds it in the log.
    pub support_code: SupportCode,
    /// What it left remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionView>,
    /// When it ends by itself (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Rfc3339,
    /// The newest seal of the record, to be kept as a witness. Absent before the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

/// Where a login stands. The last four are final.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LoginState {
    /// A question waits for the user.
    AwaitingInput,
    /// A code is on its way.
    Delivering,
    /// A code arrived and waits to be typed.
    AwaitingCode,
    /// The phone was asked.
    AwaitingPhone,
    /// Yes.
    Allowed,
    /// No.
    Refused,
    /// Nobody answered in time.
    Expired,
    /// The caller gave up.
    Cancelled,
}

/// A question.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Prompt {
    /// The question itself.
    pub text: String,
    /// Whether the answer may be seen while it is typed.
    pub echo: bool,
    /// What may be answered.
    #[serde(deserialize_with = "known_offers")]
    pub offers: Vec<Offer>,
}

/// A factor that the user may choose now.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Offer {
    /// The word to type.
    pub word: String,
    /// The factor.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub factor: FactorKind,
    /// What it is.
    pub hint: String,
}

/// How a code or request travels to the user.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Delivery {
    /// A stable word.
    pub state: String,
    /// Since when (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Rfc3339,
    /// For the user.
    pub text: String,
}

/// Why a login was refused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ReasonView {
    /// A stable word.
    pub code: String,
    /// For the user, with the support code: at most 120 characters.
    pub text: String,
}

/// What a login left remembered.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct SessionView {
    /// To be sent with the next login.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: SessionId,
    /// The last moment at which it counts (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub until: Rfc3339,
}

/// Body of `POST /logins/{id}/renewals`: nothing yet.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct RenewLogin {}

/// Answer of `POST /logins/{id}/renewals`: may what the login allowed go on?
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct RenewalView {
    /// Yes or no.
    pub standing: Standing,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonView>,
    /// The newest seal of the record, to be kept as a witness. Absent before the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

/// Whether a login that was allowed still stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does not: the user has to sign in again.
    Ended,
    /// It does.
    Good,
}

/// A moment as it travels: RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime))]
#[serde(try_from = "String", into = "String")]
pub struct Rfc3339(pub Millis);

/// Reads offers of a server that may be newer than this program: the text of its questions names
/// every factor anyway.
pub(super) fn known_offers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Offer>, D::Error> {
    let offers = Vec::<Value>::deserialize(from)?;
    Ok(offers.into_iter().filter_map(|offer| serde_json::from_value(offer).ok()).collect())
}

/// Reads a factor of such a server; one that this program does not know is none.
fn known_factor<'de, D: Deserializer<'de>>(from: D) -> Result<Option<FactorKind>, D::Error> {
    let factor = Option::<Value>::deserialize(from)?;
    Ok(factor.and_then(|factor| serde_json::from_value(factor).ok()))
}

impl TryFrom<String> for Rfc3339 {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let moment = text.parse::<jiff::Timestamp>().map_err(|_| "not a time as in RFC 3339")?;
        let millis = moment.as_millisecond().try_into().map_err(|_| "a time before 1970")?;
        Ok(Self(Millis(millis)))
    }
}

impl From<Rfc3339> for String {
    fn from(time: Rfc3339) -> Self {
        let millis = i64::try_from(time.0.0).unwrap_or(i64::MAX);
        let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_travel_as_rfc_3339() {
        let text = String::from(Rfc3339(Millis(1_700_000_000_123)));
        assert_eq!(text, "2023-11-14T22:13:20.123Z");
        assert_eq!(Rfc3339::try_from(text), Ok(Rfc3339(Millis(1_700_000_000_123))));
        assert_eq!(String::from(Rfc3339(Millis(u64::MAX))), "9999-12-30T22:00:00.999999999Z");
    }

    #[test]
    fn a_newer_servers_factors_are_passed_over() {
        let json = r#"{"text":"AuthX code, or palm.","echo":true,"offers":[
            {"word":"code","factor":"code","hint":"the code"},
            {"word":"palm","factor":"palm","hint":"your palm"}]}"#;
        let prompt: Prompt = serde_json::from_str(json).unwrap();
        assert_eq!(
            prompt.offers,
            [Offer::from(FactorKind::Code)]
                .map(|offer| Offer { hint: "the code".to_owned(), ..offer })
        );
    }

    #[test]
    fn a_whole_request_is_read_and_what_is_unknown_ignored() {
        let json = r#"{"user":"alice","first_factor":{"kind":"password","password":"pw"},
            "answer":"123456","client":{"address":"2001:db8::1","port":1194,"colour":"red"},
            "can":{"text":true},"support_code":"k7qf2m","novelty":1}"#;
        let begin: BeginLogin = serde_json::from_str(json).unwrap();
        assert_eq!(begin.support_code.unwrap().as_str(), "K7QF2M");
        assert!(begin.can.text && !begin.can.several);
        let proved = r#"{"user":"a","first_factor":{"kind":"proved","by":"pam"}}"#;
        assert!(serde_json::from_str::<BeginLogin>(proved).is_ok());
        for by in ["magic", "password", "portal"] {
            let json = format!(r#"{{"user":"a","first_factor":{{"kind":"proved","by":"{by}"}}}}"#);
            assert!(serde_json::from_str::<BeginLogin>(&json).is_err(), "{by}");
        }
    }
}
