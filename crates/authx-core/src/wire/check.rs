//! `/api/v1/check`: who the caller is, and what it may have to ask.

use super::login::{Offer, Rfc3339};
use crate::{
    ApplicationId,
    factor::FactorKind,
    policy::{
        Autologin, AutomaticPush, DynamicChallenge, FirstFactorKind, MatchNumber, Policy,
        SecondFactor,
    },
    prompt::{Question, question},
};
use serde::{Deserialize, Serialize};

/// Who the caller is, whom it reached, and what it should know before a user comes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckView {
    /// The application that signed.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub application: ApplicationId,
    /// As the operator calls it.
    pub name: String,
    /// The server's time (RFC 3339, UTC).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub time: Rfc3339,
    /// The server's version.
    pub version: String,
    /// The versions of this API that the server speaks.
    pub api: Vec<String>,
    /// What the application's policy means for a prompt.
    pub asks: Asks,
    /// The newest seal of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

/// What an application's policy means for whoever has to ask its users, before any is known.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Asks {
    /// The first question; empty where there is none to ask.
    pub prompt: String,
    /// What may be answered, before it is known who has which factor. Empty where no second factor
    /// is asked for.
    #[serde(deserialize_with = "super::login::known_offers")]
    pub offers: Vec<Offer>,
    /// Kinds of first factor that may be claimed.
    pub first_factors: Vec<FirstFactorKind>,
    /// Whether to draw six digits for each login and to show them with the question, where one can
    /// be shown: so that the user can type them on the phone.
    pub match_number: bool,
    /// When an approval on the phone needs these digits: `required`, `where_shown` or `off`. Absent
    /// where no phone can be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub match_policy: Option<MatchNumber>,
    /// Whether the phone is asked before the user types anything.
    #[serde(default)]
    pub automatic_push: bool,
    /// Whether a question may be asked by a dynamic challenge.
    pub dynamic_challenge: bool,
    /// What becomes of a client that signs in by itself: `refuse`, `push` or `allow`. Older servers
    /// do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub autologin: Option<Autologin>,
    /// Seconds that a login stays open.
    pub login_secs: u64,
    /// Seconds that the phone has for its answer; 0 where none can be asked.
    #[serde(default)]
    pub push_secs: u64,
}

impl Asks {
    /// What follows from a policy.
    pub fn of(policy: &Policy) -> Self {
        let asked = policy.second_factor == SecondFactor::Required;
        let (prompt, offers) = if asked {
            let first = policy.prompt.as_deref();
            let prompt = question(Question::First, &policy.factors, first);
            (prompt, policy.factors.iter().copied().map(Offer::from).collect())
        } else {
            (String::new(), vec![])
        };
        let phone = offers.iter().any(|offer| offer.factor == FactorKind::Push);
        Self {
            prompt,
            offers,
            first_factors: policy.first_factors.clone(),
            match_number: phone && policy.match_number != MatchNumber::Off,
            match_policy: phone.then_some(policy.match_number),
            automatic_push: phone && policy.automatic_push == AutomaticPush::On,
            dynamic_challenge: policy.dynamic_challenge == DynamicChallenge::On,
            autologin: Some(policy.autologin),
            login_secs: policy.login_secs,
            push_secs: if phone { policy.push_secs } else { 0 },
        }
    }

    /// Whether a phone can be asked.
    pub fn phone(&self) -> bool {
        self.offers.iter().any(|offer| offer.factor == FactorKind::Push)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Document, Effective};

    fn asks(policy: &str) -> Asks {
        let policy = Document::from_json(policy).unwrap();
        Asks::of(&Effective::of(&policy, &Document::default()).policy)
    }

    #[test]
    fn the_phone_is_spoken_of_where_it_can_be_asked() {
        let on = asks(r#"{"automatic_push":"on","match_number":"where_shown"}"#);
        assert!(on.phone() && on.match_number && on.automatic_push);
        assert_eq!(on.push_secs, 120);
        assert!(!asks(r#"{"match_number":"off"}"#).match_number);
        let off = asks(r#"{"factors":["code"],"automatic_push":"on"}"#);
        let phone = off.phone() || off.match_number || off.automatic_push;
        assert!(!phone && off.match_policy.is_none() && off.push_secs == 0);
    }

    #[test]
    fn what_signs_in_by_itself_is_spoken_of() {
        assert_eq!(asks("{}").autologin, Some(Autologin::Refuse));
        assert_eq!(asks(r#"{"autologin":"push"}"#).autologin, Some(Autologin::Push));
    }

    /// The first server's words, and those of one that knows more than this program.
    #[test]
    fn older_and_newer_servers_are_understood() {
        let older = r#"{"prompt":"Code:","offers":[{"word":"code","factor":"code","hint":""}],
            "first_factors":["password"],"match_number":true,"dynamic_challenge":false,
            "login_secs":120}"#;
        let asks: Asks = serde_json::from_str(older).unwrap();
        assert!(!asks.phone() && !asks.automatic_push && asks.match_policy.is_none());
        assert_eq!(asks.autologin, None);
        let newer = older.replace("[{", r#"[{"word":"palm","factor":"palm","hint":""},{"#);
        assert_eq!(serde_json::from_str::<Asks>(&newer).unwrap(), asks);
    }
}
