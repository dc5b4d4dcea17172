//! What users may be asked when nobody knows yet which of them it is.

use super::{AutomaticPush, MatchNumber, Policy, SecondFactor};
use crate::factor::FactorKind;

impl Policy {
    /// The policy by which a VPN host prepares its prompt before it knows who signs in: whatever
    /// this one or another one may ask for. The host has to be ready for the user of whom most is
    /// asked; what counts is decided here, once the user is known.
    #[must_use]
    pub fn or_asked_by(mut self, other: &Self) -> Self {
        if other.second_factor == SecondFactor::Off {
            return self;
        }
        let (rings, other_rings) = (self.rings(), other.rings());
        if self.second_factor == SecondFactor::Off {
            self.factors.clear();
        }
        self.second_factor = SecondFactor::Required;
        self.factors.extend(&other.factors);
        self.factors.sort_unstable();
        self.factors.dedup();
        if other_rings {
            self.match_number = match (self.match_number, other.match_number) {
                (_, only) if !rings => only,
                (MatchNumber::Required, _) | (_, MatchNumber::Required) => MatchNumber::Required,
                (MatchNumber::WhereShown, _) | (_, MatchNumber::WhereShown) => {
                    MatchNumber::WhereShown
                }
                (MatchNumber::Off, MatchNumber::Off) => MatchNumber::Off,
            };
            let by_itself = rings && self.automatic_push == AutomaticPush::On;
            self.automatic_push = if by_itself { AutomaticPush::On } else { other.automatic_push };
            self.push_secs = self.push_secs.max(other.push_secs);
        }
        self
    }

    /// Whether users are asked on a phone.
    fn rings(&self) -> bool {
        self.second_factor == SecondFactor::Required && self.factors.contains(&FactorKind::Push)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        factor::FactorKind,
        policy::{Document, Effective, Policy},
        wire::check::Asks,
    };

    fn policy(json: &str) -> Policy {
        Effective::of(&Document::from_json(json).unwrap(), &Document::default()).policy
    }

    #[test]
    fn a_prompt_is_ready_for_the_group_that_is_asked_most() {
        let codes = policy(r#"{"factors":["code"],"match_number":"off"}"#);
        let phones = policy(r#"{"factors":["push"],"lifetimes":{"push_secs":300}}"#);
        let asks = Asks::of(&codes.clone().or_asked_by(&phones));
        let offered: Vec<_> = asks.offers.iter().map(|offer| offer.factor).collect();
        assert_eq!(offered, [FactorKind::Code, FactorKind::Push]);
        assert!(asks.match_number, "whoever has no phone asked has none to say about numbers");
        assert_eq!(asks.push_secs, 300);
        let taps = policy(r#"{"factors":["push"],"match_number":"off"}"#);
        assert!(!Asks::of(&policy(r#"{"factors":["code"]}"#).or_asked_by(&taps)).match_number);
        assert_eq!(codes.clone().or_asked_by(&codes), codes);

        // Where most are asked nothing, the prompt is for those who are.
        let nothing = policy(r#"{"second_factor":"off"}"#);
        let asks = Asks::of(&nothing.or_asked_by(&codes));
        assert_eq!(asks.offers.len(), 1);
        assert!(!asks.prompt.is_empty());
    }

    #[test]
    fn whoever_is_asked_nothing_adds_nothing() {
        let codes = policy(r#"{"factors":["code"]}"#);
        let nothing = policy(r#"{"second_factor":"off"}"#);
        assert_eq!(codes.clone().or_asked_by(&nothing).factors, [FactorKind::Code]);
    }
}
