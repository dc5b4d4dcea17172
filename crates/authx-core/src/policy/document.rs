//! The policy document: one schema for tenants, applications and groups, every value optional.

use super::{FirstFactorKind, SETTINGS, SecondFactor, words};
use crate::factor::FactorKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a person wrote. An absent value is decided by the next layer down.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Document {
    /// Factors that may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factors: Option<Vec<FactorKind>>,
    /// Kinds of first factor that callers may claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_factors: Option<Vec<FirstFactorKind>>,
    /// Whether a second factor is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactor>,
    /// Whether each login carries a match number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_number: Option<MatchNumber>,
    /// Whether the name in a client's certificate has to be the user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_name: Option<CertificateName>,
    /// Whether questions may be asked by a dynamic challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_challenge: Option<DynamicChallenge>,
    /// Whether a phone is asked before the user types anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatic_push: Option<AutomaticPush>,
    /// What becomes of a client that signs in by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autologin: Option<Autologin>,
    /// Whether an approval has to carry the phone's own user verification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_verification: Option<UserVerification>,
    /// Whether the authenticator shows codes only behind the phone's lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_lock: Option<AppLock>,
    /// Kinds of authenticator that may be enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_classes: Option<Vec<PhoneClass>>,
    /// How often something may go wrong.
    #[serde(skip_serializing_if = "is_default")]
    pub limits: Limits,
    /// How long things last.
    #[serde(skip_serializing_if = "is_default")]
    pub lifetimes: Lifetimes,
    /// What users read.
    #[serde(skip_serializing_if = "is_default")]
    pub messages: Messages,
}

/// How often something may go wrong.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Answers in one login, 1 to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers_per_login: Option<u8>,
    /// Wrong answers in a row that stop a factor, 5 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_after: Option<u32>,
    /// Phones of one user, 1 to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phones_per_user: Option<u8>,
}

/// How long things last.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifetimes {
    /// Seconds that a login stays open, 30 to 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_secs: Option<u64>,
    /// Seconds that a sign-in stays remembered, 0 (never) to 2,592,000 (30 days).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_secs: Option<u64>,
    /// Seconds that a request on a phone stays open, 30 to 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_secs: Option<u64>,
    /// Seconds for which no phone is asked after "not me", 600 (ten minutes) to 2,592,000 (30 days).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraud_lock_secs: Option<u64>,
}

/// Whether an approval on a phone needs the six digits of the VPN prompt.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MatchNumber {
    /// It never does, and none is shown.
    Off,
    /// It always does. Who cannot be shown them types a code.
    Required,
    /// It does wherever they can be shown. Other clients are approved without.
    WhereShown,
}

/// Whether a phone is asked before the user types anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutomaticPush {
    /// Only when the user types `push`.
    Off,
    /// As soon as the first factor is proved, if the phone can be reached.
    On,
}

/// What becomes of a client that signs in by itself, with nobody there to be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autologin {
    /// The first factor is enough. Every such login says so in the record.
    Allow,
    /// A phone is asked.
    Push,
    /// It is refused.
    Refuse,
}

/// Whether an approval has to carry a WebAuthn assertion with user verification.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UserVerification {
    /// The signature of the phone's key is enough.
    Off,
    /// It has to.
    Required,
}

/// Whether the authenticator shows codes only behind the phone's lock. The page's word: no server
/// can see to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AppLock {
    /// As its user likes.
    Optional,
    /// Where the phone has one.
    Required,
}

/// Kinds of authenticator.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PhoneClass {
    /// A program that keeps its keys in a file.
    Software,
    /// The web app, whose keys no script can read.
    Web,
}

impl PhoneClass {
    /// The class of a stored word. What is not known is a program: the class that policies allow
    /// last.
    pub fn from_word(word: &str) -> Self {
        if word == Self::Web.word() { Self::Web } else { Self::Software }
    }

    /// The word for it in policies, requests and the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Web => "web",
        }
    }
}

/// Whether the name in a client's certificate has to be the user's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateName {
    /// It may be any. Not where the certificate is the first factor.
    Free,
    /// The user's name or an alias, where there is a certificate.
    MustMatch,
}

