//! What a user typed → what is meant; what happened → what the user reads.

mod readings;

pub use readings::{Reading, readings};

use crate::{factor::FactorKind, reason::Reason, wire::text::SupportCode};
use serde::{Deserialize, Serialize};

/// What an answer means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Intent {
    /// It has the shape of this factor's answer.
    Answer(FactorKind),
    /// The user wants this factor.
    Choose(FactorKind),
    /// Neither.
    Unknown,
}

/// Reads an answer. Nothing typed means the factor that is offered first.
pub fn intent(text: &str, offers: &[FactorKind]) -> Intent {
    let text = text.trim();
    let offered = |kind: &FactorKind| offers.contains(kind);
    if text.is_empty() {
        return offers.first().map_or(Intent::Unknown, |&kind| Intent::Choose(kind));
    }
    if let Some(kind) = FactorKind::recognise(text).filter(offered) {
        return Intent::Answer(kind);
    }
    FactorKind::from_word(text).filter(offered).map_or(Intent::Unknown, Intent::Choose)
}

/// Which question is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// The first one.
    First,
    /// After a code that was used before.
    AfterSpent {
        /// Tries left.
        left: u8,
    },
    /// After something that was neither a code nor a word.
    AfterUnknown,
    /// After a wrong code.
    AfterWrong {
        /// Tries left.
        left: u8,
    },
    /// For the factor that the user chose.
    For(FactorKind),
}

/// The question's text. `first` is the policy's own wording of the first one.
pub fn question(question: Question, offers: &[FactorKind], first: Option<&str>) -> String {
    let hints: Vec<_> = offers.iter().map(|kind| kind.description().hint).collect();
    let enter = format!("Enter {}:", hints.join(", or "));
    match question {
        Question::First => first.map_or_else(|| first_question(enter, offers), str::to_owned),
        Question::AfterSpent { left } => {
            format!(
                "This code was used already; wait for the next one. {} left. {enter}",
                tries(left)
            )
        }
        Question::AfterUnknown => format!("Not understood. {enter}"),
        Question::AfterWrong { left } => format!("Wrong code, {} left. {enter}", tries(left)),
        Question::For(kind) => kind.description().prompt.to_owned(),
    }
}

/// Where the phone can be asked this is read in a second, and by people of every factor: the words
/// alone.
fn first_question(enter: String, offers: &[FactorKind]) -> String {
    if !offers.contains(&FactorKind::Push) {
        return enter;
    }
    let words =
        |of: &[FactorKind]| of.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
    match offers {
        [FactorKind::Code, rest @ ..] => format!("AuthX code, or {}.", words(rest)),
        offers => format!("AuthX: {}.", words(offers)),
    }
}

/// The text of a refusal: plain reason, what to do, support code, at most 120 characters. `help`
/// is the policy's own wording of what to do.
pub fn refusal(reason: Reason, help: Option<&str>, code: &SupportCode) -> String {
    let text = reason.entry().user;
    let code = code.as_str();
    match (help, text.split_once(". ")) {
        (Some(help), Some((plain, _))) => format!("{plain}. {help} [{code}]"),
        _ => format!("{text} [{code}]"),
    }
}

fn tries(left: u8) -> String {
    if left == 1 { "1 try".to_owned() } else { format!("{left} tries") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FactorKind::{Code, Push, Recovery};
    use proptest::prelude::*;

    #[test]
    fn what_people_type() {
        let both = &[Code, Recovery][..];
        assert_eq!(intent(" 123 456 ", both), Intent::Answer(Code));
        assert_eq!(intent("abcd-efgh-jkmn", both), Intent::Answer(Recovery));
        assert_eq!(intent("abcd-efgh-jkmn", &[Code]), Intent::Unknown, "not offered");
        assert_eq!(intent("R", both), Intent::Choose(Recovery));
        assert_eq!(intent("", both), Intent::Choose(Code));
        assert_eq!(intent("", &[]), Intent::Unknown);
        assert_eq!(intent("push", both), Intent::Unknown, "not offered");
    }

    #[test]
    fn what_people_read() {
        let text = |asked| question(asked, &[Code], None);
        assert_eq!(text(Question::First), "Enter the code in your authenticator app:");
        assert_eq!(
            text(Question::AfterWrong { left: 1 }),
            "Wrong code, 1 try left. Enter the code in your authenticator app:"
        );
        assert_eq!(question(Question::First, &[Code], Some("Code, please:")), "Code, please:");
        let first = |offers: &[FactorKind]| question(Question::First, offers, None);
        assert_eq!(first(&[Code, Push]), "AuthX code, or push.");
        assert_eq!(first(&[Code, Push, Recovery]), "AuthX code, or push, recovery.");
        assert_eq!(first(&[Push, Recovery]), "AuthX: push, recovery.");
    }

    proptest! {
        /// OpenVPN cuts longer reasons.
        #[test]
        fn a_refusal_fits(help in prop::option::of("[a-z ]{0,60}")) {
            let code = SupportCode::try_from("K7QF2M".to_owned()).unwrap();
            for &reason in Reason::ALL {
                let text = refusal(reason, help.as_deref(), &code);
                prop_assert!(text.chars().count() <= 120, "{}", text);
                prop_assert!(text.ends_with(" [K7QF2M]"));
            }
        }
    }
}
