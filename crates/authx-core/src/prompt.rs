//! What a user typed → what is meant; what happened → what the user reads.

mod readings;

pub use readings::{Reading, readings};

use crate::{
    Millis,
    factor::FactorKind,
    login::{Enrol, Reach},
    reason::Reason,
    wire::text::{MatchNumber, SupportCode},
};
use serde::{Deserialize, Serialize};

/// What an answer means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Intent {
    /// It has the shape of this factor's answer.
    Answer(FactorKind),
    /// The user wants this factor.
    Choose {
        /// Which.
        kind: FactorKind,
        /// Which of several, from 1: `push2` is the second phone.
        which: u8,
    },
    /// Neither.
    Unknown,
}

/// Reads an answer. Nothing typed means the factor that is offered first.
pub fn intent(text: &str, offers: &[FactorKind]) -> Intent {
    let text = text.trim();
    let offered = |kind: &FactorKind| offers.contains(kind);
    if text.is_empty() {
        return offers.first().map_or(Intent::Unknown, |&kind| Intent::Choose { kind, which: 1 });
    }
    if let Some(kind) = FactorKind::recognise(text) {
        // A phone shows codes too, for clients that show nothing.
        let by_phone = kind == FactorKind::Code && offers.contains(&FactorKind::Push);
        if offered(&kind) || by_phone {
            return Intent::Answer(kind);
        }
    }
    let word = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = text.get(word.len()..).unwrap_or_default();
    let which = if number.is_empty() { Some(1) } else { number.parse().ok() };
    match (FactorKind::from_word(word).filter(offered), which) {
        (Some(kind), Some(which)) => Intent::Choose { kind, which },
        (None, _) | (_, None) => Intent::Unknown,
    }
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
    /// After a wish for a phone that there is not.
    NoSuchPhone {
        /// How many there are.
        phones: u8,
    },
    /// After a wish for a phone that is left in peace.
    PhoneHeld {
        /// Because somebody misused it, not because it rang too often.
        locked: bool,
    },
}

/// The question's text. `first` is the policy's own wording of the first one.
pub fn question(question: Question, offers: &[FactorKind], first: Option<&str>) -> String {
    let typed = |kind: &&FactorKind| FactorKind::TYPED.contains(kind);
    let offers: Vec<FactorKind> = offers.iter().filter(typed).copied().collect();
    if offers.is_empty() {
        return FactorKind::Passkey.description().prompt.to_owned();
    }
    let hints: Vec<_> = offers.iter().map(|kind| kind.description().hint).collect();
    let enter = format!("Enter {}:", hints.join(", or "));
    match question {
        Question::First => first.map_or_else(|| first_question(enter, &offers), str::to_owned),
        Question::AfterSpent { left } => {
            format!(
                "This code was used already; wait for the next one. {} left. {enter}",
                tries(left)
            )
        }
        Question::AfterUnknown => format!("Not understood. {enter}"),
        Question::AfterWrong { left } => format!("Wrong code, {} left. {enter}", tries(left)),
        Question::For(kind) => kind.description().prompt.to_owned(),
        Question::NoSuchPhone { phones: 1 } => format!("You have one phone: type push. {enter}"),
        Question::NoSuchPhone { phones } => {
            format!("You have {phones} phones: type push to push{phones}. {enter}")
        }
        Question::PhoneHeld { locked: true } => {
            "Your phone cannot be asked for now. Enter a code:".to_owned()
        }
        Question::PhoneHeld { locked: false } => {
            "Your phone was asked too often; it is left in peace for ten minutes. Enter a code:"
                .to_owned()
        }
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

/// What became of a request on the phone of this name since `at`, as its owner reads it.
pub fn delivery(reach: Reach, name: &str, at: Millis) -> String {
    match reach {
        Reach::Delivered => format!("{name} has the request. Answer there, or type a code."),
        Reach::Failed => format!("{name} cannot be reached now: type a code."),
        Reach::Silent => format!("Open AuthX on {name} to answer, or type a code."),
        Reach::Sent => format!("Sent to {name}. Answer there, or type a code."),
        Reach::Unreachable { since } => {
            format!("{name} has not been reachable since {}: type a code.", moment(since, at))
        }
    }
}

/// What a user reads who may enrol a phone while the login waits.
pub fn enrol(enrol: &Enrol) -> String {
    let Enrol { site, code } = enrol;
    format!("Enrol a phone: open {site} on it and type {code}. Then type the code it shows:")
}

/// The same for a client that cannot wait for it.
pub fn enrol_first(enrol: &Enrol, support_code: &SupportCode) -> String {
    let Enrol { site, code } = enrol;
    let support_code = support_code.as_str();
    let whole = format!(
        "Enrol first: open {site} on your phone, type {code}, sign in again. [{support_code}]"
    );
    if whole.chars().count() <= MOST_REFUSAL {
        return whole;
    }
    // The name of the site is too long for OpenVPN; the administrator has told it.
    format!("Enrol first: open AuthX on your phone, type {code}, sign in again. [{support_code}]")
}

/// The sentence that shows a match number: nothing where there is none.
pub fn number(number: Option<&MatchNumber>) -> String {
    let digits = number.and_then(|number| number.as_str().split_at_checked(3));
    digits.map_or(String::new(), |(first, second)| {
        format!(" For the phone the number is {first} {second}.")
    })
}

/// A moment as people say it: the hour of the last day, else the day of the week or the date. In
/// UTC, because nobody knows where the reader is.
fn moment(at: Millis, now: Millis) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    let days = now.since(at) / (24 * 3_600 * 1_000);
    let form = match days {
        0 => "%H:%M UTC",
        1..=6 => "%A",
        _ => "%-d %B",
    };
    time.strftime(form).to_string()
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

/// OpenVPN cuts longer ones.
const MOST_REFUSAL: usize = 120;

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
        assert_eq!(intent("R", both), Intent::Choose { kind: Recovery, which: 1 });
        assert_eq!(intent("", both), Intent::Choose { kind: Code, which: 1 });
        assert_eq!(intent("", &[]), Intent::Unknown);
        assert_eq!(intent("push", both), Intent::Unknown, "not offered");
        let phone = &[Push][..];
        for (text, which) in [("push", 1), ("Push2", 2), ("p3", 3)] {
            assert_eq!(intent(text, phone), Intent::Choose { kind: Push, which }, "{text}");
        }
        assert_eq!(intent("push999", phone), Intent::Unknown);
        assert_eq!(intent("123456", phone), Intent::Answer(Code), "one that the phone shows");
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
        let passkey = FactorKind::Passkey;
        assert_eq!(first(&[Code, Push, passkey]), first(&[Code, Push]), "it is not typed");
        assert_eq!(first(&[passkey]), "Use your passkey.");
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