/// Whether a question may be asked by a refusal, to be answered by another connection. Clients that
/// do not know it end instead.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DynamicChallenge {
    /// It may not.
    Off,
    /// It may, where the caller can.
    On,
}

/// What users read instead of our own words.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Messages {
    /// The first question, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What a refused user is told to do, at most 60 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Why a document is not a policy.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPolicy {
    /// A list that would let nobody in.
    #[error("`{0}` is empty, so nobody could sign in; leave it out or name at least one")]
    Empty(&'static str),
    /// A value that no group can have.
    #[error("`{path}` cannot be set for a group: {why}")]
    NotForGroups {
        /// Where.
        path: &'static str,
        /// Why.
        why: &'static str,
    },
    /// A text that users could not read whole.
    #[error("`{path}` has more than {most} characters or a control character")]
    Text {
        /// Where.
        path: &'static str,
        /// The limit.
        most: usize,
    },
    /// A number out of its range.
    #[error("`{path}` is {least} to {most}")]
    Range {
        /// Where.
        path: &'static str,
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// An unknown word, or the wrong kind of value.
    #[error("{0}")]
    Word(String),
}

impl Document {
    /// Reads the stored form.
    ///
    /// # Errors
    ///
    /// As [`Document::validate`], and [`InvalidPolicy::Word`] for what is no document at all.
    pub fn from_json(text: &str) -> Result<Self, InvalidPolicy> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| InvalidPolicy::Word(error.to_string()))?;
        Self::from_value(&value)
    }

    /// Reads what a person wrote, in whichever notation it was.
    ///
    /// # Errors
    ///
    /// As [`Document::validate`], and [`InvalidPolicy::Word`] with the nearest known word for one
    /// that is unknown.
    pub fn from_value(value: &Value) -> Result<Self, InvalidPolicy> {
        words::read(value)?.validate()
    }

    /// Checks a document of a group: every range, and that it says nothing that is decided before
    /// anybody knows who signs in.
    ///
    /// # Errors
    ///
    /// As [`Document::validate`], and [`InvalidPolicy::NotForGroups`].
    pub fn validate_for_group(self) -> Result<Self, InvalidPolicy> {
        for setting in SETTINGS {
            if let Some(why) = setting.not_for_groups
                && setting.of(&self).is_some()
            {
                return Err(InvalidPolicy::NotForGroups { path: setting.path, why });
            }
        }
        self.validate()
    }

    /// Checks every range.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`] names the first value that cannot be used, and its range.
    pub fn validate(self) -> Result<Self, InvalidPolicy> {
        if self.factors.as_ref().is_some_and(Vec::is_empty) {
            return Err(InvalidPolicy::Empty("factors"));
        }
        if self.factors.iter().flatten().any(|kind| !FactorKind::CHOICES.contains(kind)) {
            let told = "`factors`: a bypass counts whatever a policy says; leave it out";
            return Err(InvalidPolicy::Word(told.to_owned()));
        }
        if self.first_factors.as_ref().is_some_and(Vec::is_empty) {
            return Err(InvalidPolicy::Empty("first_factors"));
        }
        if self.phone_classes.as_ref().is_some_and(Vec::is_empty) {
            return Err(InvalidPolicy::Empty("phone_classes"));
        }
        let answers = self.limits.answers_per_login.map(u64::from);
        range("limits.answers_per_login", answers, 1, 10)?;
        range("limits.lock_after", self.limits.lock_after.map(u64::from), 5, 50)?;
        range("lifetimes.login_secs", self.lifetimes.login_secs, 30, 300)?;
        range("limits.phones_per_user", self.limits.phones_per_user.map(u64::from), 1, 10)?;
        range("lifetimes.push_secs", self.lifetimes.push_secs, 30, 300)?;
        range("lifetimes.fraud_lock_secs", self.lifetimes.fraud_lock_secs, 600, MONTH_SECS)?;
        range("lifetimes.session_secs", self.lifetimes.session_secs, 0, LONGEST_SESSION_SECS)?;
        text("messages.prompt", self.messages.prompt.as_ref(), 100)?;
        text("messages.help", self.messages.help.as_ref(), 60)?;
        Ok(self)
    }
}

fn range(
    path: &'static str,
    value: Option<u64>,
    least: u64,
    most: u64,
) -> Result<(), InvalidPolicy> {
    match value {
        Some(value) if !(least..=most).contains(&value) => {
            Err(InvalidPolicy::Range { path, least, most })
        }
        _ => Ok(()),
    }
}

fn text(path: &'static str, value: Option<&String>, most: usize) -> Result<(), InvalidPolicy> {
    match value {
        Some(value) if value.chars().count() > most || value.chars().any(char::is_control) => {
            Err(InvalidPolicy::Text { path, most })
        }
        _ => Ok(()),
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The longest time that a sign-in may stay remembered: 30 days (SP 800-63B §4.1.3 for AAL1).
pub const LONGEST_SESSION_SECS: u64 = MONTH_SECS;
const MONTH_SECS: u64 = 2_592_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem(json: &str) -> String {
        Document::from_json(json).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let unknown = problem(r#"{"factor":["code"]}"#);
        assert_eq!(unknown, "unknown word `factor`; did you mean `factors`?");
        let unknown = problem(r#"{"factors":["code","recvery"]}"#);
        assert_eq!(unknown, "`factors`: unknown word `recvery`; did you mean `recovery`?");
        let unknown = problem(r#"{"limits":{"lock_afer":9}}"#);
        assert_eq!(unknown, "`limits`: unknown word `lock_afer`; did you mean `lock_after`?");
        let unknown = problem(r#"{"second_factor":"xyz"}"#);
        assert_eq!(unknown, "`second_factor`: unknown word `xyz`; known are off, required");
        assert!(problem(r#"{"second_factor":7}"#).contains("expected a word in quotes"));
        assert!(problem(r#"{"limits":{"lock_after":"9"}}"#).starts_with("`limits.lock_after`: "));
        assert!(problem(r#"{"match_number":null}"#).contains("expected a word in quotes"));
        assert!(problem("[]").contains("invalid type"));
        assert!(problem(r#"{"factors":["code","bypass"]}"#).contains("leave it out"));
        assert!(problem(r#"{"factors":[]}"#).contains("`factors` is empty"));
        assert_eq!(problem(r#"{"limits":{"lock_after":51}}"#), "`limits.lock_after` is 5 to 50");
        assert!(problem(r#"{"messages":{"help":"a\nb"}}"#).contains("control character"));
        let json = format!(r#"{{"messages":{{"prompt":"{}"}}}}"#, "x".repeat(101));
        assert!(problem(&json).contains("more than 100"));
    }

    #[test]
    fn what_is_decided_before_a_user_is_known_is_not_for_groups() {
        let refused = |json: &str| {
            let document = Document::from_json(json).unwrap();
            document.validate_for_group().map_err(|error| error.to_string())
        };
        for (path, json) in [
            ("first_factors", r#"{"first_factors":["pam"]}"#),
            ("dynamic_challenge", r#"{"dynamic_challenge":"on"}"#),
            ("lifetimes.login_secs", r#"{"lifetimes":{"login_secs":60}}"#),
            ("messages.prompt", r#"{"messages":{"prompt":"Code:"}}"#),
        ] {
            let told = refused(json).unwrap_err();
            assert!(told.starts_with(&format!("`{path}` cannot be set for a group: ")), "{told}");
        }
        assert!(refused(r#"{"factors":["push"],"messages":{"help":"Call 1234."}}"#).is_ok());
    }

    #[test]
    fn only_what_was_written_is_kept() {
        let json = r#"{"factors":["code"],"limits":{"answers_per_login":2}}"#;
        let document = Document::from_json(json).unwrap();
        assert_eq!(serde_json::to_string(&document).unwrap(), json);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,80}|\\{\"[a-z_]{1,12}\":\\PC{0,20}\\}") {
            let _ = Document::from_json(&text);
        }
    }
}
